"""Everything that can go wrong, in the domain's words.

JupyterSessionsError
├── InvalidField ── InvalidPageToken
├── RequestIdReused
├── NotImplementedYet
├── Unauthenticated · ActionForbidden
├── ServerStopping · StreamLimitReached
├── StorageFull · StoreError
├── SessionNotFound · SessionAlreadyExists · SessionKernelMismatch · SessionLimitReached
├── RevisionMismatch · KernelSessionRecordConflict
├── KernelspecNotFound · KernelspecResourceNotFound
└── KernelNotFound · KernelAlreadyExists · KernelDead · KernelBusy · KernelStartFailed
    · KernelLimitReached · KernelHostUnavailable
    · ExecutionNotFound · ExecutionQueueFull · InputNotRequested

`rpc/error_mapping.py` says what a caller of the service sees of each.
"""

from jupyter_sessions_server.model import ExecutionId, ExitCause, Kernel, KernelId, Session


class JupyterSessionsError(Exception):
    """Something went wrong; `facts` are for programs, and name what the message speaks of."""

    def __init__(self, message: str, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class InvalidField(JupyterSessionsError):
    """A field of a request is missing, malformed or over its limit."""

    def __init__(self, field: str, problem: str, *, limit: int | None = None) -> None:
        facts = {"field": field} if limit is None else {"field": field, "limit": str(limit)}
        super().__init__(f"{field}: {problem}", **facts)
        self.field = field
        self.problem = problem


class InvalidPageToken(InvalidField):
    """A page token is not one of ours, or was made for another list."""

    def __init__(self, problem: str) -> None:
        super().__init__("page_token", problem)


class RequestIdReused(JupyterSessionsError):
    """A request id came before, with another request."""

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"request_id {request_id!r} came before with another request", request_id=request_id
        )


class NotImplementedYet(JupyterSessionsError):
    """The contract has this, and this server does not serve it."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not implemented by this server", feature=feature)


class Unauthenticated(JupyterSessionsError):
    """No valid token was sent."""

    def __init__(self) -> None:
        super().__init__("a valid token is needed: send 'authorization: Bearer TOKEN'")


class ActionForbidden(JupyterSessionsError):
    """The caller is known, and may not do this."""

    def __init__(self, action: str, resource: str) -> None:
        super().__init__(f"{action} on {resource} is forbidden", action=action, resource=resource)


class ServerStopping(JupyterSessionsError):
    """The server ends; the facts say where to resume."""

    def __init__(self, **resume: str) -> None:
        super().__init__("the server is stopping; connect again", **resume)


class StreamLimitReached(JupyterSessionsError):
    """The caller may open no more streams."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"stream_limit: {limit} streams are open", stream_limit=str(limit))


class StorageFull(JupyterSessionsError):
    """The disk is full; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("the disk that holds the service's data is full")


class StoreError(JupyterSessionsError):
    """The database file cannot be used; for whoever starts the server, not for callers."""


class SessionNotFound(JupyterSessionsError):
    """No session of the caller matches the keys."""

    def __init__(self, **keys: str) -> None:
        told = ", ".join(f"{key}={value!r}" for key, value in keys.items())
        super().__init__(f"Session not found: {told}", **keys)


class SessionAlreadyExists(JupyterSessionsError):
    """Another session has the path, or the session id."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            f"session {session.session_id} has the path {session.path!r}",
            path=session.path,
            session_id=session.session_id,
        )
        self.session = session


class SessionKernelMismatch(JupyterSessionsError):
    """The path has a session whose kernel is not the one asked for."""

    def __init__(self, session: Session, kernel: Kernel) -> None:
        super().__init__(
            f"the session of {session.path!r} has another kernel: "
            f"{kernel.kernel_id}, of kernelspec {kernel.kernel_name!r}",
            path=session.path,
            session_id=session.session_id,
            kernel_id=kernel.kernel_id,
            kernel_name=kernel.kernel_name,
        )


class SessionLimitReached(JupyterSessionsError):
    """No more sessions may exist."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"session_limit: {limit} sessions exist", session_limit=str(limit))


class RevisionMismatch(JupyterSessionsError):
    """The session has changed since the revision the caller knows."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            f"session {session.session_id} is at revision {session.revision}",
            session_id=session.session_id,
            revision=str(session.revision),
        )


class KernelSessionRecordConflict(JupyterSessionsError):
    """Two records say that one session has two kernels."""


class KernelspecNotFound(JupyterSessionsError):
    """No kernelspec has this name."""

    def __init__(self, kernel_name: str) -> None:
        super().__init__(f"no kernelspec is called {kernel_name!r}", kernel_name=kernel_name)


class KernelspecResourceNotFound(JupyterSessionsError):
    """The kernelspec has no such file."""

    def __init__(self, kernel_name: str, resource_name: str) -> None:
        super().__init__(
            f"kernelspec {kernel_name!r} has no resource {resource_name!r}",
            kernel_name=kernel_name,
            resource_name=resource_name,
        )


class KernelNotFound(JupyterSessionsError):
    """No kernel of the caller has this id."""

    def __init__(self, kernel_id: KernelId) -> None:
        super().__init__(f"Kernel does not exist: {kernel_id}", kernel_id=kernel_id)


class KernelAlreadyExists(JupyterSessionsError):
    """The id belongs to a kernel of another kernelspec."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(
            f"kernel {kernel.kernel_id} is of kernelspec {kernel.kernel_name!r}",
            kernel_id=kernel.kernel_id,
            kernel_name=kernel.kernel_name,
        )


class KernelDead(JupyterSessionsError):
    """The kernel has no process."""

    def __init__(self, kernel_id: KernelId, cause: ExitCause) -> None:
        super().__init__(
            f"kernel {kernel_id} is dead ({cause.value})",
            kernel_id=kernel_id,
            cause=cause.value,
        )


class KernelBusy(JupyterSessionsError):
    """The kernel did not answer a question in time."""

    def __init__(self, kernel_id: KernelId, seconds: float) -> None:
        super().__init__(
            f"kernel {kernel_id} did not answer within {seconds:.3g} seconds", kernel_id=kernel_id
        )


class KernelStartFailed(JupyterSessionsError):
    """The kernel's process could not be started."""

    def __init__(self, kernel_name: str, detail: str) -> None:
        super().__init__(
            f"a kernel of {kernel_name!r} could not be started: {detail}",
            kernel_name=kernel_name,
            detail=detail,
        )


class ExecutionNotFound(JupyterSessionsError):
    """No execution of the caller has this id, or it is no longer kept."""

    def __init__(self, execution_id: ExecutionId) -> None:
        super().__init__(f"Execution does not exist: {execution_id}", execution_id=execution_id)


class ExecutionQueueFull(JupyterSessionsError):
    """As many executions wait for the kernel as may."""

    def __init__(self, kernel_id: KernelId, limit: int) -> None:
        super().__init__(
            f"queue_limit: {limit} executions wait for kernel {kernel_id}",
            kernel_id=kernel_id,
            queue_limit=str(limit),
        )


class InputNotRequested(JupyterSessionsError):
    """The execution waits for no input, or for another one by now."""

    def __init__(self, execution_id: ExecutionId) -> None:
        super().__init__(
            f"execution {execution_id} waits for no such input", execution_id=execution_id
        )


class KernelHostUnavailable(JupyterSessionsError):
    """What starts and ends kernels cannot be reached, or is of another version."""


class KernelLimitReached(JupyterSessionsError):
    """No more kernels may run."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"kernel_limit: {limit} kernels run", kernel_limit=str(limit))
