"""The one table from what the contract refuses to what HTTP says, and the bodies Jupyter gives."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import orjson
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

DETAILS_KEY = "grpc-status-details-bin"

# fmt: off
#   ErrorReason less its prefix:   HTTP status, and what people are told (None: the status message)
HTTP_BY_REASON: Final[Mapping[str, tuple[int, str | None]]] = {
    "INTERNAL":                      (500, None),
    "NOT_IMPLEMENTED":               (501, None),
    "FIELD_INVALID":                 (400, None),
    "PAGE_TOKEN_INVALID":            (400, None),
    "REQUEST_ID_REUSED":             (400, None),
    "TOKEN_INVALID":                 (403, "Forbidden"),
    "ACTION_FORBIDDEN":              (403, None),
    "SERVER_STOPPING":               (503, None),
    "STORAGE_FULL":                  (507, None),
    "STREAM_LIMIT_REACHED":          (429, None),
    "SESSION_NOT_FOUND":             (404, None),
    "SESSION_ALREADY_EXISTS":        (409, None),
    "SESSION_KERNEL_MISMATCH":       (409, None),
    "SESSION_LIMIT_REACHED":         (429, None),
    "REVISION_MISMATCH":             (409, None),
    "REVISION_COMPACTED":            (410, None),
    "KERNELSPEC_NOT_FOUND":          (404, None),
    "KERNELSPEC_RESOURCE_NOT_FOUND": (404, None),
    "KERNEL_NOT_FOUND":              (404, None),
    "KERNEL_ALREADY_EXISTS":         (409, None),
    "KERNEL_DEAD":                   (409, None),
    "KERNEL_START_FAILED":           (500, None),
    "KERNEL_LIMIT_REACHED":          (429, None),
    "KERNEL_BUSY":                   (503, None),
    "KERNEL_HOST_UNAVAILABLE":       (503, None),
    "EXECUTION_NOT_FOUND":           (404, None),
    "INPUT_NOT_REQUESTED":           (409, None),
    "EXECUTION_QUEUE_FULL":          (429, None),
}

#   without a reason it comes from gRPC itself, not from the service
HTTP_BY_CODE: Final[Mapping[StatusCode, int]] = {
    StatusCode.CANCELLED:           503,
    StatusCode.UNKNOWN:             500,
    StatusCode.INVALID_ARGUMENT:    400,
    StatusCode.DEADLINE_EXCEEDED:   504,
    StatusCode.NOT_FOUND:           404,
    StatusCode.ALREADY_EXISTS:      409,
    StatusCode.PERMISSION_DENIED:   403,
    StatusCode.UNAUTHENTICATED:     403,
    StatusCode.RESOURCE_EXHAUSTED:  429,
    StatusCode.FAILED_PRECONDITION: 409,
    StatusCode.ABORTED:             409,
    StatusCode.OUT_OF_RANGE:        400,
    StatusCode.UNIMPLEMENTED:       501,
    StatusCode.INTERNAL:            500,
    StatusCode.UNAVAILABLE:         503,
    StatusCode.DATA_LOSS:           500,
}
# fmt: on

_UNHANDLED_CODES = (StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.DATA_LOSS)
UNHANDLED: Final = orjson.dumps({"message": "Unhandled error", "reason": None, "traceback": ""})


class HttpError(Exception):
    """An answer that is no success; `body` is JSON."""

    def __init__(self, status: int, message: str = "", *, body: bytes | None = None) -> None:
        self.status = status
        self.message = message or phrase(status)
        self.body = body or error_body(self.message)
        super().__init__(self.message)


def phrase(status: int) -> str:
    """What HTTP calls the status."""
    return HTTPStatus(status).phrase


def error_body(message: str) -> bytes:
    """Jupyter's body of an error; `reason` is always there, and null."""
    return orjson.dumps({"message": message, "reason": None})


def kernel_error(status: int, message: str, short_message: str) -> HttpError:
    """A kernel that cannot be had for a session: Jupyter's body for it has no `reason`."""
    body = orjson.dumps({"message": message, "short_message": short_message})
    return HttpError(status, message, body=body)


def error_info_of(error: AioRpcError) -> error_details_pb2.ErrorInfo:
    """The reason and the facts that the service gave; empty if gRPC itself failed the call."""
    info = error_details_pb2.ErrorInfo()
    trailers = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == DETAILS_KEY and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    return info
    return info


def reason_of(error: AioRpcError) -> str:
    """The ErrorReason less its prefix; "" if gRPC itself failed the call."""
    return str(error_info_of(error).reason)


def http_error_of(error: AioRpcError) -> HttpError:
    """What HTTP says of it."""
    code = error.code()
    if code in _UNHANDLED_CODES:
        return HttpError(500, "Unhandled error", body=UNHANDLED)
    if reason_of(error) not in HTTP_BY_REASON:
        return HttpError(HTTP_BY_CODE[code])  # gRPC's own words tell addresses
    status, message = HTTP_BY_REASON[reason_of(error)]
    return HttpError(status, message or error.details() or "")
