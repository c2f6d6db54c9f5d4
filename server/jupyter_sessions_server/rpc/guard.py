"""Guard: what stands around every handler: authentication, decoding, errors, the log, the end.

Handlers are wrapped once, when they are registered, rather than found anew by interceptors at each
call.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message

from jupyter_sessions_server.errors import (
    InvalidField,
    JupyterSessionsError,
    ServerStopping,
    StreamLimitReached,
)
from jupyter_sessions_server.model import Owner
from jupyter_sessions_server.ports import Authenticator
from jupyter_sessions_server.rpc.authentication import authenticate, caller
from jupyter_sessions_server.rpc.error_mapping import DETAILS_KEY, code_of, status_of

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
Decode = Callable[[bytes], Message] | None

_stream: ContextVar["_Stream"] = ContextVar("stream")


def resume_at(**facts: str) -> None:
    """In a stream's handler, before a response: say where a caller resumes who has got it."""
    _stream.get().told.update(facts)


def begin_at(**facts: str) -> None:
    """In a stream's handler, before the first response: say where one resumes who gets none."""
    _stream.get().resume.update(facts)


class Guard:
    """Registers servicers with a server, each of their handlers wrapped.

    It stands in for the server in the generated `add_…Servicer_to_server` functions.
    """

    def __init__(
        self, server: grpc.aio.Server, authenticator: Authenticator, *, stream_limit: int
    ) -> None:
        self.handlers: dict[str, Handler] = {}
        """All that were registered, wrapped, by "/package.Service/Method"."""
        self._server = server
        self._authenticator = authenticator
        self._stream_limit = stream_limit
        self._calls: set[asyncio.Task[Any]] = set()
        self._streams: set[_Stream] = set()
        self._streams_of: Counter[Owner] = Counter()
        self._stopping = False
        self._stopped = False

    def add_generic_rpc_handlers(self, _: object) -> None:
        """Nothing: generated code registers the same handlers a second time, by name."""

    def add_registered_method_handlers(self, service: str, handlers: "dict[str, Handler]") -> None:
        """Register the service's handlers, wrapped."""
        name = service.rpartition(".")[2]
        guarded = {rpc: self._wrap(f"{name}.{rpc}", handlers[rpc]) for rpc in handlers}
        self.handlers |= {f"/{service}/{rpc}": handler for rpc, handler in guarded.items()}
        generic = grpc.method_handlers_generic_handler(service, guarded)
        self._server.add_generic_rpc_handlers((generic,))

    def end_streams(self) -> None:
        """End all streams with SERVER_STOPPING and where to resume, and refuse new ones."""
        self._stopping = True
        for stream in self._streams:
            if not stream.writing:  # else it ends when its response is written
                stream.task.cancel()

    def end_calls(self) -> None:
        """End all other calls with SERVER_STOPPING."""
        self._stopped = True
        for task in self._calls:
            task.cancel()

    def _wrap(self, name: str, handler: "Handler") -> "Handler":
        """The handler, guarded; it is given bytes, so that what cannot be decoded is told.

        Callers in this process may give it messages.
        """
        if handler.unary_unary is not None:
            unary = self._unary(name, handler.unary_unary, handler.request_deserializer)
            return grpc.unary_unary_rpc_method_handler(unary, None, to_bytes)
        method = handler.unary_stream or handler.stream_stream
        if method is None:
            message = f"{name}: no service here streams requests only"
            raise TypeError(message)
        stream = self._stream(name, method, handler.request_deserializer)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, None, to_bytes)
        return grpc.unary_stream_rpc_method_handler(stream, None, to_bytes)

    def _unary(self, name: str, method: Any, decode: Decode) -> Any:
        async def guarded(raw: bytes | Message, context: "Context") -> Any:
            entry = _LogEntry(name)
            task = _current_task()
            self._calls.add(task)
            try:
                authenticate(self._authenticator, context.invocation_metadata() or ())
                return await method(_decode(decode, raw), context)
            except asyncio.CancelledError:
                if not self._stopped:
                    raise
                await _abort(context, entry, ServerStopping())
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - the edge: all of them become a status
                await _abort(context, entry, error)
            finally:
                self._calls.remove(task)
                entry.write()

        return guarded

    def _stream(self, name: str, method: Any, decode: Decode) -> Any:
        async def guarded(raw: Any, context: "Context") -> AsyncIterator[Any]:
            entry = _LogEntry(name)
            try:
                authenticate(self._authenticator, context.invocation_metadata() or ())
                decoded = _decode if isinstance(raw, bytes | Message) else _decode_each
                with self._counted() as stream:
                    async with aclosing(method(decoded(decode, raw), context)) as responses:
                        async for response in responses:
                            stream.writing = True
                            yield response
                            stream.written()
                            if self._stopping:
                                raise ServerStopping(**stream.resume)
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                await _abort(context, entry, ServerStopping(**stream.resume))
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - the edge: all of them become a status
                await _abort(context, entry, error)
            finally:
                entry.write()

        return guarded

    @contextmanager
    def _counted(self) -> Iterator["_Stream"]:
        """Count the present task as one of its caller's open streams."""
        owner = caller()
        if self._stopping:
            raise ServerStopping
        if self._streams_of[owner] >= self._stream_limit:
            raise StreamLimitReached(self._stream_limit)
        stream = _Stream(_current_task())
        self._streams.add(stream)
        self._streams_of[owner] += 1
        try:
            yield stream
        finally:
            self._streams.remove(stream)
            self._streams_of[owner] -= 1


