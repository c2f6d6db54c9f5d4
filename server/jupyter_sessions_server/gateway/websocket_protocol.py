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

from jupyter_sessions_server.gateway.frames import Sent

EXTENSION: Final = "jupyter_sessions.connection"
_JOINED_BYTES: Final = 64 * 1024
"""Copying so much is cheaper than handing over each frame."""
_ARRIVED: Final = b"arrived "
"""Begins the payload of the pings that go with batches."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Writes many messages at once, and knows which were taken and which have arrived."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tell_arrival: Callable[[int], None] = lambda _: None
        """Told the number of a batch when that and all before have arrived."""
        self.lost = asyncio.Event()
        """The other side is gone, or is about to go."""

    @property
    def was_closed_here(self) -> bool:
        """Whether this side has closed it: the other then gets all that was sent before."""
        return self.conn.close_sent is not None and not self.conn.close_rcvd_then_sent

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

    async def send_batch(self, messages: Iterable[Sent], number: int) -> None:
        """Send messages, and return when the system has taken all of them.

        So they reach the other side even if this process is killed. It is asked by a ping to tell
        when it has got them. Raises ClientDisconnected.
        """
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected
        for message in messages:
            if message.is_text:
                self.conn.send_text(message.data)
            else:
                self.conn.send_binary(message.data)
        self.conn.send_ping(_ARRIVED + str(number).encode())
        frames = self.conn.data_to_send()
        if sum(map(len, frames)) > _JOINED_BYTES:
            self.transport.writelines(frames)
        else:
            self.transport.write(b"".join(frames))
        await self.writable.wait()
        if self.disconnected:
            raise ClientDisconnected

    def handle_pong(self, event: Frame) -> None:
        """Tell which batch has arrived."""
        number = bytes(event.data).removeprefix(_ARRIVED)
        if len(number) < len(event.data) and number.isdigit():
            self.tell_arrival(int(number))
        else:
            super().handle_pong(event)
