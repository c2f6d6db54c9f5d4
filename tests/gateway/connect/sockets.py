"""Requests byte by byte, for what HTTP clients do not do."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


@asynccontextmanager
async def half_sent(address, rpc, begin=b"", **headers):
    """A request whose headers and the begin of whose body are sent; yields reader and writer.

    The reader takes no more than it is asked for.
    """
    url = urlsplit(address + rpc)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=4096)
    told = {"host": url.netloc, "content-length": str(len(begin))}
    told |= {key.replace("_", "-"): value for key, value in headers.items()}
    told = {key: value for key, value in told.items() if value}
    lines = [f"POST {url.path} HTTP/1.1", *(f"{key}: {value}" for key, value in told.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + begin)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def begun(caller, rpc, body, content_type):
    """A call with a token, its request sent; yields the reader of its answer."""
    authorization = caller.http.headers["authorization"]
    headers = {"content_type": content_type, "authorization": authorization}
    async with half_sent(caller.address, rpc, body, **headers) as (reader, _):
        yield reader


async def answer_of(reader):
    """The status of the answer, and its body, which says its length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    return int(head.split(" ")[1]), await reader.readexactly(length)
