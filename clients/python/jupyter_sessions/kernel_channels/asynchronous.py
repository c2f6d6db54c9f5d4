"""AsyncChannels: a kernel's channels over one stream that is opened again when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import grpc
import grpc.aio

from jupyter_sessions.errors import Unavailable
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

    from jupyter_sessions.channel import Connection
    from jupyter_sessions.kernel_channels.place import Place
    from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceAsyncStub

    Call = grpc.aio.StreamStreamCall[pb.ConnectRequest, pb.ConnectResponse]

_BROKEN_IN_A_WRITE = "Internal error from Core"
"""What grpc.aio calls it, to readers too, when a stream ends while a message is written to it."""


class AsyncChannels:
    """Sends messages to a kernel, and iterates over what it says, as ChannelEvent.

    `async with` opens and closes it. If the connection breaks, or the server is replaced, it goes
    on where it was: each message comes once. A loop over it may be left and begun again. It ends
    when another connection with the same `client_id` has taken over.
    """

    def __init__(self, stub: ChannelServiceAsyncStub, connection: Connection, place: Place) -> None:
        self._stub = stub
        self._connection = connection
        self._place = place
        self._trials = Trials(connection.resume_seconds, begun=False)
        self._call: Call | None = None
        self._opening = asyncio.Lock()
        self._ended = False

    @property
    def client_id(self) -> str:
        """Names the front end: who connects with it again gets the replies to what was asked."""
        return self._place.client_id

    @property
    def next_seq(self) -> int:
        """Where another program would go on after what was read: `from_seq` of connect_channels."""
        return self._place.next_seq

    async def __aenter__(self) -> Self:
        await self._opened()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        self._drop()

    async def send(
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
        while call := await self._opened():
            try:
                await call.write(pb.ConnectRequest(message=message))
                return msg_id
            except asyncio.InvalidStateError:  # it had ended before: nothing was sent
                await self._read(call)
            except asyncio.CancelledError:  # gRPC has then ended the call
                self._drop(call)
                raise
            except grpc.aio.AioRpcError as error:  # the stream was closed before it took all of it
                self._drop(call)
                await self._pause_after(error)
        raise RuntimeError(CLOSED)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChannelEvent:
        while (event := self._place.take()) is None:
            call = await self._opened()
            if call is None:
                raise StopAsyncIteration
            await self._read(call)
        return event

    async def _read(self, call: Call) -> bool:
        """Read what comes next, and keep it; False if the connection was lost."""
        try:
            response = await call.read()
        except asyncio.CancelledError:  # gRPC has then ended the call
            self._drop(call)
            raise
        except grpc.aio.AioRpcError as error:
            self._drop(call)
            if not self._ended:
                self._connection.check_open()
                await self._pause_after(error)
            return False
        if isinstance(response, pb.ConnectResponse):
            self._trials.succeeded()
            self._place.note(response)
        else:
            self._ended = True
        return True

    async def _opened(self) -> Call | None:
        """The open stream; opens it if there is none. None if these channels have ended."""
        async with self._opening:
            while self._call is None and not self._ended:
                self._connection.check_open()
                call = self._stub.Connect(metadata=self._connection.metadata)
                try:
                    # What is read tells why, if the call has ended or could not begin.
                    with suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
                        await call.write(self._place.opening())
                    if await self._read(call) and not self._ended:
                        self._call = call
                finally:
                    if call is not self._call:
                        call.cancel()
            if self._ended:
                return None
            self._connection.check_open()
            return self._call

    async def _pause_after(self, error: grpc.aio.AioRpcError) -> None:
        failure = call_failed(error)
        if error.details() == _BROKEN_IN_A_WRITE:
            failure = Unavailable(error.details() or "", grpc.StatusCode.UNAVAILABLE)
        pause = self._trials.pause_after(failure)
        if pause is None:
            raise failure from error
        await asyncio.sleep(pause)

    def _drop(self, call: Call | None = None) -> None:
        """Open another one when it is needed; the present one, if none is named."""
        call = call or self._call
        if call is not None:
            call.cancel()
        if call is self._call:
            self._call = None
