"""What a call fails with: the service's statuses, and what the gateway itself refuses."""

from collections.abc import Iterable
from typing import Final

import grpc
from google.rpc import error_details_pb2, status_pb2

Metadata = Iterable[tuple[str, str | bytes]]

Code = grpc.StatusCode
DETAILS_KEY: Final = "grpc-status-details-bin"
DOMAIN: Final = "jupyter_sessions"


class Failure(Exception):
    """A call has failed: its status, and what metadata came with it."""

    def __init__(self, status: status_pb2.Status, metadata: Metadata = ()) -> None:
        super().__init__(status.message)
        self.status = status
        self.metadata = metadata


def failure_of(error: grpc.aio.AioRpcError) -> Failure:
    """What the service answered, its details untouched."""
    metadata = tuple(error.trailing_metadata())
    details = dict(metadata).get(DETAILS_KEY)
    if isinstance(details, bytes):
        return Failure(status_pb2.Status.FromString(details), metadata)
    return Failure(_status(error.code(), error.details() or ""), metadata)


def malformed(field: str, problem: str) -> Failure:
    """The request cannot be read; `field` is the header at fault, or "request" for the body."""
    status = _status(Code.INVALID_ARGUMENT, f"{field}: {problem}")
    _add_info(status, "FIELD_INVALID", field=field)
    bad_request = error_details_pb2.BadRequest()
    bad_request.field_violations.add(field=field, description=problem)
    status.details.add().Pack(bad_request)
    return Failure(status)


def too_large(limit: int) -> Failure:
    """A message is larger than the gateway takes; as for gRPC's own limit there are no details."""
    text = f"the request is larger than the limit of {limit} bytes (max_body_bytes)"
    return Failure(_status(Code.RESOURCE_EXHAUSTED, text))


def unsupported(feature: str, text: str) -> Failure:
    """The gateway knows what is asked for, and does not do it."""
    status = _status(Code.UNIMPLEMENTED, text)
    _add_info(status, "NOT_IMPLEMENTED", feature=feature)
    return Failure(status)


def deadline_exceeded() -> Failure:
    """The caller's time has run out before the service was called."""
    return Failure(_status(Code.DEADLINE_EXCEEDED, "Deadline Exceeded"))


def internal() -> Failure:
    """The gateway has failed; what happened is for the log only."""
    status = _status(Code.INTERNAL, "the service failed; its log tells more")
    _add_info(status, "INTERNAL")
    return Failure(status)


def _status(code: grpc.StatusCode, text: str) -> status_pb2.Status:
    return status_pb2.Status(code=code.value[0], message=text)


def _add_info(status: status_pb2.Status, reason: str, **facts: str) -> None:
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=facts)
    status.details.add().Pack(info)
