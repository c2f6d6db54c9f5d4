"""RecordedChannels: the sockets between a recorder, its kernel, and who sends requests to it."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import zmq

from jupyter_sessions_server.journal.format import Kind
from jupyter_sessions_server.keeper.outlet import MOST_PER_TURN, Outlet, Socket
from jupyter_sessions_server.keeper.recorder_spec import front_requests

_CHANNELS = {
    b"shell": (Kind.SHELL, "shell_port"),
    b"control": (Kind.CONTROL, "control_port"),
    b"stdin": (Kind.STDIN, "stdin_port"),
}
_IDENTITY = b"recorder"
"""One for all channels: a kernel asks for input under the identity a request came from."""
_STDIN_MS = 1000
"""How long requests wait for stdin, which a kernel might not have, once iopub is connected."""
_QUIET_MS = 50
"""After this long without a message none is on its way from a process that has ended."""
_QUIET_LINKED_MS = 1000
"""The same while iopub's connection stands: something that process started still holds it."""
_DRAIN_LINKED_SECONDS = 5
"""After this long nobody waits any more for something that goes on publishing."""

log = logging.getLogger(__name__)

Receive = Callable[[Kind, Sequence[bytes]], object]


class RecordedChannels:
    """Hands on what a kernel sends, in the order it comes, and sends it what comes on `requests`.

    First iopub alone is connected, then stdin, then the others; requests are taken after that. What
    a kernel sends to a socket that is not connected yet is lost, and it sends only when asked.
    """

    def __init__(
        self, connection: Mapping[str, Any], requests: str, wakeup: int, receive: Receive
    ) -> None:
        """`wakeup` is a descriptor that does not block; it ends a wait when it is readable."""
        self._connection = connection
        self._wakeup = wakeup
        self._receive = receive
        self._linked = False
        self._linked_at: float | None = None
        self._opened = False
        self._context: zmq.Context[Socket] = zmq.Context()
        self._poller = zmq.Poller()
        self._poller.register(wakeup, zmq.POLLIN)
        self._channels: dict[bytes, Socket] = {}
        self._outlets: dict[bytes, Outlet] = {}
        self._requests = self._listening(requests)
        self._fronts = {
            name: self._listening(front_requests(requests, name.decode()), room=1)
            for name in _CHANNELS
        }
        self._iopub = self._socket(zmq.SUB)
        self._iopub.subscribe(b"")
        self._iopub_link = self._monitor(self._iopub)
        self._connect(self._iopub, "iopub_port")
        self._stdin = self._socket(zmq.DEALER)
        self._stdin_link = self._monitor(self._stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for monitored in self._iopub, self._stdin:
            monitored.disable_monitor()
        self._context.destroy(linger=0)

    def run(self, ended: Callable[[bytes], bool]) -> None:
        """Go on until `ended`, which is asked after each wake-up, and nothing more comes.

        It is given the bytes that could be read from `wakeup`.
        """
        while not ended(self._wakeup_bytes()):
            self._take(self._milliseconds_for_stdin())
            if self._milliseconds_for_stdin() == 0:
                self._open()
        self._drain()

    def _milliseconds_for_stdin(self) -> int | None:
        """How long requests still wait for it; None if they do not."""
        if self._opened or self._linked_at is None:
            return None
        return max(0, _STDIN_MS - int((time.monotonic() - self._linked_at) * 1000))

    def _drain(self) -> None:
        """Take what a process that has ended had sent; it hears nothing any more."""
        if self._opened:
            self._poller.unregister(self._requests)
        for outlet in self._outlets.values():
            outlet.close()
        deadline = time.monotonic() + _DRAIN_LINKED_SECONDS
        while not self._linked or time.monotonic() < deadline:
            self._wakeup_bytes()
            if not self._take(_QUIET_LINKED_MS if self._linked else _QUIET_MS):
                return

    def _wakeup_bytes(self) -> bytes:
        try:
            return os.read(self._wakeup, 4096)
        except BlockingIOError:
            return b""

    def _take(self, milliseconds: int | None) -> bool:
        """Wait for what comes, at most so long, and hand it on; False if nothing came."""
        ready = dict(self._poller.poll(milliseconds))
        if self._iopub_link in ready:
            self._follow_iopub()
        if self._stdin_link in ready:
            self._open()
        if self._iopub in ready:
            self._hand_on(Kind.IOPUB, self._iopub)
        for name, socket in self._channels.items():
            if ready.get(socket, 0) & zmq.POLLIN:
                self._hand_on(_CHANNELS[name][0], socket)
        if self._requests in ready:
            self._forward()
        for outlet in self._outlets.values():
            outlet.take(ready)
        return bool(ready)

    def _follow_iopub(self) -> None:
        """See whether it is connected; the first time, connect stdin."""
        for frames in _waiting(self._iopub_link):
            event = int.from_bytes(frames[0][:2], sys.byteorder)
            self._linked = event == zmq.Event.HANDSHAKE_SUCCEEDED
        if self._linked and not self._channels:
            self._linked_at = time.monotonic()
            self._channels[b"stdin"] = self._stdin
            self._connect(self._stdin, "stdin_port")

    def _open(self) -> None:
        """Connect the other channels and take requests."""
        for _ in _waiting(self._stdin_link):
            pass
        if self._opened:
            return
        self._opened = True
        for name in b"shell", b"control":
            self._channels[name] = self._socket(zmq.DEALER)
            self._connect(self._channels[name], _CHANNELS[name][1])
        self._poller.register(self._requests, zmq.POLLIN)
        for name, socket in self._channels.items():
            self._outlets[name] = Outlet(self._poller, socket, self._fronts[name])

    def _hand_on(self, kind: Kind, socket: Socket) -> None:
        for frames in _waiting(socket):
            self._receive(kind, frames)

    def _forward(self) -> None:
        for name, *frames in _waiting(self._requests):
            outlet = self._outlets.get(name)
            if outlet is None or not frames:
                log.warning("request for no channel, dropped")
            else:
                outlet.send(frames)

    def _listening(self, path: str, *, room: int = 0) -> Socket:
        """A socket for what comes from the server, which holds so many messages; 0: any number."""
        socket = self._socket(zmq.PULL)
        socket.setsockopt(zmq.RCVHWM, room)
        socket.bind(f"ipc://{path}")
        return socket

    def _socket(self, kind: int) -> Socket:
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.RCVHWM, 0)  # by default messages are dropped when 1,000 wait
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.setsockopt(zmq.LINGER, 0)
        return socket

    def _monitor(self, socket: Socket) -> Socket:
        """A socket that tells when the other one is connected, and when not."""
        link = socket.get_monitor_socket(zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED)
        self._poller.register(link, zmq.POLLIN)
        return link

    def _connect(self, socket: Socket, port: str) -> None:
        # Milliseconds: a kernel binds soon, but one that never does must cost little.
        socket.setsockopt(zmq.RECONNECT_IVL, 5)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 40)
        if socket.socket_type == zmq.DEALER:
            socket.setsockopt(zmq.IDENTITY, _IDENTITY)
            socket.setsockopt(zmq.SNDHWM, 1)  # what waits does so in its outlet
        socket.connect(_url(self._connection, port))
        self._poller.register(socket, zmq.POLLIN)


def _waiting(socket: Socket) -> Iterator[list[bytes]]:
    """The messages that have come, as many as there may be in one turn."""
    for _ in range(MOST_PER_TURN):
        try:
            yield socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return


def _url(connection: Mapping[str, Any], port: str) -> str:
    separator = "-" if connection["transport"] == "ipc" else ":"
    return f"{connection['transport']}://{connection['ip']}{separator}{connection[port]}"
