"""WebSocketProtocol: uvicorn's, which also tells how far the other side has got.

An application finds it in the scope, as `scope["extensions"][EXTENSION]["connection"]`.
"""

from asyncio.transports import BaseTransport
from collections.abc import Iterable
from typing import Any, Final, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

EXTENSION: Final = "jupyter_sessions.connection"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Writes many messages at once, and knows which were taken and which have arrived."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked = 0
        self._answered = 0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=0)  # what waits here is lost with the process

    async def run_asgi(self) -> None:
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions[EXTENSION] = {"connection": self}
        await super().run_asgi()

    async def send_all(self, messages: Iterable[str | bytes]) -> None:
        """Send messages, and return when the system has taken all of them.

        So they reach the other side even if this process is killed. Raises ClientDisconnected.
        """
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected
        for message in messages:
            if isinstance(message, str):
                self.conn.send_text(message.encode())
            else:
                self.conn.send_binary(message)
        self.transport.write(b"".join(self.conn.data_to_send()))
        await self.writable.wait()
        if self.disconnected:
            raise ClientDisconnected

    def ask_for_arrival(self) -> None:
        """Ask the other side to tell when it has got all that was sent."""
        self._asked += 1
        self.conn.send_ping(_payload(self._asked))
        self.transport.write(b"".join(self.conn.data_to_send()))

    @property
    def all_has_arrived(self) -> bool:
        """Whether it has told so, as often as it was asked."""
        return self._answered == self._asked

    def handle_pong(self, event: Frame) -> None:
        if bytes(event.data) == _payload(self._asked):
            self._answered = self._asked
        super().handle_pong(event)


def _payload(number: int) -> bytes:
    return b"arrived %d" % number
