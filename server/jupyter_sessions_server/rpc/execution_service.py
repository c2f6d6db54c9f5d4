"""ExecutionService: runs code and streams what it says; the rest of it is yet to come."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import executions_pb2_grpc
from jupyter_sessions_server.errors import InvalidField, NotImplementedYet
from jupyter_sessions_server.model import (
    ExecutionEvent,
    GapReason,
    KernelId,
    Missing,
    SessionId,
)
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert_executions import code_from_pb, event_to_pb
from jupyter_sessions_server.rpc.guard import resume_at
from jupyter_sessions_server.rpc.unserved import unserved
from jupyter_sessions_server.sessions.executions import Executions
from jupyter_sessions_server.sessions.manager import SessionManager

MAX_BATCH_BYTES = 1024 * 1024
"""Events that are more together go in several messages; a single one may be larger."""


class ExecutionService(executions_pb2_grpc.ExecutionServiceServicer):
    """Streams carry batches: whatever is there when the one before has been written."""

    def __init__(
        self, executions: Executions, sessions: SessionManager, *, max_event_bytes: int
    ) -> None:
        self._executions = executions
        self._sessions = sessions
        self._max_event_bytes = max_event_bytes

    async def Execute(
        self, request: pb.ExecuteRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteResponse]:
        """Run code in a kernel."""
        check_execute(request)
        owner = caller()
        session_id, kernel_id = await self._target(request)
        events = self._executions.execute(owner, kernel_id, code_from_pb(request), session_id)
        async with aclosing(events):
            async for batch in events:
                for response in self._responses(batch.events):
                    resume_at(next_seq=str(response.next_seq))
                    if response.events[0].HasField("accepted"):
                        resume_at(execution_id=response.events[0].accepted.execution_id)
                    yield response

    async def _target(self, request: pb.ExecuteRequest) -> tuple[SessionId | None, KernelId]:
        if request.WhichOneof("target") == "kernel_id":
            return None, KernelId(check.any_id("kernel_id", request.kernel_id))
        session_id = check.any_id("session_id", request.session_id)
        session = await self._sessions.get_session(session_id=session_id, owner=caller())
        return session.session_id, session.kernel_id

    def _responses(self, events: Sequence[ExecutionEvent]) -> Iterator[pb.ExecuteResponse]:
        """The events in as few messages as their size allows."""
        response = pb.ExecuteResponse()
        room = MAX_BATCH_BYTES
        for event in events:
            message = self._sendable(event)
            room -= message.ByteSize()
            if room < 0 and response.events:
                yield response
                response = pb.ExecuteResponse()
                room = MAX_BATCH_BYTES - message.ByteSize()
            response.events.append(message)
            response.next_seq = event.seq + 1
        yield response

    def _sendable(self, event: ExecutionEvent) -> pb.ExecutionEvent:
        """The event, or a gap in its place if it is larger than a message may be."""
        message = event_to_pb(event)
        if message.ByteSize() > self._max_event_bytes:
            message = event_to_pb(replace(event, output=Missing(1, GapReason.TOO_LARGE)))
        return message

    AttachExecution = unserved("ExecutionService.AttachExecution")
    GetExecution = unserved("ExecutionService.GetExecution")
    ListExecutions = unserved("ExecutionService.ListExecutions")
    CancelExecution = unserved("ExecutionService.CancelExecution")
    SendInput = unserved("ExecutionService.SendInput")
    Complete = unserved("ExecutionService.Complete")
    Inspect = unserved("ExecutionService.Inspect")
    IsComplete = unserved("ExecutionService.IsComplete")
    History = unserved("ExecutionService.History")


def check_execute(request: pb.ExecuteRequest) -> None:
    """Raise InvalidField for what is malformed, NotImplementedYet for what is not served."""
    if request.WhichOneof("target") is None:
        raise InvalidField("target", "session_id or kernel_id is required")
    check.code("code", request.code)
    check.enum("on_disconnect", request.on_disconnect, pb.OnDisconnect.values())
    check.enum("on_output_limit", request.on_output_limit, pb.OnOutputLimit.values())
    check.not_negative("max_output_bytes", request.max_output_bytes)
    served_later = {
        "allow_stdin": request.allow_stdin,
        "timeout": request.HasField("timeout"),
        "request_id": bool(request.request_id),
        "on_disconnect": request.on_disconnect == pb.ON_DISCONNECT_CANCEL,
        "max_output_bytes": request.max_output_bytes != 0,
        "on_output_limit": request.on_output_limit == pb.ON_OUTPUT_LIMIT_INTERRUPT,
    }
    for field, asked_for in served_later.items():
        if asked_for:
            message = f"ExecuteRequest.{field}"
            raise NotImplementedYet(message)
