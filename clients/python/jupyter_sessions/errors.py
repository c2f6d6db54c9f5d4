"""What can go wrong, as exceptions.

    JupyterSessionsError
    ├── NoServerFound                   no server runs here, see discovery.py
    ├── SeveralServersFound             several do, and none was chosen
    ├── ClientClosed                    the client was used after it was closed; a RuntimeError, too
    ├── ExecutionFailed                 code did not succeed, see Result.raise_for_error
    └── CallFailed                      a call failed: .code, .reason, .metadata tell why
        ├── InvalidArgument
        │   ├── FieldInvalid
        │   ├── PageTokenInvalid
        │   └── RequestIdReused
        ├── Unauthenticated
        │   └── TokenInvalid
        ├── PermissionDenied
        │   └── ActionForbidden
        ├── NotFound
        │   ├── SessionNotFound
        │   ├── KernelspecNotFound
        │   ├── KernelspecResourceNotFound
        │   ├── KernelNotFound
        │   └── ExecutionNotFound
        ├── AlreadyExists
        │   ├── SessionAlreadyExists
        │   ├── SessionKernelMismatch
        │   └── KernelAlreadyExists
        ├── FailedPrecondition
        │   ├── KernelDead
        │   ├── KernelStartFailed
        │   └── InputNotRequested
        ├── Aborted
        │   └── RevisionMismatch
        ├── OutOfRange
        │   └── RevisionCompacted
        ├── ResourceExhausted
        │   ├── StorageFull
        │   ├── StreamLimitReached
        │   ├── SessionLimitReached
        │   ├── KernelLimitReached
        │   └── ExecutionQueueFull
        ├── Unavailable
        │   ├── ServerStopping
        │   ├── KernelBusy
        │   └── KernelHostUnavailable
        ├── DeadlineExceeded
        ├── NotImplementedByServer
        └── InternalError

The classes in the middle stand for a status code, those on the right for an ErrorReason of the
contract (errors.proto), whose comments show the metadata of each. A reason that this client does
not know becomes the class of its code.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc


class JupyterSessionsError(Exception):
    """Any error of this package."""


class NoServerFound(JupyterSessionsError):
    """No running server was found on this machine; start one, or name its address."""


class SeveralServersFound(JupyterSessionsError):
    """Several servers run on this machine, `targets` are their addresses; name one of them."""

    def __init__(self, targets: Sequence[str]) -> None:
        super().__init__(targets)
        self.targets = tuple(targets)

    def __str__(self) -> str:
        return f"several servers run here: {', '.join(self.targets)}; name one of them as target"


class ClientClosed(JupyterSessionsError, RuntimeError):
    """The client is closed, and with it its sessions, streams and channels; connect another one.

    It is a RuntimeError, too: a mistake of the program, that no server has a part in.
    """

    def __str__(self) -> str:
        return "this client is closed"


class ExecutionFailed(JupyterSessionsError):
    """Code was run, or was to be run, and did not succeed.

    `state` is the ExecutionState less its prefix. If it is "FAILED", the code raised an error:
    `ename` is its class, `evalue` its text, `traceback` its lines with terminal colours. In other
    states `evalue` says what became of the execution; `ename` and `traceback` are those of the
    error that the kernel told, such as the KeyboardInterrupt of code that was stopped, or empty.
    """

    def __init__(
        self, ename: str, evalue: str, traceback: Sequence[str] = (), state: str = "FAILED"
    ) -> None:
        super().__init__(ename, evalue, traceback, state)
        self.ename = ename
        self.evalue = evalue
        self.traceback = tuple(traceback)
        self.state = state

    def __str__(self) -> str:
        raised = self.ename and self.state == "FAILED"
        return f"{self.ename}: {self.evalue}" if raised else self.evalue


class CallFailed(JupyterSessionsError):
    """A call was refused or failed; its subclasses tell why.

    `code` is the gRPC status code; `reason` the ErrorReason less its prefix, empty if the server
    gave none; `metadata` the facts that errors.proto shows for it; `message` a text for people.
    """

    def __init__(
        self,
        message: str,
        code: "grpc.StatusCode",
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code, reason, metadata)
        self.message = message
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        return self.message


class InvalidArgument(CallFailed):
    """The request is wrong, whatever the state of the server."""


class FieldInvalid(InvalidArgument):
    """A field of the request, named in the metadata, is missing, malformed or over its limit."""


class PageTokenInvalid(InvalidArgument):
    """The page token is not one of this list; list again without it."""


class RequestIdReused(InvalidArgument):
    """The request id came before with a different request; choose another one."""


class Unauthenticated(CallFailed):
    """The server does not know who calls."""


class TokenInvalid(Unauthenticated):
    """No token was sent, or not a valid one."""


class PermissionDenied(CallFailed):
    """The caller is known, and may not do this."""


class ActionForbidden(PermissionDenied):
    """The caller may not do this to this kind of thing; the metadata name both."""


class NotFound(CallFailed):
    """What the request names does not exist, or is somebody else's."""


class SessionNotFound(NotFound):
    """No session of the caller matches."""


class KernelspecNotFound(NotFound):
    """No kernelspec has this name; list_kernel_specs tells those that exist."""