class _Stream:
    """An open stream: whether a response is being written, and where its caller can resume.

    A task that is cancelled while grpc writes for it ends without a status.
    """

    __slots__ = ("resume", "task", "told", "writing")

    def __init__(self, task: "asyncio.Task[Any]") -> None:
        self.task = task
        self.writing = False
        self.resume: dict[str, str] = {}
        self.told: dict[str, str] = {}
        _stream.set(self)

    def written(self) -> None:
        """The response is on its way: what the handler told before it counts now."""
        self.writing = False
        self.resume = dict(self.told)


def _current_task() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    if task is None:
        raise TypeError("handlers run in tasks")
    return task


def to_bytes(response: Message | bytes) -> bytes:
    """Handlers may answer with a message that is serialised already."""
    return response if isinstance(response, bytes) else response.SerializeToString()


def _decode(decode: Decode, raw: bytes | Message) -> Message:
    if not isinstance(raw, bytes):
        return raw
    if decode is None:
        raise TypeError("a handler that takes bytes is not one of ours")
    try:
        return decode(raw)
    except DecodeError as error:
        problem = "cannot be decoded: no such message, or a string that is not UTF-8"
        raise InvalidField("request", problem) from error


async def _decode_each(
    decode: Decode, raw: AsyncIterable[bytes | Message]
) -> AsyncIterator[Message]:
    async for part in raw:
        yield _decode(decode, part)


async def _abort(context: "Context", entry: "_LogEntry", error: Exception) -> NoReturn:
    if not isinstance(error, JupyterSessionsError):
        log.error("handler failed", exc_info=error, extra={"method": entry.method})
    status = status_of(error)
    entry.code = code_of(status)
    details = ((DETAILS_KEY, status.SerializeToString()),)
    await context.abort(entry.code, status.message, trailing_metadata=details)


class _LogEntry:
    """The one entry of a request, written when it has ended."""

    __slots__ = ("code", "method", "started")

    def __init__(self, method: str) -> None:
        self.method = method
        self.code = grpc.StatusCode.OK
        self.started = time.monotonic()

    def write(self) -> None:
        if log.isEnabledFor(logging.INFO):
            took = round((time.monotonic() - self.started) * 1000, 1)
            facts = {"method": self.method, "code": self.code.name, "milliseconds": took}
            log.info("request %(method)s %(code)s %(milliseconds)s ms", facts, extra=facts)
