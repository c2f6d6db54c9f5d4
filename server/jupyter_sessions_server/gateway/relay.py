"""Relay: one front end's WebSocket and its Connect stream, for as long as both are there."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from grpc import StatusCode
from grpc.aio import AioRpcError
from starlette.websockets import WebSocket
from uvicorn.protocols.utils import ClientDisconnected

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions_server.gateway import frames, server_messages
from jupyter_sessions_server.gateway.cursors import Cursor
from jupyter_sessions_server.gateway.delivery import Delivery
from jupyter_sessions_server.gateway.http_errors import HttpError, reason_of
from jupyter_sessions_server.gateway.service import Metadata, Service, responses
from jupyter_sessions_server.gateway.websocket_protocol import EXTENSION, WebSocketProtocol

MOST_REASON_BYTES: Final = 123
"""Of a close frame (RFC 6455, section 5.5)."""

_ENDED_ON_PURPOSE = frozenset(
    {kernels_pb2.KERNEL_EXIT_CAUSE_SHUT_DOWN, kernels_pb2.KERNEL_EXIT_CAUSE_CULLED}
)


class Close(NamedTuple):
    """Why the gateway closes a WebSocket: a code of RFC 6455, section 7.4.1, or of its registry."""

    code: int
    reason: str = ""


NEWER_CONNECTION: Final = Close(1000, "the same session has connected again")
KERNEL_IS_GONE: Final = Close(1001, "the kernel was shut down")
SERVICE_RESTARTS: Final = Close(1012, "the service restarts; connect again")
FAILED: Final = Close(1011, "the service failed; its log tells more")


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Who is connected, and how it speaks."""

    websocket: WebSocket
    client_id: str
    subprotocol: str | None

    @property
    def connection(self) -> WebSocketProtocol:
        """What is below ASGI."""
        extension = self.websocket.scope["extensions"][EXTENSION]
        return cast("WebSocketProtocol", extension["connection"])

    def encode(self, message: pb.JupyterMessage) -> frames.Sent:
        """A message to it."""
        if self.subprotocol == frames.V1:
            return frames.encode_v1(message)
        return frames.encode_default(message)

    def decode(self, frame: frames.Frame) -> pb.JupyterMessage | None:
        """A message from it; None if it is for nobody."""
        if self.subprotocol == frames.V1:
            return frames.decode_v1(frame)
        return frames.decode_default(frame)


