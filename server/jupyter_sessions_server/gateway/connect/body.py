"""Reading a request's body, and no more of it than may be."""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from jupyter_sessions_server.gateway.connect.errors import too_large


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], *, most_bytes: int, limit: int
) -> bytes:
    """The whole body; raises Failure, which names the limit, as soon as it has more than the most.

    Raises ClientDisconnect if the caller has gone before its end.
    """
    announced = headers.get(b"content-length")
    if announced is not None and int(announced) > most_bytes:
        raise too_large(limit)
    parts: list[bytes] = []
    room = most_bytes
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = event.get("body", b"")
        room -= len(part)
        if room < 0:
            raise too_large(limit)
        parts.append(part)
        if not event.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
