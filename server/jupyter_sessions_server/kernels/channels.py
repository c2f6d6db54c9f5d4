"""KernelChannels: hand messages to one kernel's process; what it answers is in its journal."""

import secrets
from collections.abc import Mapping
from typing import Any, Protocol

import zmq

from jupyter_sessions_server.kernels.messages import Signer, to_frames
from jupyter_sessions_server.model import Channel, Request

SyncContext = zmq.Context[zmq.Socket[bytes]]

_IDENTITY_PREFIX = b"jps-"
"""Kernels that write their own journal send nothing to these: nobody would read it."""
_RECONNECT_MS = 5
"""The kernel binds its sockets soon after its start."""


class KernelChannels(Protocol):
    """The way to one process."""

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting; the queue is not bounded."""
        ...

    def close(self) -> None:
        """Drop what was not sent."""
        ...


class DirectChannels:
    """To the kernel's own sockets, each opened when it is first needed."""

    def __init__(self, context: SyncContext, connection: Mapping[str, Any]) -> None:
        self._context = context
        self._connection = connection
        self._signer = signer_of(connection)
        self._identity = _IDENTITY_PREFIX + secrets.token_hex(8).encode()
        self._sockets: dict[Channel, zmq.Socket[bytes]] = {}

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting."""
        if channel not in self._sockets:
            self._sockets[channel] = self._connect(channel)
        self._sockets[channel].send_multipart(to_frames(self._signer, request), zmq.DONTWAIT)

    def _connect(self, channel: Channel) -> "zmq.Socket[bytes]":
        socket = _socket(self._context, zmq.DEALER)
        socket.setsockopt(zmq.IDENTITY, self._identity)
        socket.connect(_url(self._connection, channel))
        return socket

    def close(self) -> None:
        """Drop what was not sent."""
        for socket in self._sockets.values():
            socket.close(linger=0)


class RecorderChannels:
    """To the recorder, which has the kernel's sockets."""

    def __init__(self, context: SyncContext, connection: Mapping[str, Any], address: str) -> None:
        self._signer = signer_of(connection)
        self._socket = _socket(context, zmq.PUSH)
        self._socket.connect(f"ipc://{address}")

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting."""
        frames = [channel.value.encode(), *to_frames(self._signer, request)]
        self._socket.send_multipart(frames, zmq.DONTWAIT)

    def close(self) -> None:
        """Drop what was not sent."""
        self._socket.close(linger=0)


def signer_of(connection: Mapping[str, Any]) -> Signer:
    """What signs for a kernel of this connection file."""
    return Signer(connection["key"].encode())


def _socket(context: SyncContext, type_: int) -> "zmq.Socket[bytes]":
    socket = context.socket(type_)
    socket.setsockopt(zmq.SNDHWM, 0)  # by default messages wait when 1,000 do
    socket.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    return socket


def _url(connection: Mapping[str, Any], channel: Channel) -> str:
    separator = "-" if connection["transport"] == "ipc" else ":"
    port = connection[f"{channel.value}_port"]
    return f"{connection['transport']}://{connection['ip']}{separator}{port}"