class KernelspecResourceNotFound(NotFound):
    """The kernelspec has no such file."""


class KernelNotFound(NotFound):
    """No kernel of the caller has this id."""


class ExecutionNotFound(NotFound):
    """No execution of the caller has this id, or it is no longer kept."""


class AlreadyExists(CallFailed):
    """What the request would make exists."""


class SessionAlreadyExists(AlreadyExists):
    """Another session has this path or id; `metadata["session_id"]` is the one that exists."""


class SessionKernelMismatch(AlreadyExists):
    """The path has a session with another kernel than the one asked for; the metadata name it."""


class KernelAlreadyExists(AlreadyExists):
    """The id belongs to a kernel of another kernelspec."""


class FailedPrecondition(CallFailed):
    """The thing is not in a state that allows this."""


class KernelDead(FailedPrecondition):
    """The kernel is dead, `metadata["cause"]` tells of what; restart it first."""


class KernelStartFailed(FailedPrecondition):
    """The kernel's process could not be started; nothing was left behind."""


class InputNotRequested(FailedPrecondition):
    """The execution waits for no input, or for another one by now."""


class Aborted(CallFailed):
    """A concurrent change got in the way; read again and decide anew."""


class RevisionMismatch(Aborted):
    """The session has changed since the expected revision."""


class OutOfRange(CallFailed):
    """The request reaches beyond what is kept."""


class RevisionCompacted(OutOfRange):
    """Changes since this revision are no longer kept; list again."""


class ResourceExhausted(CallFailed):
    """A limit is reached; make room, or retry later."""


class StorageFull(ResourceExhausted):
    """The server's disk is full; nothing was changed."""


class StreamLimitReached(ResourceExhausted):
    """The caller has as many streams open as it may; close one."""


class SessionLimitReached(ResourceExhausted):
    """As many sessions exist as may; delete one."""


class KernelLimitReached(ResourceExhausted):
    """As many kernels run as may; shut one down, or retry later."""


class ExecutionQueueFull(ResourceExhausted):
    """As many executions wait for this kernel as may; retry when some are done."""


class Unavailable(CallFailed):
    """The server could not be reached, or cannot answer now; retry."""


class ServerStopping(Unavailable):
    """The server is stopping; an execution under way goes on if its kernel does."""


class KernelBusy(Unavailable):
    """The kernel is busy and did not answer in time; retry when it is idle."""


class KernelHostUnavailable(Unavailable):
    """What starts and ends kernels cannot be reached; kernels that run go on; retry."""


class DeadlineExceeded(CallFailed):
    """The call's time was over before the answer came; what it began may go on."""


class NotImplementedByServer(CallFailed):
    """This server does not serve this call or field; do without it."""


class InternalError(CallFailed):
    """The server failed in a way it did not foresee, and has logged it."""


ERROR_BY_REASON: dict[str, type[CallFailed]] = {
    "INTERNAL": InternalError,
    "NOT_IMPLEMENTED": NotImplementedByServer,
    "FIELD_INVALID": FieldInvalid,
    "PAGE_TOKEN_INVALID": PageTokenInvalid,
    "REQUEST_ID_REUSED": RequestIdReused,
    "TOKEN_INVALID": TokenInvalid,
    "ACTION_FORBIDDEN": ActionForbidden,
    "SERVER_STOPPING": ServerStopping,
    "STORAGE_FULL": StorageFull,
    "STREAM_LIMIT_REACHED": StreamLimitReached,
    "SESSION_NOT_FOUND": SessionNotFound,
    "SESSION_ALREADY_EXISTS": SessionAlreadyExists,
    "SESSION_KERNEL_MISMATCH": SessionKernelMismatch,
    "SESSION_LIMIT_REACHED": SessionLimitReached,
    "REVISION_MISMATCH": RevisionMismatch,
    "REVISION_COMPACTED": RevisionCompacted,
    "KERNELSPEC_NOT_FOUND": KernelspecNotFound,
    "KERNELSPEC_RESOURCE_NOT_FOUND": KernelspecResourceNotFound,
    "KERNEL_NOT_FOUND": KernelNotFound,
    "KERNEL_ALREADY_EXISTS": KernelAlreadyExists,
    "KERNEL_DEAD": KernelDead,
    "KERNEL_START_FAILED": KernelStartFailed,
    "KERNEL_LIMIT_REACHED": KernelLimitReached,
    "KERNEL_BUSY": KernelBusy,
    "KERNEL_HOST_UNAVAILABLE": KernelHostUnavailable,
    "EXECUTION_NOT_FOUND": ExecutionNotFound,
    "INPUT_NOT_REQUESTED": InputNotRequested,
    "EXECUTION_QUEUE_FULL": ExecutionQueueFull,
}

# By the names of grpc.StatusCode, so that this module does without grpc. Codes that are missing
# here become CallFailed.
ERROR_BY_CODE: dict[str, type[CallFailed]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "UNAUTHENTICATED": Unauthenticated,
    "PERMISSION_DENIED": PermissionDenied,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "FAILED_PRECONDITION": FailedPrecondition,
    "ABORTED": Aborted,
    "OUT_OF_RANGE": OutOfRange,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "UNIMPLEMENTED": NotImplementedByServer,
    "INTERNAL": InternalError,
}
