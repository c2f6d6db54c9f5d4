"""Outlet: what is for one channel of a recorded kernel, handed to it as the kernel takes it."""

from collections import deque
from collections.abc import Sequence

import zmq

Socket = zmq.Socket[bytes]

MOST_PER_TURN = 500
"""Messages taken from a socket before others have their turn."""


class Outlet:
    """What the server asks is taken at once and waits here; what front ends say waits with them.

    So a front end that says more than its kernel takes is held up, and costs no memory here; and
    what the server asks passes it by.
    """

    def __init__(self, poller: zmq.Poller, channel: Socket, front: Socket) -> None:
        """`channel`: the kernel's; `front`: what front ends say, taken while there is room."""
        self._poller = poller
        self._channel = channel
        self._front = front
        self._waiting: deque[Sequence[bytes]] = deque()
        self._held: Sequence[bytes] | None = None
        self._closed = False
        self._watch()

    def close(self) -> None:
        """Nobody takes anything any more: wait for what the kernel has sent alone."""
        self._closed = True
        self._waiting.clear()
        self._held = None
        self._watch()

    def send(self, frames: Sequence[bytes]) -> None:
        """Hand it on, or keep it until there is room."""
        self._waiting.append(frames)
        self.go_on()

    def take(self, ready: dict[Socket, int]) -> None:
        """Do what can be done, by what a poll has told."""
        if ready.get(self._channel, 0) & zmq.POLLOUT:
            self.go_on()
        if self._front in ready:
            self._take_front()

    def go_on(self) -> None:
        """Hand on what waits, as far as there is room; the server's own first."""
        while self._waiting and self._sent(self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting and self._held is not None and self._sent(self._held):
            self._held = None
        self._watch()

    def _take_front(self) -> None:
        for _ in range(MOST_PER_TURN):
            if self._held is not None:
                break
            try:
                self._held = self._front.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                break
            if not self._waiting and self._sent(self._held):
                self._held = None
        self._watch()

    def _sent(self, frames: Sequence[bytes]) -> bool:
        try:
            self._channel.send_multipart(frames, zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def _watch(self) -> None:
        """Have the next poll wait for what there is to do."""
        blocked = bool(self._waiting) or self._held is not None
        self._poller.register(self._channel, zmq.POLLIN | (zmq.POLLOUT if blocked else 0))
        listens = not self._closed and self._held is None
        self._poller.register(self._front, zmq.POLLIN if listens else 0)
