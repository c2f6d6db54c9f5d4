"""Builds the requests that take more than one line.

Options are typed dictionaries whose keys are the names of the request's fields, so that
sessions.proto and executions.proto describe them. An option that is left out is unset.
"""

import enum
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypedDict, TypeVar

from jupyter_sessions.v1.executions_pb2 import (
    ExecuteRequest,
    HistoryRange,
    HistoryRequest,
    HistorySearch,
    OnDisconnect,
    OnOutputLimit,
)
from jupyter_sessions.v1.kernels_pb2 import Kernel, StartKernelRequest
from jupyter_sessions.v1.sessions_pb2 import (
    CreateSessionRequest,
    IfExists,
    KernelDisposition,
    Session,
    UpdateSessionRequest,
)

T = TypeVar("T")


class Unset(enum.Enum):
    """The type of UNSET."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""Leave this as it is; where None is a value of its own."""


class SessionOptions(TypedDict, total=False):
    """What a session is created with, besides its path; see CreateSessionRequest."""

    name: str | None
    type: str | None
    kernel_name: str | None  # a new kernel of this kernelspec, or
    kernel_id: str | None  # the kernel with this id
    fallback_kernel_name: str | None
    session_id: str | None
    env: Mapping[str, str] | None
    cwd: str | None
    labels: Mapping[str, str] | None
    request_id: str | None  # generated if left out
    if_exists: IfExists


class ExecuteFields(TypedDict, total=False):
    """How code is run; see ExecuteRequest."""

    silent: bool
    store_history: bool
    user_expressions: Mapping[str, str] | None
    allow_stdin: bool
    stop_on_error: bool
    request_id: str | None
    on_disconnect: OnDisconnect
    max_output_bytes: int | None
    on_output_limit: OnOutputLimit


class ExecuteOptions(ExecuteFields, total=False):
    """How code is run, and for how long."""

    timeout: float | None  # seconds it may run before the server interrupts it; None: for ever


SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 0.001, 366 * 24 * 3600  # seconds; what servers take


def create_session_request(
    path: str, options: SessionOptions, *, wait_ready: bool
) -> CreateSessionRequest:
    """The request for a session; its `request_id` makes sending it twice safe."""
    if options.get("kernel_name") is not None and options.get("kernel_id") is not None:
        message = "give kernel_name or kernel_id; with kernel_id there is fallback_kernel_name"
        raise ValueError(message)
    request = CreateSessionRequest(path=path, wait_ready=wait_ready, **options)
    request.request_id = request.request_id or str(uuid.uuid4())
    return request


def start_kernel_request(
    kernel_name: str | None,
    kernel_id: str | None,
    path: str | None,
    cwd: str | None,
    env: Mapping[str, str] | None,
    wait_ready: bool,
) -> StartKernelRequest:
    """The request for a kernel; its `kernel_id` makes sending it twice safe."""
    return StartKernelRequest(
        kernel_name=kernel_name,
        kernel_id=kernel_id or str(uuid.uuid4()),
        path=path,
        cwd=cwd,
        env=env,
        wait_ready=wait_ready,
    )


def update_session_request(
    session_id: str,
    *,
    path: str | Unset,
    name: str | Unset | None,
    type: str | Unset,
    labels: Mapping[str, str] | Unset,
    kernel_name: str | Unset,
    kernel_id: str | Unset,
    expected_revision: int,
    previous_kernel: KernelDisposition,
) -> UpdateSessionRequest:
    """The request for a change; its mask names what is not UNSET."""
    session = Session(
        session_id=session_id,
        path=_value(path),
        name=_value(name),
        type=_value(type),
        labels=_value(labels),
        kernel=Kernel(kernel_name=_value(kernel_name), kernel_id=_value(kernel_id)),
    )
    changes = {
        "path": path,
        "name": name,
        "type": type,
        "labels": labels,
        "kernel.kernel_name": kernel_name,
        "kernel.kernel_id": kernel_id,
    }
    request = UpdateSessionRequest(
        session=session, expected_revision=expected_revision, previous_kernel=previous_kernel
    )
    request.update_mask.paths.extend(
        field for field, value in changes.items() if value is not UNSET
    )
    return request


def execute_request(
    code: str, session_id: str | None, kernel_id: str | None, options: ExecuteOptions
) -> ExecuteRequest:
    """The request to run code in a kernel; its `request_id` makes sending it twice safe."""
    check_target(session_id, kernel_id)
    timeout = options.pop("timeout", None)
    fields: ExecuteFields = options
    request = ExecuteRequest(code=code, session_id=session_id, kernel_id=kernel_id, **fields)
    if timeout is not None:
        check_timeout(timeout)
        request.timeout.FromTimedelta(timedelta(seconds=timeout))
    request.request_id = request.request_id or str(uuid.uuid4())
    return request


def history_request(
    session_id: str | None,
    kernel_id: str | None,
    tail: int | None,
    range: tuple[int, int, int] | None,
    search: str | None,
    count: int,
    unique: bool,
    raw: bool,
    output: bool,
) -> HistoryRequest:
    """The request for history: the last entries, a range, or those that match."""
    check_target(session_id, kernel_id)
    if [tail, range, search].count(None) != 2:
        message = "give tail, range or search, one of the three"
        raise ValueError(message)
    request = HistoryRequest(
        session_id=session_id, kernel_id=kernel_id, tail_count=tail, raw=raw, output=output
    )
    if range is not None:
        history_session, start, stop = range
        lines = HistoryRange(history_session=history_session, start=start, stop=stop)
        request.range.CopyFrom(lines)
    if search is not None:
        request.search.CopyFrom(HistorySearch(pattern=search, count=count, unique=unique))
    return request


def check_target(session_id: str | None, kernel_id: str | None) -> None:
    """Raise ValueError unless one of them is given."""
    if (session_id is None) == (kernel_id is None):
        message = "give session_id or kernel_id, one of the two"
        raise ValueError(message)


def check_timeout(timeout: float) -> None:
    """Raise ValueError unless code may run so long."""
    if not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:  # nor is nan
        message = (
            f"timeout is {timeout}: it is from {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT} seconds "
            "(366 days), or None for no limit"
        )
        raise ValueError(message)


def _value(value: T | Unset) -> T | None:
    return None if isinstance(value, Unset) else value
