"""InProcessChannel: a grpc.aio channel, as generated stubs use one, to handlers in this process.

There is no second hop: a call is a call of the guarded handler, in its caller's task. Messages are
handed over as they are; only an answer that is bytes already is decoded. What fails raises
`grpc.aio.AioRpcError`, as on a real channel.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf.message import Message

from jupyter_sessions_server.rpc.guard import to_bytes

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]

Metadata = Sequence[tuple[str, str | bytes]]
Decode = Callable[[bytes], Any] | None
"""What makes an answer of bytes; None: the caller wants the bytes."""


class InProcessChannel:
    """Has the methods of `grpc.aio.Channel` that generated stubs call."""

    def __init__(self, handlers: "Mapping[str, Handler]", tasks: asyncio.TaskGroup) -> None:
        """Streams that are cancelled end in a task of the group."""
        self._handlers = handlers
        self._tasks = tasks

    def unary_unary(
        self,
        method: str,
        request_serializer: object = None,
        response_deserializer: Decode = None,
        _registered_method: bool = False,
    ) -> Any:
        """Calls an RPC with one request and one answer; the call is awaited."""
        handler: Any = self._handlers[method].unary_unary

        async def call(
            request: Message | bytes,
            *,
            timeout: float | None = None,  # noqa: ASYNC109 - grpc's name
            metadata: Metadata = (),
        ) -> Any:
            context = _Context(metadata, timeout)
            if timeout is None:  # a third of what such a call costs would be to watch the time
                return _answer(await handler(request, context), response_deserializer)
            async with _deadline(timeout):
                return _answer(await handler(request, context), response_deserializer)

        return call

    def unary_stream(
        self,
        method: str,
        request_serializer: object = None,
        response_deserializer: Decode = None,
        _registered_method: bool = False,
    ) -> Any:
        """Calls an RPC with one request and many answers."""
        return self._streaming(self._handlers[method].unary_stream, response_deserializer)

    def stream_stream(
        self,
        method: str,
        request_serializer: object = None,
        response_deserializer: Decode = None,
        _registered_method: bool = False,
    ) -> Any:
        """Calls an RPC with many requests, an async iterable, and many answers."""
        return self._streaming(self._handlers[method].stream_stream, response_deserializer)

    def _streaming(self, handler: Any, decode: Decode) -> Any:
        def call(
            request: Message | bytes | AsyncIterable[Message | bytes],
            *,
            timeout: float | None = None,
            metadata: Metadata = (),
        ) -> StreamCall:
            responses = handler(request, _Context(metadata, timeout))
            return StreamCall(responses, decode, timeout, self._tasks)

        return call


class StreamCall:
    """A call whose answers are iterated over, in the caller's own task."""

    def __init__(
        self,
        responses: Any,
        decode: Decode,
        timeout: float | None,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._responses = responses
        self._decode = decode
        self._until = None if timeout is None else time.monotonic() + timeout
        self._tasks = tasks

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The answers, as they come."""
        while True:
            try:
                async with _deadline(self._left()):
                    response = await anext(self._responses)
            except StopAsyncIteration:
                return
            yield _answer(response, self._decode)

    def _left(self) -> float | None:
        return None if self._until is None else self._until - time.monotonic()

    def cancel(self) -> bool:
        """End it, if it has not ended; its caller does not wait for that."""
        self._tasks.create_task(self._responses.aclose())
        return True


class _Context:
    """What handlers ask of the `grpc.aio.ServicerContext` of a call."""

    def __init__(self, metadata: Metadata, timeout: float | None) -> None:
        self._metadata = metadata
        self._until = None if timeout is None else time.monotonic() + timeout

    def invocation_metadata(self) -> Metadata:
        """What the caller sent besides the request."""
        return self._metadata

    def time_remaining(self) -> float | None:
        """Seconds to the caller's deadline; None without one."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: Metadata = ()
    ) -> NoReturn:
        """End the call with an error."""
        raise _error(code, details, trailing_metadata) from None


def _error(
    code: grpc.StatusCode, details: str, trailing_metadata: Metadata = ()
) -> grpc.aio.AioRpcError:
    trailers = grpc.aio.Metadata(*trailing_metadata)
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details=details)


@asynccontextmanager
async def _deadline(seconds: float | None) -> AsyncIterator[None]:
    """End the block after so long, with the error that a real channel raises."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise _error(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded") from None


def _answer(response: Message | bytes, decode: Decode) -> Any:
    if decode is None:
        return to_bytes(response)
    return decode(response) if isinstance(response, bytes) else response
