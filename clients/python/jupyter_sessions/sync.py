# Generated from client.py by tools/generate_sync_client.py; do not edit.
"""The client: client.py is for asyncio; sync.py, its blocking twin, is generated from it.

    with connect() as client:
        with client.open_session("a.ipynb") as session:
            result = session.execute("1 + 1")
            print(result.value)

Each method of Client is one call of the contract, with the same name; the comments in
protos/jupyter_sessions/v1 tell what it does to what exists, and its errors, which are raised as
the classes of errors.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import grpc

from jupyter_sessions.answers import (
    Completeness,
    Completion,
    HistoryEntry,
    Inspection,
    completeness_from_pb,
    completion_from_pb,
    history_from_pb,
    inspection_from_pb,
)
from jupyter_sessions.channel import (
    Connection,
    Endpoint,
    call_metadata,
    channel_options,
    find_endpoint,
)
from jupyter_sessions.errors import CallFailed, DeadlineExceeded, SessionNotFound
from jupyter_sessions.kernel_channels import Channels, Place
from jupyter_sessions.requests import (
    UNSET,
    ExecuteOptions,
    SessionOptions,
    Unset,
    check_target,
    create_session_request,
    execute_request,
    history_request,
    start_kernel_request,
    update_session_request,
)
from jupyter_sessions.results import Result, ResultCollector
from jupyter_sessions.resuming import RESUME_SECONDS, Trials
from jupyter_sessions.status import call_failed, kernel_dead
from jupyter_sessions.v1 import kernels_pb2 as kernels
from jupyter_sessions.v1 import sessions_pb2 as sessions
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from jupyter_sessions.v1.executions_pb2 import (
    AttachExecutionRequest,
    CancelExecutionRequest,
    CompleteRequest,
    ExecuteRequest,
    Execution,
    ExecutionEvent,
    ExecutionState,
    GetExecutionRequest,
    InspectDetail,
    InspectRequest,
    IsCompleteRequest,
    ListExecutionsRequest,
    SendInputRequest,
)
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from jupyter_sessions.v1.kernels_pb2 import Kernel, KernelSpec, KernelState
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2 import (
    CreateSessionRequest,
    KernelDisposition,
    Session,
    SessionOrder,
)
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub

if TYPE_CHECKING:
    from types import TracebackType

    from google.protobuf.message import Message

    Request = TypeVar("Request", bound=Message)
    Response = TypeVar("Response", bound=Message)

DEFAULT_TIMEOUT = 60.0  # seconds


def connect(
    target: str | None = None,
    token: str | None = None,
    *,
    tls: bool | grpc.ChannelCredentials | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    resume_seconds: float = RESUME_SECONDS,
) -> Client:
    """A client of the server at `target`, "HOST:PORT", which is reached at the first call.

    What is left out is taken from JUPYTER_SESSIONS_TARGET and JUPYTER_SESSIONS_TOKEN, else from the
    server that runs on this machine; raises NoServerFound or SeveralServersFound if it is not one.

    `tls`: True trusts the usual authorities; credentials, of grpc.ssl_channel_credentials, others.
    `timeout`: the seconds a call may take, retries included; None: for ever. Streams, so also code
    that runs, may take any time. `resume_seconds`: how long to try to resume a stream whose
    connection broke.
    """
    endpoint = find_endpoint(target, token, tls)
    channel = _open_channel(endpoint)
    return Client(channel, token=endpoint.token, timeout=timeout, resume_seconds=resume_seconds)


class Client:
    """A connection to a server; leaving its `with` block closes it.

    What is called after that, also of its sessions, streams and channels, raises ClientClosed.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        *,
        token: str = "",
        timeout: float | None = DEFAULT_TIMEOUT,
        resume_seconds: float = RESUME_SECONDS,
    ) -> None:
        """Use a channel, which the client closes; `connect` makes one with retries and limits."""
        self._channel = channel
        self._connection = Connection(call_metadata(token), resume_seconds)
        self._timeout = timeout
        self._sessions = SessionServiceStub(channel)
        self._kernels = KernelServiceStub(channel)
        self._executions = ExecutionServiceStub(channel)
        self._channels = ChannelServiceStub(channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; calls under way are cancelled. Closing again does nothing."""
        self._connection.closed = True
        self._channel.close()

    # Sessions

    @contextmanager
    def open_session(
        self,
        path: str,
        *,
        restart_dead: bool = True,
        delete_on_exit: bool = False,
        **options: Unpack[SessionOptions],
    ) -> Iterator[SessionHandle]:
        """The session of a document, its kernel ready, for use as `with` block.

        It is created if the path has none. If it exists and its kernel is dead, the kernel is
        restarted, unless `restart_dead` is False. Raises KernelDead if the kernel dies at its
        start. `options` are those of create_session.

        The session outlives the block, as it outlives notebooks' closed tabs: opening the path
        again finds it, with all its variables. With `delete_on_exit` the block's end deletes it,
        and the kernel if no other session uses it; so does an interruption, or the call's timeout,
        while the kernel starts, if this call created it.
        """
        request = create_session_request(path, options, wait_ready=True)
        try:
            opened = self._call(self._sessions.CreateSession, request)
        except BaseException as error:
            refused = isinstance(error, CallFailed) and not isinstance(error, DeadlineExceeded)
            if delete_on_exit and not refused:
                self._delete_created(request)
            raise
        handle = SessionHandle(self, opened.session)
        try:
            if opened.created:
                _check_alive(handle.kernel)
            elif restart_dead and handle.kernel.state == KernelState.KERNEL_STATE_DEAD:
                _check_alive(handle.restart(only_if_dead=True))
            yield handle
        finally:
            if delete_on_exit:
                with suppress(SessionNotFound):
                    handle.delete()

    def _delete_created(self, request: CreateSessionRequest) -> None:
        """Delete the session that this request has created, if it has.

        Its answer, with the session's id, was not waited for, and comes again if it is repeated.
        """
        request.wait_ready = False
        with suppress(CallFailed):  # the caller is told what interrupted the first one
            opened = self._call(self._sessions.CreateSession, request)
            if opened.created:
                self.delete_session(opened.session.session_id)

    def create_session(
        self, path: str, *, wait_ready: bool = False, **options: Unpack[SessionOptions]
    ) -> Session:
        """Open a session for a document, or return the one that is open.

        `options`: name, type, kernel_name or kernel_id, fallback_kernel_name, session_id, env, cwd,
        labels, request_id, if_exists; see CreateSessionRequest. A request_id is generated, so that
        retries are harmless. The kernel may still be STARTING, unless `wait_ready`.
        """
        request = create_session_request(path, options, wait_ready=wait_ready)
        return (self._call(self._sessions.CreateSession, request)).session

    def get_session(
        self,
        *,
        session_id: str | None = None,
        path: str | None = None,
        name: str | None = None,
        type: str | None = None,
        kernel_id: str | None = None,
    ) -> Session:
        """The session that has all that is given; raises SessionNotFound if none has."""
        request = sessions.GetSessionRequest(
            session_id=session_id, path=path, name=name, type=type, kernel_id=kernel_id
        )
        return (self._call(self._sessions.GetSession, request)).session

    def session_exists(self, path: str) -> bool:
        """Whether there is a session for a document."""
        request = sessions.SessionExistsRequest(path=path)
        return (self._call(self._sessions.SessionExists, request)).exists

    def list_sessions(
        self,
        *,
        path_prefix: str = "",
        type: str = "",
        kernel_id: str = "",
        labels: Mapping[str, str] | None = None,
        kernel_states: Iterable[KernelState] = (),
        order_by: SessionOrder = SessionOrder.SESSION_ORDER_UNSPECIFIED,
        page_size: int = 0,
    ) -> Iterator[Session]:
        """All sessions that match, oldest first; further pages are asked for as they are needed."""
        request = sessions.ListSessionsRequest(order_by=order_by, page_size=page_size)
        request.filter.path_prefix = path_prefix
        request.filter.type = type
        request.filter.kernel_id = kernel_id
        request.filter.labels.update(labels or {})
        request.filter.kernel_states.extend(kernel_states)
        while True:
            page = self._call(self._sessions.ListSessions, request)
            for session in page.sessions:
                yield session
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    def update_session(
        self,
        session_id: str,
        *,
        path: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        type: str | Unset = UNSET,
        labels: Mapping[str, str] | Unset = UNSET,
        kernel_name: str | Unset = UNSET,
        kernel_id: str | Unset = UNSET,
        expected_revision: int = 0,
        previous_kernel: KernelDisposition = KernelDisposition.KERNEL_DISPOSITION_UNSPECIFIED,
    ) -> Session:
        """Change what is given, all of it or nothing; `name=None` takes the name away.

        `expected_revision`: refuse with RevisionMismatch if the session has another one; 0: any.
        """
        request = update_session_request(
            session_id,
            path=path,
            name=name,
            type=type,
            labels=labels,
            kernel_name=kernel_name,
            kernel_id=kernel_id,
            expected_revision=expected_revision,
            previous_kernel=previous_kernel,
        )
        return (self._call(self._sessions.UpdateSession, request)).session

    def delete_session(
        self,
        session_id: str,
        *,
        kernel: KernelDisposition = KernelDisposition.KERNEL_DISPOSITION_UNSPECIFIED,
        expected_revision: int = 0,
    ) -> sessions.DeleteSessionResponse:
        """End a session, and its kernel if no other session uses it and `kernel` says no other."""
        request = sessions.DeleteSessionRequest(
            session_id=session_id, kernel=kernel, expected_revision=expected_revision
        )
        return self._call(self._sessions.DeleteSession, request)

    # Kernels

    def list_kernel_specs(self) -> kernels.ListKernelSpecsResponse:
        """The kernelspecs of the server, and which one is the default."""
        request = kernels.ListKernelSpecsRequest()
        return self._call(self._kernels.ListKernelSpecs, request)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """One kernelspec."""
        request = kernels.GetKernelSpecRequest(kernel_name=kernel_name)
        return (self._call(self._kernels.GetKernelSpec, request)).kernel_spec

    def get_kernel_spec_resource(
        self, kernel_name: str, resource_name: str
    ) -> kernels.GetKernelSpecResourceResponse:
        """One file of a kernelspec, such as its logo: its bytes and media type."""
        request = kernels.GetKernelSpecResourceRequest(
            kernel_name=kernel_name, resource_name=resource_name
        )
        return self._call(self._kernels.GetKernelSpecResource, request)

    def start_kernel(
        self,
        kernel_name: str | None = None,
        *,
        kernel_id: str | None = None,
        path: str | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        wait_ready: bool = False,
    ) -> Kernel:
        """Start a kernel that belongs to no session; an id is generated if none is given."""
        request = start_kernel_request(kernel_name, kernel_id, path, cwd, env, wait_ready)
        return (self._call(self._kernels.StartKernel, request)).kernel

    def get_kernel(self, kernel_id: str) -> Kernel:
        """One kernel, dead or alive."""
        request = kernels.GetKernelRequest(kernel_id=kernel_id)
        return (self._call(self._kernels.GetKernel, request)).kernel

    def list_kernels(
        self, *, states: Iterable[KernelState] = (), page_size: int = 0
    ) -> Iterator[Kernel]:
        """All kernels, those of sessions included, oldest first, or those in one of the states."""
        request = kernels.ListKernelsRequest(page_size=page_size)
        request.states.extend(states)
        while True:
            page = self._call(self._kernels.ListKernels, request)
            for kernel in page.kernels:
                yield kernel
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    def restart_kernel(
        self, kernel_id: str, *, only_if_dead: bool = False, wait_ready: bool = False
    ) -> Kernel:
        """Give the kernel a new process under the same id; variables are gone."""
        request = kernels.RestartKernelRequest(
            kernel_id=kernel_id, only_if_dead=only_if_dead, wait_ready=wait_ready
        )
        return (self._call(self._kernels.RestartKernel, request)).kernel

    def interrupt_kernel(self, kernel_id: str) -> Kernel:
        """Stop the code that runs, as Ctrl-C does; the kernel and its variables stay."""
        request = kernels.InterruptKernelRequest(kernel_id=kernel_id)
        return (self._call(self._kernels.InterruptKernel, request)).kernel

    def shut_down_kernel(self, kernel_id: str) -> Kernel:
        """End the kernel's process; sessions that use it stay, with the kernel DEAD."""
        request = kernels.ShutDownKernelRequest(kernel_id=kernel_id)
        return (self._call(self._kernels.ShutDownKernel, request)).kernel

    # Executions

    def execute(
        self,
        code: str,
        *,
        session_id: str | None = None,
        kernel_id: str | None = None,
        **options: Unpack[ExecuteOptions],
    ) -> EventStream:
        """Run code in the kernel of a session, or in a kernel, and stream what it says.

        The code is sent when the stream is first read. `options`: timeout, the seconds it may run
        before the server interrupts it; silent, store_history, user_expressions, allow_stdin,
        stop_on_error, request_id, on_disconnect, max_output_bytes, on_output_limit, see
        ExecuteRequest.
        """
        self._connection.check_open()
        request = execute_request(code, session_id, kernel_id, options)
        return EventStream(self._executions, request, self._connection)

    def attach(self, execution_id: str, from_seq: int = 0) -> EventStream:
        """The events of an execution from a number on, finished or not."""
        self._connection.check_open()
        request = AttachExecutionRequest(execution_id=execution_id, from_seq=from_seq)
        return EventStream(self._executions, request, self._connection)

    def get_execution(self, execution_id: str) -> Execution:
        """One execution, as it is."""
        request = GetExecutionRequest(execution_id=execution_id)
        return (self._call(self._executions.GetExecution, request)).execution

    def list_executions(
        self,
        *,
        session_id: str | None = None,
        kernel_id: str | None = None,
        states: Iterable[ExecutionState] = (),
        page_size: int = 0,
    ) -> Iterator[Execution]:
        """What ran in the kernel of a session, or in a kernel, newest first, whoever ran it."""
        check_target(session_id, kernel_id)
        request = ListExecutionsRequest(
            session_id=session_id, kernel_id=kernel_id, page_size=page_size
        )
        request.states.extend(states)
        while True:
            page = self._call(self._executions.ListExecutions, request)
            for execution in page.executions:
                yield execution
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    def cancel_execution(self, execution_id: str) -> Execution:
        """End an execution: one that waits is dropped, one that runs interrupted; as it ended."""
        request = CancelExecutionRequest(execution_id=execution_id)
        return (self._call(self._executions.CancelExecution, request)).execution

    def send_input(self, execution_id: str, value: str, *, input_request_id: str = "") -> None:
        """Answer the input request that an execution, run with `allow_stdin`, waits for."""
        request = SendInputRequest(
            execution_id=execution_id, input_request_id=input_request_id, value=value
        )
        self._call(self._executions.SendInput, request)

    # Channels

    def connect_channels(
        self,
        *,
        session_id: str | None = None,
        kernel_id: str | None = None,
        client_id: str | None = None,
        from_seq: int | None = None,
        channels: Iterable[str] = (),
    ) -> Channels:
        """The raw channels of a session's kernel, or of a kernel, for use as `with` block.

        `from_seq`: the first message to hear; 0: all that is kept; None: what comes from now on.
        `client_id` names this front end, so that it hears replies to what it asked before it
        connected again. `channels`: what to hear, such as "iopub"; none: all. See ChannelOpen.
        """
        self._connection.check_open()
        place = Place(session_id, kernel_id, client_id, from_seq, channels)
        return Channels(self._channels, self._connection, place)

    # Questions to kernels; they raise KernelBusy if the kernel does not answer in time

    def complete(
        self,
        code: str,
        cursor: int | None = None,
        *,
        session_id: str | None = None,
        kernel_id: str | None = None,
    ) -> Completion:
        """How code may go on at the cursor, which counts characters; None: at the end."""
        check_target(session_id, kernel_id)
        request = CompleteRequest(
            session_id=session_id, kernel_id=kernel_id, code=code, cursor_position=cursor
        )
        return completion_from_pb(self._call(self._executions.Complete, request))

    def inspect(
        self,
        code: str,
        cursor: int | None = None,
        *,
        source: bool = False,
        session_id: str | None = None,
        kernel_id: str | None = None,
    ) -> Inspection:
        """What is known of the name at the cursor: its documentation, with `source` its code."""
        check_target(session_id, kernel_id)
        request = InspectRequest(
            session_id=session_id, kernel_id=kernel_id, code=code, cursor_position=cursor
        )
        if source:
            request.detail = InspectDetail.INSPECT_DETAIL_SOURCE
        return inspection_from_pb(self._call(self._executions.Inspect, request))

    def is_complete(
        self, code: str, *, session_id: str | None = None, kernel_id: str | None = None
    ) -> Completeness:
        """Whether code could be run as it is, or a console should ask for more lines."""
        check_target(session_id, kernel_id)
        request = IsCompleteRequest(session_id=session_id, kernel_id=kernel_id, code=code)
        return completeness_from_pb(self._call(self._executions.IsComplete, request))

    def history(
        self,
        tail: int | None = None,
        *,
        range: tuple[int, int, int] | None = None,
        search: str | None = None,
        count: int = 100,
        unique: bool = False,
        raw: bool = True,
        output: bool = False,
        session_id: str | None = None,
        kernel_id: str | None = None,
    ) -> tuple[HistoryEntry, ...]:
        """Code that was run in the kernel, oldest first: the last entries, a range, or matches.

        `range`: the history session, 0 being the present one, the first line, and the line after
        the last one. `search`: a pattern with '*' and '?', of which at most `count` entries are
        returned, equal ones once if `unique`. `raw`: as typed.
        """
        request = history_request(
            session_id, kernel_id, tail, range, search, count, unique, raw, output
        )
        return history_from_pb(self._call(self._executions.History, request))

    def _call(
        self, method: grpc.UnaryUnaryMultiCallable[Request, Response], request: Request
    ) -> Response:
        self._connection.check_open()
        try:
            return method(request, timeout=self._timeout, metadata=self._connection.metadata)
        except grpc.RpcError as error:
            self._connection.check_open()
            raise call_failed(error) from error


class SessionHandle:
    """A session and its kernel, as open_session gives them."""

    def __init__(self, client: Client, session: Session) -> None:
        self._client = client
        self.session = session
        """The session as it was last seen; refresh() looks again."""

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.session.session_id

    @property
    def path(self) -> str:
        """The document's path, as last seen."""
        return self.session.path

    @property
    def kernel(self) -> Kernel:
        """The session's kernel, as last seen."""
        return self.session.kernel

    def refresh(self) -> Session:
        """Get the session, its kernel included, as it is now."""
        self.session = self._client.get_session(session_id=self.session_id)
        return self.session

    def execute(self, code: str, **options: Unpack[ExecuteOptions]) -> Result:
        """Run code and wait for its end. Code that raises gives a result with an error.

        `options` are those of Client.execute. Leaving early, for instance by cancellation, ends the
        waiting, not the code.
        """
        collector = ResultCollector()
        with self.stream(code, **options) as events:
            for event in events:
                collector.add(event)
        return collector.result()

    def stream(self, code: str, **options: Unpack[ExecuteOptions]) -> EventStream:
        """Run code and read what it says as it comes; options as for execute."""
        return self._client.execute(code, session_id=self.session_id, **options)

    def complete(self, code: str, cursor: int | None = None) -> Completion:
        """How code may go on at the cursor; see Client.complete."""
        return self._client.complete(code, cursor, session_id=self.session_id)

    def inspect(self, code: str, cursor: int | None = None, *, source: bool = False) -> Inspection:
        """What is known of the name at the cursor; see Client.inspect."""
        return self._client.inspect(code, cursor, source=source, session_id=self.session_id)

    def is_complete(self, code: str) -> Completeness:
        """Whether code could be run as it is; see Client.is_complete."""
        return self._client.is_complete(code, session_id=self.session_id)

    def history(
        self,
        tail: int | None = None,
        *,
        range: tuple[int, int, int] | None = None,
        search: str | None = None,
        count: int = 100,
        unique: bool = False,
        raw: bool = True,
        output: bool = False,
    ) -> tuple[HistoryEntry, ...]:
        """Code that was run in the session's kernel; see Client.history."""
        return self._client.history(
            tail,
            range=range,
            search=search,
            count=count,
            unique=unique,
            raw=raw,
            output=output,
            session_id=self.session_id,
        )

    def interrupt(self) -> Kernel:
        """Stop the code that runs; the kernel and its variables stay."""
        return self._has_kernel(self._client.interrupt_kernel(self.kernel.kernel_id))

    def restart(self, *, only_if_dead: bool = False) -> Kernel:
        """Give the kernel a new process, and wait until it is ready, or DEAD again."""
        kernel_id = self.kernel.kernel_id
        return self._has_kernel(
            self._client.restart_kernel(kernel_id, only_if_dead=only_if_dead, wait_ready=True)
        )

    def rename(self, path: str) -> Session:
        """Give the session another path, as its document has."""
        self.session = self._client.update_session(self.session_id, path=path)
        return self.session

    def delete(self) -> None:
        """End the session, and its kernel if no other session uses it."""
        self._client.delete_session(self.session_id)

    def _has_kernel(self, kernel: Kernel) -> Kernel:
        self.session.kernel.CopyFrom(kernel)
        return self.session.kernel


class EventStream:
    """The events of an execution, in order: an iterator of ExecutionEvent, to be read once.

        for event in stream: ...

    If the connection breaks, or the server is replaced, it goes on where it was: each event comes
    once. Leaving the loop ends the call, in whatever way it is left; the execution goes on, unless
    `on_disconnect` says otherwise. `with stream: ...` ends it at the end of the block, also
    where something else still holds the iterator. Raises CallFailed when the call fails, and when
    the server cannot be reached for `resume_seconds`.

    A read that fails or is interrupted, for instance by a time limit, ends the call, too, also as
    `on_disconnect` sees it; the iterator's next one begins another call, where that one was.
    """

    def __init__(
        self,
        stub: ExecutionServiceStub,
        request: ExecuteRequest | AttachExecutionRequest,
        connection: Connection,
    ) -> None:
        self._stub = stub
        self._request = request
        self._connection = connection
        self._call: grpc.RpcContext | None = None
        self._begun = False
        self._closed = False
        self._ended = False  # nothing more comes
        self.execution_id = getattr(request, "execution_id", "")
        """Names the execution, by which another program can attach to it; '' until it is known."""

    def __iter__(self) -> Iterator[ExecutionEvent]:
        if self._begun:
            message = "the events of this execution were read already"
            raise RuntimeError(message)
        self._begun = True
        return _Events(self)

    def _remaining(self) -> Generator[ExecutionEvent, None]:
        """The events that have not come yet."""
        begun = isinstance(self._request, AttachExecutionRequest)
        trials = Trials(self._connection.resume_seconds, begun=begun)
        while True:
            call = self._begin()
            try:
                for response in call:
                    trials.succeeded()
                    if response.events and response.events[0].HasField("accepted"):
                        self.execution_id = response.events[0].accepted.execution_id
                    for event in response.events:
                        yield event
                    self._resume_at(response.next_seq)
                self._ended = True
                return
            except grpc.RpcError as error:
                self._check_open()
                failure = call_failed(error)
                pause = trials.pause_after(failure)
                if pause is None:
                    raise failure from error
            finally:
                call.cancel()  # grpc leaves that to its callers
            time.sleep(pause)

    def _begin(self) -> Any:  # a call, whose types differ between grpc and grpc
        self._check_open()
        metadata = self._connection.metadata
        call: Any
        if isinstance(self._request, ExecuteRequest):
            call = self._stub.Execute(self._request, metadata=metadata)
        else:
            call = self._stub.AttachExecution(self._request, metadata=metadata)
        self._call = call
        return call

    def _resume_at(self, next_seq: int) -> None:
        """Should the connection break now, go on there."""
        self._request = AttachExecutionRequest(execution_id=self.execution_id, from_seq=next_seq)

    def _check_open(self) -> None:
        """Raise ClientClosed if the client is closed, RuntimeError if the block has ended."""
        self._connection.check_open()
        if self._closed:
            message = "the block of this stream has ended"
            raise RuntimeError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        if self._call is not None:
            self._call.cancel()


class _Events:
    """The iterator of an EventStream: generators do the reading, one after the other.

    An interrupted read ends a generator, as if all had come; the next one goes on where it was.
    """

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._events = stream._remaining()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ExecutionEvent:
        while not self._stream._ended:
            self._stream._check_open()
            try:
                return next(self._events)
            except StopIteration:
                self._events = self._stream._remaining()
        raise StopIteration

    def close(self) -> None:
        """End the call, as leaving a loop does."""
        self._stream._ended = True
        self._events.close()


def _open_channel(endpoint: Endpoint) -> grpc.Channel:
    options = channel_options(endpoint.target)
    if endpoint.credentials is None:
        return grpc.insecure_channel(endpoint.target, options)
    return grpc.secure_channel(endpoint.target, endpoint.credentials, options)


def _check_alive(kernel: Kernel) -> None:
    if kernel.state == KernelState.KERNEL_STATE_DEAD:
        raise kernel_dead(kernel)
