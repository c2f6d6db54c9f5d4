"""Connect's unary protocol: bare messages, HTTP statuses, errors in JSON."""

from collections.abc import Iterable

import orjson
from starlette.types import Send

from jupyter_sessions_server.gateway.connect import compression
from jupyter_sessions_server.gateway.connect.connect_error import error_json, http_status
from jupyter_sessions_server.gateway.connect.errors import Failure, malformed
from jupyter_sessions_server.gateway.connect.metadata import texts
from jupyter_sessions_server.gateway.connect.protocol import RequestHeaders
from jupyter_sessions_server.gateway.connect.rpcs import Rpc
from jupyter_sessions_server.gateway.connect.timeouts import connect_timeout

Headers = Iterable[tuple[bytes, bytes]]


def check_version(headers: RequestHeaders) -> None:
    """Refuse versions of the Connect protocol that there are not yet."""
    version = headers.get(b"connect-protocol-version", b"1")
    if version != b"1":
        raise malformed("connect-protocol-version", "not 1, which is the only version there is")


class ConnectUnary:
    """Connect, for RPCs with one response."""

    def serves(self, rpc: Rpc) -> bool:
        """All but those that stream."""
        return not rpc.streams or rpc.call is None  # the latter are refused in words

    def timeout(self, headers: RequestHeaders) -> float | None:
        """Of `connect-timeout-ms`."""
        check_version(headers)
        return connect_timeout(headers)

    def body_limit(self, limit: int) -> int:
        """The body is the message."""
        return limit

    async def read(self, body: bytes, headers: RequestHeaders, limit: int) -> bytes:
        """The body; one of no bytes is not compressed, whatever the header says."""
        if compression.is_gzip(headers, b"content-encoding") and body:
            return await compression.gunzip(body, limit)
        return body

    def answer(self, send: Send, content_type: bytes) -> "UnaryAnswer":
        """An answer, nothing of it sent yet."""
        return UnaryAnswer(send, content_type)


class UnaryAnswer:
    """A response that is sent at once, when its status is known."""

    def __init__(self, send: Send, content_type: bytes) -> None:
        self._send = send
        self._content_type = content_type
        self._message = b""

    async def begin(self) -> None:
        """Nothing yet: the status would be first."""

    async def message(self, message: bytes) -> None:
        """Keep it until the call has ended well."""
        self._message = message

    async def end(self) -> None:
        """Send it."""
        await respond(self._send, 200, self._content_type, self._message)

    async def fail(self, failure: Failure) -> None:
        """Send the error; metadata that come with it are headers too."""
        trailers = [
            (f"trailer-{key}".encode(), value.encode()) for key, value in texts(failure.metadata)
        ]
        told = [(b"accept-encoding", compression.SUPPORTED), *trailers]
        body = orjson.dumps(error_json(failure))
        await respond(self._send, http_status(failure), b"application/json", body, told)


async def respond(
    send: Send, status: int, content_type: bytes, body: bytes, more: Headers = ()
) -> None:
    """Send a whole response."""
    told = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
