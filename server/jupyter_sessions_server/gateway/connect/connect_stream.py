"""Connect's streaming protocol: messages in envelopes, the last one of which is JSON."""

from typing import Final

import orjson
from starlette.types import Send

from jupyter_sessions_server.gateway.connect.connect_error import error_json
from jupyter_sessions_server.gateway.connect.connect_unary import check_version
from jupyter_sessions_server.gateway.connect.envelope import PREFIX_BYTES, envelope
from jupyter_sessions_server.gateway.connect.enveloped import (
    EnvelopedAnswer,
    Framing,
    read_enveloped,
)
from jupyter_sessions_server.gateway.connect.errors import Failure
from jupyter_sessions_server.gateway.connect.metadata import texts
from jupyter_sessions_server.gateway.connect.protocol import RequestHeaders
from jupyter_sessions_server.gateway.connect.rpcs import Rpc
from jupyter_sessions_server.gateway.connect.timeouts import connect_timeout

END_STREAM: Final = 0x02


class ConnectStream:
    """Connect, for RPCs that stream."""

    def serves(self, rpc: Rpc) -> bool:
        """Those that stream."""
        return rpc.streams or rpc.call is None

    def timeout(self, headers: RequestHeaders) -> float | None:
        """Of `connect-timeout-ms`."""
        check_version(headers)
        return connect_timeout(headers)

    def body_limit(self, limit: int) -> int:
        """A message in its envelope."""
        return limit + PREFIX_BYTES

    async def read(self, body: bytes, headers: RequestHeaders, limit: int) -> bytes:
        """The one message."""
        return await read_enveloped(_FRAMING, body, headers, limit)

    def answer(self, send: Send, content_type: bytes) -> EnvelopedAnswer:
        """An answer, nothing of it sent yet."""
        return EnvelopedAnswer(send, content_type, _FRAMING)


def _failed(failure: Failure) -> bytes:
    metadata: dict[str, list[str]] = {}
    for key, value in texts(failure.metadata):
        metadata.setdefault(key, []).append(value)
    said = {"error": error_json(failure)} | ({"metadata": metadata} if metadata else {})
    return envelope(END_STREAM, orjson.dumps(said))


_FRAMING: Final = Framing(
    encoding=b"connect-content-encoding",
    accept_encoding=b"connect-accept-encoding",
    end=envelope(END_STREAM, b"{}"),
    failed=_failed,
)