class Relay:
    """Hands messages on, both ways, as fast as the slower side takes them."""

    def __init__(
        self,
        service: Service,
        metadata: Metadata,
        kernel_id: str,
        front_end: FrontEnd,
        cursor: Cursor,
    ) -> None:
        self._service = service
        self._metadata = metadata
        self._kernel_id = kernel_id
        self._front_end = front_end
        self._cursor = cursor
        self._connection = front_end.connection
        self._delivery = Delivery(self._connection, cursor)
        self._accepted = asyncio.Event()
        self._is_dead = False
        self._header = self._parent_header = b"{}"
        self._refused: asyncio.Future[Close] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Return when the WebSocket is closed.

        Raises HttpError and AioRpcError as long as it is not open.
        """
        halves = (
            asyncio.ensure_future(self._until_the_end()),
            asyncio.ensure_future(self._connection.lost.wait()),
            self._refused,
        )
        try:
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for half in halves:
                half.cancel()
            await asyncio.wait(halves)
            self._delivery.end()
        hearing, _, refused = halves
        await self._close(refused if not refused.cancelled() else hearing)

    async def _close(self, ending: "asyncio.Future[Close]") -> None:
        if ending.cancelled():
            return
        if self._connection.lost.is_set():
            ending.exception()  # nobody is there to be told
            return
        close = ending.result()
        if not self._accepted.is_set():
            raise HttpError(503, close.reason)
        reason = close.reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")
        await self._front_end.websocket.close(close.code, reason)

    async def _until_the_end(self) -> Close:
        """Hear the kernel; anew where a message to a dead one has ended the stream."""
        while True:
            try:
                async for response in responses(self._stream()):
                    if (close := await self._tell(response)) is not None:
                        return close
            except ClientDisconnected:
                return NEWER_CONNECTION  # whatever it is: nobody is there to be told
            except AioRpcError as error:
                if not self._accepted.is_set():
                    raise
                if reason_of(error) != "KERNEL_DEAD":
                    return await self._end_of(error)
                self._is_dead = True
            else:
                return NEWER_CONNECTION

    def _stream(self) -> AsyncIterable[pb.ConnectResponse]:
        opening = pb.ChannelOpen(
            kernel_id=self._kernel_id,
            client_id=self._front_end.client_id,
            from_seq=self._cursor.next_seq,
        )
        return self._service.channels.Connect(self._requests(opening), metadata=self._metadata)

    async def _end_of(self, error: AioRpcError) -> Close:
        if error.code() is StatusCode.NOT_FOUND:
            await self._say_state("dead", self._cursor.next_seq or 0)
            self._cursor.forget()
            return KERNEL_IS_GONE
        if error.code() is StatusCode.UNAVAILABLE:
            return SERVICE_RESTARTS
        if error.code() is StatusCode.INVALID_ARGUMENT:
            return Close(1007, error.details() or "")
        return FAILED

    async def _tell(self, response: pb.ConnectResponse) -> Close | None:
        """Hand on what the service tells; how to close, if that was the last of it."""
        kind = response.WhichOneof("response")
        if kind == "messages":
            await self._hand_on(response)
        elif kind == "opened":
            await self._open(response.opened)
        elif kind == "gap":
            missed = server_messages.missed(response.gap, self._parent_header, self._session)
            await self._say(missed, response.next_seq)
        elif kind == "kernel":
            return await self._tell_of_process(response)
        return None

    async def _open(self, opened: pb.ChannelOpened) -> None:
        self._is_dead = opened.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
        if self._accepted.is_set():
            return
        if self._is_dead and self._cursor.next_seq is None:
            message = f"Kernel does not exist: {self._kernel_id}"
            raise HttpError(404, message)
        self._cursor.begin(opened.next_seq)
        await self._front_end.websocket.accept(subprotocol=self._front_end.subprotocol)
        self._accepted.set()

    async def _hand_on(self, response: pb.ConnectResponse) -> None:
        messages, next_seq = response.messages.messages, response.next_seq
        if not messages:
            self._delivery.skip(next_seq)
            return
        for message in messages:
            if message.channel == pb.CHANNEL_IOPUB and message.parent_header:
                self._parent_header = message.parent_header
        self._header = messages[-1].header
        # One after the other: none of them is kept while the front end takes its time.
        await self._delivery.send(map(self._front_end.encode, messages), next_seq)

    async def _tell_of_process(self, response: pb.ConnectResponse) -> Close | None:
        """Jupyter's words for a process that ended: it is restarted for that, or it is not."""
        self._is_dead = response.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
        if not response.HasField("exit"):
            return None
        on_purpose = response.exit.cause in _ENDED_ON_PURPOSE
        if self._is_dead:
            await self._say_state("dead", response.next_seq)
            return KERNEL_IS_GONE if on_purpose else None
        if not on_purpose:
            await self._say_state("restarting", response.next_seq)
        return None

    async def _say_state(self, execution_state: str, next_seq: int) -> None:
        """Tell it once: a front end may come again for just that, and should not hear it again."""
        self._delivery.skip(next_seq)
        await self._say(server_messages.status(execution_state, self._session), next_seq)

    async def _say(self, message: pb.JupyterMessage, next_seq: int) -> None:
        await self._delivery.send([self._front_end.encode(message)], next_seq)

    @property
    def _session(self) -> str:
        """As whom the kernel speaks: JupyterLab drops what waits when another one does."""
        return str(frames.parse_object(self._header).get("session", ""))

    async def _requests(self, opening: pb.ChannelOpen) -> AsyncIterator[pb.ConnectRequest]:
        """What the front end sends, read no faster than it is taken."""
        yield pb.ConnectRequest(open=opening)
        await self._accepted.wait()
        async for frame in _received(self._front_end.websocket):
            try:
                message = self._front_end.decode(frame)
            except frames.MalformedFrame as error:
                self._refused.set_result(Close(1007, f"malformed message: {error}"))
                return
            if message is not None and not self._is_dead:
                yield pb.ConnectRequest(message=message)


async def _received(websocket: WebSocket) -> AsyncIterator[frames.Frame]:
    """The frames that come, until the WebSocket is closed."""
    while True:
        event = await websocket.receive()
        if event["type"] != "websocket.receive":
            return
        text = event.get("text")
        yield event["bytes"] if text is None else text
