"""The one table from what goes wrong to what a caller sees, and the status it makes."""

import grpc
from google.rpc import error_details_pb2, status_pb2

from jupyter_sessions_server import errors

DOMAIN = "jupyter_sessions"
DETAILS_KEY = "grpc-status-details-bin"

Code = grpc.StatusCode

# fmt: off
#   what is raised                      what the caller sees: code, and ErrorReason less its prefix
STATUS_BY_ERROR: dict[type[errors.JupyterSessionsError], tuple[grpc.StatusCode, str]] = {
    errors.InvalidField:                (Code.INVALID_ARGUMENT,   "FIELD_INVALID"),
    errors.InvalidPageToken:            (Code.INVALID_ARGUMENT,   "PAGE_TOKEN_INVALID"),
    errors.RequestIdReused:             (Code.INVALID_ARGUMENT,   "REQUEST_ID_REUSED"),
    errors.NotImplementedYet:           (Code.UNIMPLEMENTED,      "NOT_IMPLEMENTED"),
    errors.Unauthenticated:             (Code.UNAUTHENTICATED,    "TOKEN_INVALID"),
    errors.ActionForbidden:             (Code.PERMISSION_DENIED,  "ACTION_FORBIDDEN"),
    errors.ServerStopping:              (Code.UNAVAILABLE,        "SERVER_STOPPING"),
    errors.StreamLimitReached:          (Code.RESOURCE_EXHAUSTED, "STREAM_LIMIT_REACHED"),
    errors.StorageFull:                 (Code.RESOURCE_EXHAUSTED, "STORAGE_FULL"),
    errors.StoreError:                  (Code.INTERNAL,           "INTERNAL"),
    errors.SessionNotFound:             (Code.NOT_FOUND,          "SESSION_NOT_FOUND"),
    errors.SessionAlreadyExists:        (Code.ALREADY_EXISTS,     "SESSION_ALREADY_EXISTS"),
    errors.SessionKernelMismatch:       (Code.ALREADY_EXISTS,     "SESSION_KERNEL_MISMATCH"),
    errors.SessionLimitReached:         (Code.RESOURCE_EXHAUSTED, "SESSION_LIMIT_REACHED"),
    errors.RevisionMismatch:            (Code.ABORTED,            "REVISION_MISMATCH"),
    errors.KernelSessionRecordConflict: (Code.INTERNAL,           "INTERNAL"),
    errors.KernelspecNotFound:          (Code.NOT_FOUND,          "KERNELSPEC_NOT_FOUND"),
    errors.KernelspecResourceNotFound:  (Code.NOT_FOUND,          "KERNELSPEC_RESOURCE_NOT_FOUND"),
    errors.KernelNotFound:              (Code.NOT_FOUND,          "KERNEL_NOT_FOUND"),
    errors.KernelAlreadyExists:         (Code.ALREADY_EXISTS,     "KERNEL_ALREADY_EXISTS"),
    errors.KernelDead:                  (Code.FAILED_PRECONDITION, "KERNEL_DEAD"),
    errors.KernelBusy:                  (Code.UNAVAILABLE,        "KERNEL_BUSY"),
    errors.KernelStartFailed:           (Code.FAILED_PRECONDITION, "KERNEL_START_FAILED"),
    errors.ExecutionNotFound:           (Code.NOT_FOUND,          "EXECUTION_NOT_FOUND"),
    errors.ExecutionQueueFull:          (Code.RESOURCE_EXHAUSTED, "EXECUTION_QUEUE_FULL"),
    errors.InputNotRequested:           (Code.FAILED_PRECONDITION, "INPUT_NOT_REQUESTED"),
    errors.KernelHostUnavailable:       (Code.UNAVAILABLE,        "KERNEL_HOST_UNAVAILABLE"),
    errors.KernelLimitReached:          (Code.RESOURCE_EXHAUSTED, "KERNEL_LIMIT_REACHED"),
}
# fmt: on

_INTERNAL_TEXT = "the service failed; its log tells more"
# Trailers may have 8 KiB. In them the message stands twice, once with up to three bytes for each of
# its own, and the details take a third more than they have.
_MOST_MESSAGE_BYTES = 600
_MOST_FACTS_BYTES = 2400


def status_of(error: Exception) -> status_pb2.Status:
    """The status with its ErrorInfo; for anything that is not of the domain a fixed INTERNAL."""
    if not isinstance(error, errors.JupyterSessionsError):
        return _status(Code.INTERNAL, _INTERNAL_TEXT, _error_info("INTERNAL"))
    code, reason = STATUS_BY_ERROR[type(error)]
    if code is Code.INTERNAL:
        return _status(code, _INTERNAL_TEXT, _error_info(reason))
    message = shorten(error.message, _MOST_MESSAGE_BYTES)
    most = _MOST_FACTS_BYTES // max(len(error.facts), 1)
    facts = {name: shorten(value, most) for name, value in error.facts.items()}
    status = _status(code, message, _error_info(reason, facts))
    if isinstance(error, errors.InvalidField):
        status.details.add().Pack(_bad_request(error))
    return status


def code_of(status: status_pb2.Status) -> grpc.StatusCode:
    """The status's code, as grpc names it."""
    return _CODE_BY_NUMBER[status.code]


def shorten(text: str, most_bytes: int) -> str:
    """The text as UTF-8 can hold it, its middle left out if it is longer than this."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= most_bytes:
        return encoded.decode()
    half = (most_bytes - len("…".encode())) // 2
    return f"{encoded[:half].decode(errors='ignore')}…{encoded[-half:].decode(errors='ignore')}"


_CODE_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}


def _status(
    code: grpc.StatusCode, text: str, info: error_details_pb2.ErrorInfo
) -> status_pb2.Status:
    status = status_pb2.Status(code=code.value[0], message=text)
    status.details.add().Pack(info)
    return status


def _error_info(reason: str, facts: dict[str, str] | None = None) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=facts or {})


def _bad_request(error: errors.InvalidField) -> error_details_pb2.BadRequest:
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=error.field, description=shorten(error.problem, _MOST_MESSAGE_BYTES)
    )
    return error_details_pb2.BadRequest(field_violations=[violation])
