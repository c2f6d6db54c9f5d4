"""ExecutionService: runs code, streams what it says, and finds it again."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import executions_pb2_grpc
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.model import (
    ExecutionEvent,
    ExecutionId,
    GapReason,
    KernelId,
    Missing,
    SessionId,
)
from jupyter_sessions_server.ports import LAST_EXECUTION
from jupyter_sessions_server.rpc import check, page_token
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert_executions import (
    code_from_pb,
    event_to_pb,
    execution_states_from_pb,
    execution_to_pb,
)
from jupyter_sessions_server.rpc.guard import begin_at, resume_at
from jupyter_sessions_server.rpc.kernel_queries import KernelQueryHandlers
from jupyter_sessions_server.sessions.execution_events import EventBatch
from jupyter_sessions_server.sessions.executions import Executions
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.queries import KernelQueries

MAX_BATCH_BYTES = 1024 * 1024
"""Events that are more together go in several messages; a single one may be larger."""
DEFAULT_PAGE_BYTES = 1024 * 1024
MAX_PAGE_BYTES = 16 * 1024 * 1024
DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000

Response = TypeVar("Response", pb.ExecuteResponse, pb.AttachExecutionResponse)


class ExecutionService(KernelQueryHandlers, executions_pb2_grpc.ExecutionServiceServicer):
    """Streams carry batches: whatever is there when the one before has been written."""

    def __init__(
        self,
        executions: Executions,
        sessions: SessionManager,
        queries: KernelQueries,
        *,
        max_event_bytes: int,
    ) -> None:
        super().__init__(queries, sessions)
        self._executions = executions
        self._sessions = sessions
        self._max_event_bytes = max_event_bytes

    async def Execute(
        self, request: pb.ExecuteRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteResponse]:
        """Run code in a kernel."""
        code = code_from_pb(request)
        session_id, kernel_id = await self._target(request)
        batches = self._executions.execute(
            caller(),
            kernel_id,
            code,
            session_id,
            request_id=request.request_id,
            accepted=_begin,
            cancel_on_disconnect=request.on_disconnect == pb.ON_DISCONNECT_CANCEL,
        )
        async with aclosing(self._stream(batches, pb.ExecuteResponse)) as responses:
            async for response in responses:
                if response.events and response.events[0].HasField("accepted"):
                    resume_at(execution_id=response.events[0].accepted.execution_id)
                yield response

    async def AttachExecution(
        self, request: pb.AttachExecutionRequest, context: Any
    ) -> AsyncIterator[pb.AttachExecutionResponse]:
        """Stream the events of an execution from a number on."""
        execution_id = _execution_id(request.execution_id)
        from_seq = check.not_negative("from_seq", request.from_seq)
        batches = self._executions.attach(caller(), execution_id, from_seq)
        async with aclosing(self._stream(batches, pb.AttachExecutionResponse)) as responses:
            async for response in responses:
                resume_at(execution_id=execution_id)
                yield response

    async def GetExecution(
        self, request: pb.GetExecutionRequest, context: Any
    ) -> pb.GetExecutionResponse:
        """Return one execution, and its events if asked, page by page."""
        owner, execution_id = caller(), _execution_id(request.execution_id)
        most = check.page_size_bytes(
            request.page_size_bytes, default=DEFAULT_PAGE_BYTES, most=MAX_PAGE_BYTES
        )
        seal = page_token.fingerprint(owner.encode(), execution_id.encode())
        from_seq = page_token.read(request.page_token, seal, int) or 0
        response = pb.GetExecutionResponse(
            execution=execution_to_pb(await self._executions.get(owner, execution_id))
        )
        if request.include_events:
            batches = self._executions.events_so_far(owner, execution_id, int(from_seq))
            async with aclosing(batches):
                async for batch in batches:
                    for event in batch.events:
                        message = self._sendable(event)
                        most -= message.ByteSize()
                        if most < 0 and response.events:
                            response.next_page_token = page_token.write(event.seq, seal)
                            return response
                        response.events.append(message)
        return response

    async def ListExecutions(
        self, request: pb.ListExecutionsRequest, context: Any
    ) -> pb.ListExecutionsResponse:
        """List executions of a session or kernel, newest first."""
        owner = caller()
        _, kernel_id = await self._target(request)
        states = execution_states_from_pb("states", request.states)
        size = check.page_size(request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
        seal = page_token.fingerprint(
            owner.encode(), kernel_id.encode(), repr(sorted(request.states)).encode()
        )
        before = page_token.read(request.page_token, seal, int)
        page = await self._executions.list_executions(
            owner, kernel_id, states, LAST_EXECUTION if before is None else int(before), size
        )
        following = "" if page.next_place is None else page_token.write(page.next_place, seal)
        return pb.ListExecutionsResponse(
            executions=map(execution_to_pb, page.executions), next_page_token=following
        )

    async def CancelExecution(
        self, request: pb.CancelExecutionRequest, context: Any
    ) -> pb.CancelExecutionResponse:
        """Drop a queued execution, or interrupt a running one."""
        execution_id = _execution_id(request.execution_id)
        execution = await self._executions.cancel(caller(), execution_id)
        return pb.CancelExecutionResponse(execution=execution_to_pb(execution))

    async def SendInput(self, request: pb.SendInputRequest, context: Any) -> pb.SendInputResponse:
        """Answer the input request that an execution waits with."""
        execution_id = _execution_id(request.execution_id)
        check.text("input_request_id", request.input_request_id, check.MAX_ID_BYTES)
        value = check.input_value("value", request.value)
        await self._executions.send_input(caller(), execution_id, request.input_request_id, value)
        return pb.SendInputResponse()

    async def _target(
        self, request: pb.ExecuteRequest | pb.ListExecutionsRequest
    ) -> tuple[SessionId | None, KernelId]:
        if request.WhichOneof("target") is None:
            raise InvalidField("target", "session_id or kernel_id is required")
        if request.WhichOneof("target") == "kernel_id":
            return None, KernelId(check.any_id("kernel_id", request.kernel_id))
        session_id = check.any_id("session_id", request.session_id)
        session = await self._sessions.get_session(session_id=session_id, owner=caller())
        return session.session_id, session.kernel_id

    async def _stream(
        self, batches: AsyncGenerator[EventBatch, None], response_type: type[Response]
    ) -> AsyncGenerator[Response, None]:
        """The batches as messages, after each of which a caller can resume."""
        async with aclosing(batches):
            async for batch in batches:
                for response in self._responses(batch, response_type):
                    resume_at(next_seq=str(response.next_seq))
                    yield response

    def _responses(self, batch: EventBatch, response_type: type[Response]) -> Iterator[Response]:
        """The events in as few messages as their size allows."""
        response = response_type(next_seq=batch.next_seq)
        room = MAX_BATCH_BYTES
        for event in batch.events:
            message = self._sendable(event)
            room -= message.ByteSize()
            if room < 0 and response.events:
                response.next_seq = response.events[-1].seq + 1
                yield response
                response = response_type(next_seq=batch.next_seq)
                room = MAX_BATCH_BYTES - message.ByteSize()
            response.events.append(message)
        yield response

    def _sendable(self, event: ExecutionEvent) -> pb.ExecutionEvent:
        """The event, or a gap in its place if it is larger than a message may be."""
        message = event_to_pb(event)
        if message.ByteSize() > self._max_event_bytes:
            message = event_to_pb(replace(event, output=Missing(1, GapReason.TOO_LARGE)))
        return message


def _begin(execution_id: ExecutionId) -> None:
    begin_at(execution_id=execution_id, next_seq="0")


def _execution_id(value: str) -> ExecutionId:
    return ExecutionId(check.execution_id("execution_id", value))
