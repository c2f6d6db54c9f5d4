"""What Connect's streams and gRPC-Web share: status 200, and all the rest in envelopes."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Send

from jupyter_sessions_server.gateway.connect import compression
from jupyter_sessions_server.gateway.connect.envelope import envelope, only_message
from jupyter_sessions_server.gateway.connect.errors import Failure, malformed
from jupyter_sessions_server.gateway.connect.protocol import RequestHeaders

Encode = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Framing:
    """How a protocol frames: its headers for compression, its last envelope, what is around all."""

    encoding: bytes
    accept_encoding: bytes
    end: bytes
    """The last envelope of a call that went well."""
    failed: Callable[[Failure], bytes]
    """The last envelope of one that did not."""


async def read_enveloped(
    framing: Framing, body: bytes, headers: RequestHeaders, limit: int
) -> bytes:
    """The message of the request; raises Failure."""
    compression.is_gzip(headers, b"content-encoding")
    gzip = compression.is_gzip(headers, framing.encoding)
    enveloped = only_message(body, limit)
    if not enveloped.compressed:
        return enveloped.message
    if not gzip:
        raise malformed("request", f"compressed, and {framing.encoding.decode()} does not say how")
    return await compression.gunzip(enveloped.message, limit) if enveloped.message else b""


class EnvelopedAnswer:
    """A response of envelopes, each sent as it comes; sending waits for a reader that is slow."""

    def __init__(
        self, send: Send, content_type: bytes, framing: Framing, encode: Encode = bytes
    ) -> None:
        self._send = send
        self._content_type = content_type
        self._framing = framing
        self._encode = encode
        self._begun = False

    async def begin(self) -> None:
        """Send the headers."""
        self._begun = True
        told = [
            (b"content-type", self._content_type),
            (self._framing.accept_encoding, compression.SUPPORTED),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": told})

    async def message(self, message: bytes) -> None:
        """Send it."""
        await self._write(envelope(0, message), more=True)

    async def end(self) -> None:
        """Send the last envelope."""
        await self._write(self._framing.end, more=False)

    async def fail(self, failure: Failure) -> None:
        """Send the error in the last envelope, whatever was sent before."""
        if not self._begun:
            await self.begin()
        await self._write(self._framing.failed(failure), more=False)

    async def _write(self, data: bytes, *, more: bool) -> None:
        body = self._encode(data)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
