"""What a call is refused with: its status, taken apart."""

from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True)
class Refusal:
    """A status of the service; `fields` are those of its BadRequest."""

    code: grpc.StatusCode
    message: str
    reason: str
    facts: dict[str, str]
    fields: tuple[str, ...]

    @property
    def what(self) -> tuple[str, str]:
        """Its code and its reason, by their names."""
        return self.code.name, self.reason


async def refused(call: Any) -> Refusal:
    """What the call was refused with, a stream's events before it left aside."""
    try:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    message = "the call was not refused"
    raise AssertionError(message)


def refusal_of(error: grpc.RpcError) -> Refusal:
    """The status of an error; fails unless it has one ErrorInfo, of this service."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    assert details is not None, f"no details: {error!r}"
    status = status_pb2.Status.FromString(details)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert [detail.Unpack(info) for detail in status.details].count(True) == 1
    assert info.domain == "jupyter_sessions"
    for detail in status.details:
        detail.Unpack(bad_request)
    fields = tuple(violation.field for violation in bad_request.field_violations)
    return Refusal(error.code(), error.details(), info.reason, dict(info.metadata), fields)
