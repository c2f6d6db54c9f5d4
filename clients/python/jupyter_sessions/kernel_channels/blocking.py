"""Channels: the same as AsyncChannels, without asyncio."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import grpc

from jupyter_sessions.kernel_channels.messages import (
    CLOSED,
    ChannelEvent,
    ChannelMessage,
    Json,
    new_message,
)
from jupyter_sessions.resuming import Trials
from jupyter_sessions.status import call_failed
from jupyter_sessions.v1 import channels_pb2 as pb

if TYPE_CHECKING:
    from types import TracebackType

    from jupyter_sessions.channel import CallMetadata, Connection
    from jupyter_sessions.kernel_channels.place import Place
    from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub

_MOST_UNSENT = 16
_LOOK_SECONDS = 0.5
"""How often who waits to send looks whether the connection is still there."""


class Channels:
    """Sends messages to a kernel, and iterates over what it says, as ChannelEvent.

    `with` opens and closes it. If the connection breaks, or the server is replaced, it goes on
    where it was: each message comes once. A loop over it may be left and begun again. It ends when
    another connection with the same `client_id` has taken over. One thread may read while others
    send.
    """

    def __init__(self, stub: ChannelServiceStub, connection: Connection, place: Place) -> None:
        self._stub = stub
        self._connection = connection
        self._place = place
        self._trials = Trials(connection.resume_seconds, begun=False)
        self._stream: _Stream | None = None
        self._opening = threading.Lock()
        self._ended = False

    @property
    def client_id(self) -> str:
        """Names the front end: who connects with it again gets the replies to what was asked."""
        return self._place.client_id

    @property
    def next_seq(self) -> int:
        """Where another program would go on after what was read: `from_seq` of connect_channels."""
        return self._place.next_seq

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        if self._stream is not None:
            self._drop(self._stream)

    def send(
        self,
        channel: str,
        msg_type: str,
        content: Json | None = None,
        *,
        parent: ChannelMessage | None = None,
        metadata: Json | None = None,
        buffers: Sequence[bytes] = (),
    ) -> str:
        """Send a message on "shell", "control" or "stdin"; its id, which answers have as parent.

        Waits while the kernel takes no more, and for a connection if there is none. What was sent
        just before a connection broke may be lost; nothing is sent twice.
        """
        msg_id, message = new_message(
            channel,
            msg_type,
            content,
            session=self.client_id,
            parent=parent,
            metadata=metadata,
            buffers=buffers,
        )
        while stream := self._opened():
            if stream.send(pb.ConnectRequest(message=message)):
                return msg_id
            self._read(stream)  # tells why it has ended
        raise RuntimeError(CLOSED)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ChannelEvent:
        while (event := self._place.take()) is None:
            stream = self._opened()
            if stream is None:
                raise StopIteration
            self._read(stream)
        return event

    def _read(self, stream: _Stream) -> bool:
        """Read what comes next, and keep it; False if the connection was lost."""
        try:
            with stream.reading:
                response = next(stream.call, None)
                if response is not None:
                    self._place.note(response)
        except grpc.RpcError as error:
            self._drop(stream)
            if not self._ended:
                self._connection.check_open()
                self._pause_after(error)
            return self._ended
        self._trials.succeeded()
        self._ended = self._ended or response is None
        return True

    def _opened(self) -> _Stream | None:
        """The open stream; opens it if there is none. None if these channels have ended."""
        with self._opening:
            while self._stream is None and not self._ended:
                self._connection.check_open()
                opening = self._place.opening()
                stream = _Stream(self._stub, self._connection.metadata, opening)
                try:
                    if self._read(stream) and not self._ended:
                        self._stream = stream
                finally:
                    if stream is not self._stream:
                        stream.close()
            if self._ended:
                return None
            self._connection.check_open()
            return self._stream

    def _pause_after(self, error: grpc.RpcError) -> None:
        failure = call_failed(error)
        pause = self._trials.pause_after(failure)
        if pause is None:
            raise failure from error
        time.sleep(pause)

    def _drop(self, stream: _Stream) -> None:
        """Open another one when it is needed."""
        stream.close()
        if stream is self._stream:
            self._stream = None


class _Stream:
    """A call, and what is yet to be sent over it."""

    def __init__(
        self, stub: ChannelServiceStub, metadata: CallMetadata, opening: pb.ConnectRequest
    ) -> None:
        self._unsent: queue.Queue[pb.ConnectRequest | None] = queue.Queue(_MOST_UNSENT)
        self._unsent.put(opening)
        self.call = stub.Connect(iter(self._unsent.get, None), metadata=metadata)
        self.reading = threading.Lock()

    def send(self, request: pb.ConnectRequest) -> bool:
        """Have it sent when its turn comes; False if the call has ended."""
        while self.call.is_active():
            with suppress(queue.Full):
                self._unsent.put(request, timeout=_LOOK_SECONDS)
                return True
        return False

    def close(self) -> None:
        """End the call, and gRPC's thread that waits for more to send."""
        self.call.cancel()
        with suppress(queue.Full):
            self._unsent.put_nowait(None)
