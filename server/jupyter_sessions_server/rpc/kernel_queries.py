"""What ExecutionService asks of kernels: Complete, Inspect, IsComplete, History."""

from typing import Any, TypeVar

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.model import KernelId
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert_questions import (
    code_end_to_pb,
    complete_from_pb,
    completion_to_pb,
    history_from_pb,
    history_to_pb,
    inspect_from_pb,
    inspection_to_pb,
    is_complete_from_pb,
)
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.queries import KernelQueries
from jupyter_sessions_server.sessions.questions import Question

Request = pb.CompleteRequest | pb.InspectRequest | pb.IsCompleteRequest | pb.HistoryRequest
Answer = TypeVar("Answer")

_KERNELS_SHARE = 0.9
"""Of a caller's time: so that the refusal reaches a caller whose kernel is busy."""


class KernelQueryHandlers:
    """A part of ExecutionService."""

    def __init__(self, queries: KernelQueries, sessions: SessionManager) -> None:
        self.__queries = queries
        self.__sessions = sessions

    async def Complete(self, request: pb.CompleteRequest, context: Any) -> pb.CompleteResponse:
        """Suggest how to go on with code."""
        question = complete_from_pb(request)
        return completion_to_pb(await self.__ask(request, question, context))

    async def Inspect(self, request: pb.InspectRequest, context: Any) -> pb.InspectResponse:
        """Tell what is known of a name."""
        question = inspect_from_pb(request)
        return inspection_to_pb(await self.__ask(request, question, context))

    async def IsComplete(
        self, request: pb.IsCompleteRequest, context: Any
    ) -> pb.IsCompleteResponse:
        """Tell whether code could be run."""
        question = is_complete_from_pb(request)
        return code_end_to_pb(await self.__ask(request, question, context))

    async def History(self, request: pb.HistoryRequest, context: Any) -> pb.HistoryResponse:
        """Return code that was run."""
        entries = await self.__ask(request, history_from_pb(request), context)
        return pb.HistoryResponse(entries=map(history_to_pb, entries))

    async def __ask(self, request: Request, question: Question[Answer], context: Any) -> Answer:
        left: float | None = context.time_remaining()
        seconds = None if left is None else left * _KERNELS_SHARE
        kernel_id = await self.__kernel_id(request)
        return await self.__queries.ask(caller(), kernel_id, question, seconds)

    async def __kernel_id(self, request: Request) -> KernelId:
        if request.WhichOneof("target") is None:
            raise InvalidField("target", "session_id or kernel_id is required")
        if request.WhichOneof("target") == "kernel_id":
            return KernelId(check.any_id("kernel_id", request.kernel_id))
        session_id = check.any_id("session_id", request.session_id)
        session = await self.__sessions.get_session(session_id=session_id, owner=caller())
        return session.kernel_id
