"""Delivery: sends to one front end, and notes how far that has got."""

import asyncio
from collections.abc import Iterable
from typing import Final

from jupyter_sessions_server.gateway.cursors import Cursor
from jupyter_sessions_server.gateway.frames import Frame
from jupyter_sessions_server.gateway.websocket_protocol import WebSocketProtocol

ASK_SECONDS: Final = 0.5
"""How long after something was sent the other side is asked whether it has arrived."""


class Delivery:
    """What the system has taken reaches the front end, unless the network between is gone.

    So that is its place if this process is killed. If the connection breaks, or the front end comes
    again without having taken its leave, its place is what it has told to have got.
    """

    def __init__(self, connection: WebSocketProtocol, cursor: Cursor) -> None:
        self._connection = connection
        self._cursor = cursor
        self._sent = cursor.next_seq or 0
        self._asked = self._sent
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, frames: Iterable[Frame], next_seq: int) -> None:
        """Send what comes before this number; raises ClientDisconnected."""
        await self._connection.send_all(frames)
        self._sent = next_seq
        self._cursor.move(next_seq)
        if self._timer is None:
            self._ask_soon()

    def skip(self, next_seq: int) -> None:
        """Note that nothing before this number is left for it."""
        self._sent = next_seq
        self._cursor.move(next_seq)

    def end(self) -> None:
        """Note where it goes on if it comes again."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._connection.was_closed:
            self._cursor.go_back()

    def _ask_soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(ASK_SECONDS, self._ask)

    def _ask(self) -> None:
        self._asked = self._sent
        self._connection.ask_for_arrival(self._arrived)

    def _arrived(self) -> None:
        self._cursor.arrived(self._asked)
        self._timer = None
        if self._sent > self._asked:
            self._ask_soon()
