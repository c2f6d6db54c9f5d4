"""KernelChannels: the sockets to one kernel's process."""

import asyncio
from collections.abc import Callable, Sequence

import zmq
from jupyter_client.connect import KernelConnectionInfo

from jupyter_sessions_server.kernels.messages import Signer, to_frames
from jupyter_sessions_server.model import Channel, Request

_SOCKET_TYPES = {
    Channel.SHELL: zmq.DEALER,
    Channel.CONTROL: zmq.DEALER,
    Channel.STDIN: zmq.DEALER,
    Channel.IOPUB: zmq.SUB,
}
_MOST_PER_TURN = 200
"""Messages taken from a socket before others have their turn."""

SyncContext = zmq.Context[zmq.Socket[bytes]]
Receive = Callable[[Channel, Sequence[bytes]], None]


class KernelChannels:
    """Four connected sockets; what comes is handed to `receive`, in order for each channel."""

    def __init__(
        self,
        context: SyncContext,
        info: KernelConnectionInfo,
        signer: Signer,
        receive: Receive,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self.signer = signer
        self._sockets = {
            channel: _connect(context, info, channel, type_)
            for channel, type_ in _SOCKET_TYPES.items()
        }
        for channel, socket in self._sockets.items():
            self._loop.add_reader(socket.fileno(), self._drain, channel)

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting; the socket's queue is not bounded."""
        self._sockets[channel].send_multipart(to_frames(self.signer, request), zmq.DONTWAIT)
        # Sending may take the edge that tells of something to read.
        self._loop.call_soon(self._drain, channel)

    def drain(self) -> None:
        """Take what has come, on all channels."""
        for channel in self._sockets:
            self._drain(channel)

    def _drain(self, channel: Channel) -> None:
        socket = self._sockets[channel]
        if socket.closed:
            return
        for _ in range(_MOST_PER_TURN):
            try:
                frames = socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            self._receive(channel, frames)
        self._loop.call_soon(self._drain, channel)

    def close(self) -> None:
        """Close the sockets; what was not sent is dropped."""
        for socket in self._sockets.values():
            self._loop.remove_reader(socket.fileno())
            socket.close(linger=0)


def _connect(
    context: SyncContext,
    info: KernelConnectionInfo,
    channel: Channel,
    type_: int,
) -> "zmq.Socket[bytes]":
    socket = context.socket(type_)
    socket.setsockopt(zmq.RCVHWM, 0)  # by default messages are dropped when 1,000 wait
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 5)  # milliseconds: the kernel binds soon
    if channel is Channel.IOPUB:
        socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(_url(info, channel))
    return socket


def _url(info: KernelConnectionInfo, channel: Channel) -> str:
    ports = {
        Channel.SHELL: info["shell_port"],
        Channel.CONTROL: info["control_port"],
        Channel.STDIN: info["stdin_port"],
        Channel.IOPUB: info["iopub_port"],
    }
    separator = "-" if info["transport"] == "ipc" else ":"
    return f"{info['transport']}://{info['ip']}{separator}{ports[channel]}"
