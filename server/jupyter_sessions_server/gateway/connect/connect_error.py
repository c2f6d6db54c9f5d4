"""A failure as the Connect protocol says it: a name, a message, typed details, an HTTP status."""

from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage

from jupyter_sessions_server.gateway.connect.errors import Failure
from jupyter_sessions_server.gateway.connect.metadata import unpadded

# fmt: off
_CODES: Final[dict[int, tuple[str, int]]] = {
    #   the code of gRPC, its name here, and the status of a unary answer
    1:  ("canceled",            499),
    2:  ("unknown",             500),
    3:  ("invalid_argument",    400),
    4:  ("deadline_exceeded",   504),
    5:  ("not_found",           404),
    6:  ("already_exists",      409),
    7:  ("permission_denied",   403),
    8:  ("resource_exhausted",  429),
    9:  ("failed_precondition", 400),
    10: ("aborted",             409),
    11: ("out_of_range",        400),
    12: ("unimplemented",       501),
    13: ("internal",            500),
    14: ("unavailable",         503),
    15: ("data_loss",           500),
    16: ("unauthenticated",     401),
}
# fmt: on


def http_status(failure: Failure) -> int:
    """The HTTP status of a unary answer."""
    return _CODES[failure.status.code][1]


def error_json(failure: Failure) -> dict[str, Any]:
    """The error as it stands in a unary answer, or at the end of a stream."""
    error: dict[str, Any] = {"code": _CODES[failure.status.code][0]}
    if failure.status.message:
        error["message"] = failure.status.message
    if failure.status.details:
        error["details"] = [_detail(detail) for detail in failure.status.details]
    return error


def _detail(detail: AnyMessage) -> dict[str, Any]:
    told = {"type": detail.TypeName(), "value": unpadded(detail.value)}
    try:  # for people, who see it with curl
        debug = json_format.MessageToDict(detail)
    except (json_format.Error, TypeError):  # a type that is not known here
        return told
    debug.pop("@type", None)
    return told | {"debug": debug}
