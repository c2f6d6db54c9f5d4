"""A small server of the contract, which the tests tell what to answer."""

import asyncio
from collections import defaultdict

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from jupyter_sessions.v1 import executions_pb2 as executions
from jupyter_sessions.v1 import executions_pb2_grpc, kernels_pb2_grpc, sessions_pb2_grpc
from jupyter_sessions.v1 import kernels_pb2 as kernels
from jupyter_sessions.v1 import sessions_pb2 as sessions
from jupyter_sessions.v1.executions_pb2 import ExecutionEvent, ExecutionState
from jupyter_sessions.v1.kernels_pb2 import Kernel, KernelState
from jupyter_sessions.v1.sessions_pb2 import Session


class FakeService(
    sessions_pb2_grpc.SessionServiceServicer,
    kernels_pb2_grpc.KernelServiceServicer,
    executions_pb2_grpc.ExecutionServiceServicer,
):
    """Keeps sessions by their path, and remembers what it was asked."""

    def __init__(self):
        self.target = ""  # HOST:PORT, once it listens
        self.sessions = {}
        self.requests = defaultdict(list)  # by the RPC's name
        self.tokens = []  # the authorization of each call
        self.seconds_left = {}  # until its deadline, by the RPC's name
        self.hung_up = asyncio.Event()  # a caller left a stream
        self.interrupted = asyncio.Event()
        self.asked = defaultdict(asyncio.Event)  # by the RPC's name
        self.says = {}  # code: the events it causes, but for the last
        self.ends = {}  # code: the execution it ends as; by default as SUCCEEDED
        self.specs = [
            kernels.KernelSpec(kernel_name="python3", display_name="Python 3", language="python")
        ]
        self.hanging = set()  # RPCs that never answer
        self._failures = defaultdict(list)
        self._start_state = KernelState.KERNEL_STATE_IDLE
        self._starts_for_ever = False
        self._created_by = {}  # path: the request_id of the call that created its session
        self.kernel_starts = asyncio.Event()  # somebody waits for a kernel that never is ready

    # What tests tell it

    def fail_next(self, method, code, reason="", metadata=None, domain="jupyter_sessions"):
        """Let the next call of a method fail; "Execute, later" does so after some events."""
        detail = AnyMessage()
        detail.Pack(ErrorInfo(reason=reason, domain=domain, metadata=metadata or {}))
        details = [detail] if reason else []
        status = Status(code=code.value[0], message=f"{method} fails", details=details)
        self._failures[method].append((code, status))

    def add_session(self, path, state=KernelState.KERNEL_STATE_IDLE):
        """Let a session exist."""
        number = len(self.sessions)
        kernel = Kernel(kernel_id=f"k{number}", kernel_name="python3", state=state)
        if state == KernelState.KERNEL_STATE_DEAD:
            self._kill(kernel)
        session = Session(session_id=f"s{number}", path=path, type="notebook", kernel=kernel)
        self.sessions[path] = session
        return session

    def kernels_die_at_start(self):
        """Let each kernel die as soon as it is started."""
        self._start_state = KernelState.KERNEL_STATE_DEAD

    def kernels_start_for_ever(self):
        """Let no kernel become ready."""
        self._starts_for_ever = True

    # SessionService

    async def CreateSession(self, request, context):
        await self._begin("CreateSession", request, context)
        exists = request.path in self.sessions
        if exists and request.if_exists == sessions.IfExists.IF_EXISTS_FAIL:
            self.fail_next("this", grpc.StatusCode.ALREADY_EXISTS, "SESSION_ALREADY_EXISTS")
            await self._fail_if_told("this", context)
        if not exists:
            self.add_session(request.path, self._start_state)
            self._created_by[request.path] = request.request_id
        if request.wait_ready and self._starts_for_ever:
            self.kernel_starts.set()
            await asyncio.Event().wait()
        session = self.sessions[request.path]
        created = self._created_by.get(request.path) == request.request_id
        return sessions.CreateSessionResponse(session=session, created=created)

    async def GetSession(self, request, context):
        await self._begin("GetSession", request, context)
        for session in self.sessions.values():
            if session.path == request.path or session.session_id == request.session_id:
                return sessions.GetSessionResponse(session=session)
        return await self._not_found("SESSION_NOT_FOUND", context)

    async def SessionExists(self, request, context):
        await self._begin("SessionExists", request, context)
        return sessions.SessionExistsResponse(exists=request.path in self.sessions)

    async def ListSessions(self, request, context):
        """Answers with two sessions at most."""
        await self._begin("ListSessions", request, context)
        start = int(request.page_token or 0)
        page = list(self.sessions.values())[start : start + 2]
        end = start + 2 >= len(self.sessions)
        return sessions.ListSessionsResponse(
            sessions=page, next_page_token="" if end else str(start + 2)
        )

    async def UpdateSession(self, request, context):
        await self._begin("UpdateSession", request, context)
        session = self._session(request.session.session_id)
        if "path" in request.update_mask.paths:
            del self.sessions[session.path]
            session.path = request.session.path
            self.sessions[session.path] = session
        return sessions.UpdateSessionResponse(session=session)

    async def DeleteSession(self, request, context):
        await self._begin("DeleteSession", request, context)
        session = self._session(request.session_id)
        if session is None:
            await self._not_found("SESSION_NOT_FOUND", context)
        del self.sessions[session.path]
        return sessions.DeleteSessionResponse(kernel=session.kernel)

    # KernelService

    async def ListKernelSpecs(self, request, context):
        await self._begin("ListKernelSpecs", request, context)
        return kernels.ListKernelSpecsResponse(
            kernel_specs=self.specs, default_kernel_name="python3"
        )

    async def ListKernels(self, request, context):
        await self._begin("ListKernels", request, context)
        running = [session.kernel for session in self.sessions.values()]
        return kernels.ListKernelsResponse(kernels=running)

    async def RestartKernel(self, request, context):
        await self._begin("RestartKernel", request, context)
        kernel = self._kernel(request.kernel_id)
        kernel.state = self._start_state
        kernel.ClearField("exit")
        if kernel.state == KernelState.KERNEL_STATE_DEAD:
            self._kill(kernel)
        return kernels.RestartKernelResponse(kernel=kernel)

    async def InterruptKernel(self, request, context):
        await self._begin("InterruptKernel", request, context)
        self.interrupted.set()
        return kernels.InterruptKernelResponse(kernel=self._kernel(request.kernel_id))

    # ExecutionService

    async def Execute(self, request, context):
        """Says what it was told; the code "wait" runs until it is interrupted."""
        await self._begin("Execute", request, context)
        try:
            accepted = executions.ExecutionAccepted(execution_id="e1", kernel_id="k0")
            yield self._batch([ExecutionEvent(seq=1, accepted=accepted)])
            yield self._batch(self.says.get(request.code, []))
            await self._fail_if_told("Execute, later", context)
            if request.code == "wait":
                await self.interrupted.wait()
            yield self._batch([ExecutionEvent(seq=99, finished=self._finished(request.code))])
        except (asyncio.CancelledError, GeneratorExit):
            self.hung_up.set()
            raise

    async def AttachExecution(self, request, context):
        """The end of what ran."""
        await self._begin("AttachExecution", request, context)
        finished = ExecutionEvent(seq=99, finished=self._finished(""))
        yield executions.AttachExecutionResponse(events=[finished], next_seq=100)

    async def GetExecution(self, request, context):
        await self._begin("GetExecution", request, context)
        return executions.GetExecutionResponse(execution=self._finished("").execution)

    async def ListExecutions(self, request, context):
        """Two pages of one execution each."""
        await self._begin("ListExecutions", request, context)
        following = "" if request.page_token else "second"
        execution = executions.Execution(execution_id="e1" if request.page_token else "e2")
        return executions.ListExecutionsResponse(executions=[execution], next_page_token=following)

    async def CancelExecution(self, request, context):
        await self._begin("CancelExecution", request, context)
        cancelled = executions.Execution(
            execution_id=request.execution_id, state=ExecutionState.EXECUTION_STATE_CANCELLED
        )
        return executions.CancelExecutionResponse(execution=cancelled)

    async def Complete(self, request, context):
        await self._begin("Complete", request, context)
        return executions.CompleteResponse(
            matches=["sleep", "sleepy"], cursor_start=5, cursor_end=7, metadata_json='{"a": 1}'
        )

    async def Inspect(self, request, context):
        await self._begin("Inspect", request, context)
        if request.code == "nothing":
            return executions.InspectResponse()
        part = executions.MimePart(mime_type="text/plain", text="\x1b[31mDocstring:\x1b[0m Sleep.")
        return executions.InspectResponse(found=True, data=executions.MimeBundle(parts=[part]))

    async def IsComplete(self, request, context):
        await self._begin("IsComplete", request, context)
        incomplete = executions.CODE_COMPLETENESS_INCOMPLETE
        return executions.IsCompleteResponse(completeness=incomplete, indent="    ")

    async def History(self, request, context):
        await self._begin("History", request, context)
        entries = [
            executions.HistoryEntry(history_session=7, line=1, input="x = 1"),
            executions.HistoryEntry(history_session=7, line=2, input="x", output="1"),
        ]
        return executions.HistoryResponse(entries=entries)

    def _finished(self, code):
        succeeded = executions.Execution(
            execution_id="e1",
            state=ExecutionState.EXECUTION_STATE_SUCCEEDED,
            execution_count=1,
        )
        return executions.ExecutionFinished(execution=self.ends.get(code, succeeded))

    def _batch(self, events):
        return executions.ExecuteResponse(events=events, next_seq=100)

    # All of them

    async def _begin(self, method, request, context):
        copy = type(request)()
        copy.CopyFrom(request)
        self.requests[method].append(copy)
        self.seconds_left[method] = context.time_remaining()
        self.asked[method].set()
        self.tokens.append(dict(context.invocation_metadata()).get("authorization"))
        if method in self.hanging:
            await asyncio.Event().wait()
        await self._fail_if_told(method, context)

    async def _fail_if_told(self, method, context):
        if self._failures[method]:
            code, status = self._failures[method].pop(0)
            await self._abort(code, status, context)

    async def _not_found(self, reason, context):
        self.fail_next("this", grpc.StatusCode.NOT_FOUND, reason)
        await self._abort(*self._failures["this"].pop(), context)

    async def _abort(self, code, status, context):
        details = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(code, status.message, trailing_metadata=details)

    def _session(self, session_id):
        found = (one for one in self.sessions.values() if one.session_id == session_id)
        return next(found, None)

    def _kernel(self, kernel_id):
        found = (one.kernel for one in self.sessions.values() if one.kernel.kernel_id == kernel_id)
        return next(found)

    def _kill(self, kernel):
        kernel.exit.cause = kernels.KernelExitCause.KERNEL_EXIT_CAUSE_EXITED
        kernel.exit.exit_code = 1
        kernel.exit.stderr_tail = "Traceback …\nImportError: no module named numpy\n"


async def serve(fake):
    """Start a server with the fake on a free port, and return it."""
    server = grpc.aio.server()
    sessions_pb2_grpc.add_SessionServiceServicer_to_server(fake, server)
    kernels_pb2_grpc.add_KernelServiceServicer_to_server(fake, server)
    executions_pb2_grpc.add_ExecutionServiceServicer_to_server(fake, server)
    port = server.add_insecure_port("127.0.0.1:0")
    fake.target = f"127.0.0.1:{port}"
    await server.start()
    return server
