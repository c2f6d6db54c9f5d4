"""Compressed requests: gzip, never made larger than the limit; answers are not compressed."""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final

from jupyter_sessions_server.gateway.connect.errors import malformed, too_large, unsupported

SUPPORTED: Final = b"gzip, identity"

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS  # a gzip header and trailer around it


def is_gzip(headers: Mapping[bytes, bytes], name: bytes) -> bool:
    """Whether the header says gzip; raises Failure for what the gateway cannot read."""
    coding = headers.get(name, b"identity").strip().lower()
    if coding in (b"identity", b""):
        return False
    if coding == b"gzip":
        return True
    text = f'{name.decode()}: "{coding.decode("latin-1")}" is not supported: gzip and identity are'
    raise unsupported(name.decode(), text)


async def gunzip(data: bytes, limit: int) -> bytes:
    """The data as it was before; raises Failure if that is no gzip, or more than the limit."""
    return await asyncio.to_thread(_gunzip, data, limit)


def _gunzip(data: bytes, limit: int) -> bytes:
    gzip = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = gzip.decompress(data, limit + 1)
    except zlib.error as error:
        raise malformed("request", "said to be gzip, and is not") from error
    if len(plain) > limit:
        raise too_large(limit)
    if not gzip.eof or gzip.unused_data:
        raise malformed("request", "not one whole gzip")
    return plain
