"""HttpProtocol: uvicorn's, which writes the head of an answer and its body together.

uvicorn writes them one after the other: two system calls, and two packets, for each answer.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    """Speaks HTTP to one client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Begin to serve the client."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)

    def handle_websocket_upgrade(self) -> None:
        """From here on it is another protocol's connection."""
        self.transport = cast("JoinedWrites", self.transport).released()
        super().handle_websocket_upgrade()


class JoinedWrites(asyncio.Transport):
    """Holds a write until the next one, or until the loop's next round; has what uvicorn uses."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        """Write it, soon."""
        if self._held:
            held, self._held = self._held, b""
            if not self._transport.is_closing():
                self._transport.write(held + data)
        elif data:
            self._held = bytes(data)
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():  # else the client has gone
            self._transport.write(held)

    def released(self) -> asyncio.Transport:
        """The transport itself, all written that was held."""
        self._flush()
        return self._transport

    def close(self) -> None:
        """Close it when all is written."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether it closes, or is closed."""
        return self._transport.is_closing()
