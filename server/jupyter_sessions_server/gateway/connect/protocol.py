"""What is asked of a protocol, whichever it is: to read a request, and to write answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Send

from jupyter_sessions_server.gateway.connect.codec import Codec
from jupyter_sessions_server.gateway.connect.errors import Failure
from jupyter_sessions_server.gateway.connect.rpcs import Rpc

RequestHeaders = Mapping[bytes, bytes]


class Answer(Protocol):
    """The answer to one call: its begin, messages, its end; or, at any point, its failure."""

    async def begin(self) -> None:
        """Say that messages will come."""

    async def message(self, message: bytes) -> None:
        """Send a message."""

    async def end(self) -> None:
        """Say that this was all."""

    async def fail(self, failure: Failure) -> None:
        """Say what went wrong."""


class Wire(Protocol):
    """One of the protocols."""

    def serves(self, rpc: Rpc) -> bool:
        """Whether the RPC can be called so."""

    def timeout(self, headers: RequestHeaders) -> float | None:
        """How many seconds the caller waits; raises Failure if its headers cannot be read."""

    def body_limit(self, limit: int) -> int:
        """How many bytes a body may have whose message has as many as the limit."""

    async def read(self, body: bytes, headers: RequestHeaders, limit: int) -> bytes:
        """The message of the body, decompressed; raises Failure."""

    def answer(self, send: Send, content_type: bytes) -> Answer:
        """An answer, nothing of it sent yet."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A content type: a protocol and a codec."""

    content_type: bytes
    wire: Wire
    codec: Codec
