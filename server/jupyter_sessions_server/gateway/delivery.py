"""Delivery: sends to one front end, and notes how far that has got."""

from collections import deque
from collections.abc import Iterable

from jupyter_sessions_server.gateway.cursors import Cursor
from jupyter_sessions_server.gateway.frames import Sent
from jupyter_sessions_server.gateway.websocket_protocol import WebSocketProtocol


class Delivery:
    """What the system has taken reaches the front end, unless the network between is gone.

    So that is its place if this process is killed, or ends well. If the front end goes, or the
    connection breaks, its place is what it has told to have got: it may have gone with messages
    still on their way. It is asked with each batch, so that nothing comes twice that it got.
    """

    def __init__(self, connection: WebSocketProtocol, cursor: Cursor) -> None:
        self._connection = connection
        self._cursor = cursor
        self._on_the_way: deque[tuple[int, int]] = deque()  # batches: their number, where each ends
        self._count = 0
        connection.tell_arrival = self._arrived

    async def send(self, frames: Iterable[Sent], next_seq: int) -> None:
        """Send what comes before this number; raises ClientDisconnected."""
        self._count += 1
        self._on_the_way.append((self._count, next_seq))
        await self._connection.send_batch(frames, self._count)
        self._cursor.move(next_seq)

    def skip(self, next_seq: int) -> None:
        """Note that nothing before this number is left for it."""
        if self._on_the_way:
            number, _ = self._on_the_way[-1]
            self._on_the_way[-1] = number, next_seq
        else:
            self._cursor.arrived(next_seq)
        self._cursor.move(next_seq)

    def end(self) -> None:
        """Note where it goes on if it comes again."""
        if not self._connection.was_closed_here:
            self._cursor.go_back()

    def _arrived(self, number: int) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= number:
            self._cursor.arrived(self._on_the_way.popleft()[1])
