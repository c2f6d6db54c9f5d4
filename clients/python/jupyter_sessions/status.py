"""From the status of a failed call to the exception that a program catches."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from jupyter_sessions.errors import ERROR_BY_CODE, ERROR_BY_REASON, CallFailed, KernelDead
from jupyter_sessions.v1.kernels_pb2 import Kernel, KernelExitCause

ERROR_DOMAIN = "jupyter_sessions"


def call_failed(error: grpc.RpcError) -> CallFailed:
    """The exception for a failed call, of grpc or of grpc.aio."""
    code = error.code()
    info = _error_info(error)
    kind = ERROR_BY_REASON.get(info.reason) or ERROR_BY_CODE.get(code.name, CallFailed)
    return kind(error.details() or code.name, code, info.reason, dict(info.metadata))


def kernel_dead(kernel: Kernel) -> KernelDead:
    """The exception for a kernel that is dead where a live one is needed."""
    cause = KernelExitCause.Name(kernel.exit.cause).removeprefix("KERNEL_EXIT_CAUSE_")
    message = f"kernel {kernel.kernel_id} is dead ({cause})"
    if last_words := kernel.exit.stderr_tail.strip():
        message = f"{message}: {last_words.splitlines()[-1]}"
    metadata = {"kernel_id": kernel.kernel_id, "cause": cause}
    return KernelDead(message, grpc.StatusCode.FAILED_PRECONDITION, "KERNEL_DEAD", metadata)


def _error_info(error: grpc.RpcError) -> ErrorInfo:
    """The ErrorInfo in the details of the status; an empty one if there is none of ours."""
    # grpc and grpc.aio have types of their own for it; both hold pairs.
    metadata = cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ())
    for key, value in metadata:
        if key == "grpc-status-details-bin":
            return _our_error_info(value)
    return ErrorInfo()


def _our_error_info(details: bytes) -> ErrorInfo:
    info = ErrorInfo()
    try:
        status = Status.FromString(details)
    except DecodeError:  # a proxy's; the code still says what is the case
        return info
    for detail in status.details:
        if detail.Unpack(info) and info.domain == ERROR_DOMAIN:
            return info
    return ErrorInfo()
