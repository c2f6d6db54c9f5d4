"""KernelChannels: hand messages to one kernel's process; what it answers is in its journal."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import zmq
import zmq.asyncio

from jupyter_sessions_server.keeper.recorder_spec import front_requests
from jupyter_sessions_server.kernels.messages import Signer, to_frames
from jupyter_sessions_server.model import Channel, Request

SyncContext = zmq.Context[zmq.Socket[bytes]]
AnySocket = TypeVar("AnySocket", bound=zmq.Socket[Any])

_IDENTITY_PREFIX = b"jps-"
"""Kernels that write their own journal send nothing to these: nobody would read it."""
_RECONNECT_MS = 5
"""The kernel binds its sockets soon after its start."""


class KernelChannels(Protocol):
    """The way to one process."""

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting; the queue is not bounded: for what the server itself asks."""
        ...

    async def pass_on(self, channel: Channel, request: Request) -> None:
        """Send what a front end says; waits while the process takes no more, until it ends."""
        ...

    def close(self) -> None:
        """Drop what was not sent."""
        ...


class PatientSocket:
    """A socket with room for one message: who sends waits for its turn, then until there is room.

    Apart from the socket of what the server itself asks, which a kernel so takes in between.
    """

    def __init__(self, context: SyncContext, type_: int) -> None:
        shadow = zmq.asyncio.Context.shadow(context)
        self.socket: zmq.asyncio.Socket = _prepared(shadow.socket(type_), room=1)

    async def send(self, frames: Sequence[bytes]) -> None:
        """Return when it was sent, or the socket was closed; being cancelled, it is not sent."""
        sent = asyncio.ensure_future(self.socket.send_multipart(frames))
        try:
            if not sent.done():
                await asyncio.wait([sent])
        finally:
            sent.cancel()
        if not sent.cancelled():
            sent.result()


class DirectChannels:
    """To the kernel's own sockets, each opened when it is first needed."""

    def __init__(self, context: SyncContext, connection: Mapping[str, Any]) -> None:
        self._context = context
        self._connection = connection
        self._signer = signer_of(connection)
        self._identity = _IDENTITY_PREFIX + secrets.token_hex(8).encode()
        self._sockets: dict[Channel, zmq.Socket[bytes]] = {}
        self._patient: dict[Channel, PatientSocket] = {}

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting."""
        if channel not in self._sockets:
            self._sockets[channel] = _prepared(self._context.socket(zmq.DEALER))
            self._connect(self._sockets[channel], channel, b"")
        self._sockets[channel].send_multipart(to_frames(self._signer, request), zmq.DONTWAIT)

    async def pass_on(self, channel: Channel, request: Request) -> None:
        """Send when there is room."""
        if channel not in self._patient:
            self._patient[channel] = PatientSocket(self._context, zmq.DEALER)
            self._connect(self._patient[channel].socket, channel, b"-front")
        await self._patient[channel].send(to_frames(self._signer, request))

    def _connect(self, socket: "zmq.Socket[Any]", channel: Channel, suffix: bytes) -> None:
        socket.setsockopt(zmq.IDENTITY, self._identity + suffix)
        socket.connect(_url(self._connection, channel))

    def close(self) -> None:
        """Drop what was not sent."""
        for socket in self._sockets.values():
            socket.close(linger=0)
        for patient in self._patient.values():
            patient.socket.close(linger=0)


class RecorderChannels:
    """To the recorder, which has the kernel's sockets."""

    def __init__(self, context: SyncContext, connection: Mapping[str, Any], address: str) -> None:
        self._context = context
        self._signer = signer_of(connection)
        self._address = address
        self._socket = _prepared(context.socket(zmq.PUSH))
        self._socket.connect(f"ipc://{address}")
        self._patient: dict[Channel, PatientSocket] = {}

    def send(self, channel: Channel, request: Request) -> None:
        """Send without waiting."""
        frames = [channel.value.encode(), *to_frames(self._signer, request)]
        self._socket.send_multipart(frames, zmq.DONTWAIT)

    async def pass_on(self, channel: Channel, request: Request) -> None:
        """Send when there is room."""
        if channel not in self._patient:
            address = front_requests(self._address, channel.value)
            self._patient[channel] = PatientSocket(self._context, zmq.PUSH)
            self._patient[channel].socket.connect(f"ipc://{address}")
        await self._patient[channel].send(to_frames(self._signer, request))

    def close(self) -> None:
        """Drop what was not sent."""
        self._socket.close(linger=0)
        for patient in self._patient.values():
            patient.socket.close(linger=0)


def signer_of(connection: Mapping[str, Any]) -> Signer:
    """What signs for a kernel of this connection file."""
    return Signer(connection["key"].encode())


def _prepared(socket: AnySocket, *, room: int = 0) -> AnySocket:
    """Have it connect soon, and hold so many messages; 0: any number."""
    socket.setsockopt(zmq.SNDHWM, room)
    socket.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    return socket


def _url(connection: Mapping[str, Any], channel: Channel) -> str:
    separator = "-" if connection["transport"] == "ipc" else ":"
    port = connection[f"{channel.value}_port"]
    return f"{connection['transport']}://{connection['ip']}{separator}{port}"
