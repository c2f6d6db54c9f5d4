"""WebSocketProtocol: uvicorn's, which also tells how far the other side has got.

An application finds it in the scope, as `scope["extensions"][EXTENSION]["connection"]`.
"""

import asyncio
from asyncio.transports import BaseTransport
from collections.abc import Callable, Iterable
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
        self._tell_arrival: Callable[[], None] | None = None
        self.lost = asyncio.Event()
        """The other side is gone, or is about to go."""

    @property
    def was_closed(self) -> bool:
        """Whether the other side took its leave; else it is not known what has arrived there."""
        return self.conn.close_rcvd is not None or self.conn.close_sent is not None

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep nothing that waits to be written: it would be lost with the process."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the application, also while it does not receive."""
        super().connection_lost(exc)
        self.lost.set()

    def handle_close(self, event: Frame) -> None:
        """Tell the application, also while it does not receive."""
        super().handle_close(event)
        self.lost.set()

    async def run_asgi(self) -> None:
        """Give the application more than ASGI has."""
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

    def ask_for_arrival(self, told: Callable[[], None]) -> None:
        """Ask the other side to tell when it has got all that was sent until now: by a ping."""
        if self.disconnected or self.close_sent:
            return
        self._asked += 1
        self._tell_arrival = told
        self.conn.send_ping(_payload(self._asked))
        self.transport.write(b"".join(self.conn.data_to_send()))

    def handle_pong(self, event: Frame) -> None:
        """Tell who asked."""
        if self._tell_arrival is not None and bytes(event.data) == _payload(self._asked):
            told, self._tell_arrival = self._tell_arrival, None
            told()
        super().handle_pong(event)


def _payload(number: int) -> bytes:
    return b"arrived %d" % number
