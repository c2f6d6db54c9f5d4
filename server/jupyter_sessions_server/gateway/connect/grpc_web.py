"""gRPC-Web: messages in envelopes, the last one of which holds the trailers; also in base64."""

import base64
import binascii
import re
from typing import Final
from urllib.parse import quote

from starlette.types import Send

from jupyter_sessions_server.gateway.connect.envelope import PREFIX_BYTES, envelope
from jupyter_sessions_server.gateway.connect.enveloped import (
    EnvelopedAnswer,
    Framing,
    read_enveloped,
)
from jupyter_sessions_server.gateway.connect.errors import (
    DETAILS_KEY,
    Failure,
    malformed,
)
from jupyter_sessions_server.gateway.connect.metadata import texts, unpadded
from jupyter_sessions_server.gateway.connect.protocol import RequestHeaders
from jupyter_sessions_server.gateway.connect.rpcs import Rpc
from jupyter_sessions_server.gateway.connect.timeouts import grpc_timeout

TRAILERS: Final = 0x80

_UNESCAPED: Final = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) != "%")
_AFTER_PADDING: Final = re.compile(rb"(?<==)(?=[^=])")


class GrpcWeb:
    """gRPC-Web, for all RPCs but those whose caller would stream."""

    def serves(self, _rpc: Rpc) -> bool:
        """All of them, one way or the other."""
        return True

    def timeout(self, headers: RequestHeaders) -> float | None:
        """Of `grpc-timeout`."""
        return grpc_timeout(headers)

    def body_limit(self, limit: int) -> int:
        """A message in its envelope."""
        return limit + PREFIX_BYTES

    async def read(self, body: bytes, headers: RequestHeaders, limit: int) -> bytes:
        """The one message."""
        return await read_enveloped(_FRAMING, body, headers, limit)

    def answer(self, send: Send, content_type: bytes) -> EnvelopedAnswer:
        """An answer, nothing of it sent yet."""
        return EnvelopedAnswer(send, content_type, _FRAMING)


class GrpcWebText(GrpcWeb):
    """The same in base64, for clients that read text only."""

    def body_limit(self, limit: int) -> int:
        """Four bytes for three."""
        return (super().body_limit(limit) + 2) // 3 * 4

    async def read(self, body: bytes, headers: RequestHeaders, limit: int) -> bytes:
        """The one message; each part of the base64 may have padding of its own."""
        return await super().read(_from_base64(body), headers, limit)

    def answer(self, send: Send, content_type: bytes) -> EnvelopedAnswer:
        """An answer, nothing of it sent yet; each envelope is base64 of its own."""
        return EnvelopedAnswer(send, content_type, _FRAMING, base64.b64encode)


def _from_base64(body: bytes) -> bytes:
    try:
        parts = [base64.b64decode(part, validate=True) for part in _AFTER_PADDING.split(body)]
    except binascii.Error as error:
        raise malformed("request", "not base64") from error
    return b"".join(parts)


def _failed(failure: Failure) -> bytes:
    status = failure.status
    trailers = [
        ("grpc-status", str(status.code)),
        ("grpc-message", quote(status.message, safe=_UNESCAPED)),
        *texts(failure.metadata),
    ]
    if status.details:
        trailers.append((DETAILS_KEY, unpadded(status.SerializeToString())))
    block = "".join(f"{key}: {value}\r\n" for key, value in trailers)
    return envelope(TRAILERS, block.encode())


_FRAMING: Final = Framing(
    encoding=b"grpc-encoding",
    accept_encoding=b"grpc-accept-encoding",
    end=envelope(TRAILERS, b"grpc-status: 0\r\n"),
    failed=_failed,
)
