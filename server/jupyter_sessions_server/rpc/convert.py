"""Sessions and kernels: model ↔ protobuf."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server import model
from jupyter_sessions_server.rpc import check

T = TypeVar("T")


def timestamp_to_pb(ms: int) -> Timestamp:
    """Milliseconds since the epoch as a Timestamp."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def duration_to_pb(ms: int) -> Duration:
    """Milliseconds as a Duration."""
    return Duration(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


KERNEL_STATE_TO_PB: dict[model.KernelState, kernels_pb2.KernelState] = {
    state: getattr(kernels_pb2, f"KERNEL_STATE_{state.name}") for state in model.KernelState
}
KERNEL_STATE_FROM_PB = {number: state for state, number in KERNEL_STATE_TO_PB.items()}

EXIT_CAUSE_TO_PB: dict[model.ExitCause, kernels_pb2.KernelExitCause] = {
    cause: getattr(kernels_pb2, f"KERNEL_EXIT_CAUSE_{cause.name}") for cause in model.ExitCause
}
START_MODE_TO_PB: dict[model.StartMode, kernels_pb2.KernelStartMode] = {
    mode: getattr(kernels_pb2, f"KERNEL_START_MODE_{mode.name}") for mode in model.StartMode
}

IF_EXISTS_FROM_PB = {
    sessions_pb2.IF_EXISTS_UNSPECIFIED: model.IfExists.RETURN_MATCHING,
    sessions_pb2.IF_EXISTS_RETURN_MATCHING: model.IfExists.RETURN_MATCHING,
    sessions_pb2.IF_EXISTS_RETURN_ANY: model.IfExists.RETURN_ANY,
    sessions_pb2.IF_EXISTS_FAIL: model.IfExists.FAIL,
}
DISPOSITION_FROM_PB = {
    sessions_pb2.KERNEL_DISPOSITION_UNSPECIFIED: model.KernelDisposition.SHUT_DOWN_IF_UNUSED,
    sessions_pb2.KERNEL_DISPOSITION_SHUT_DOWN_IF_UNUSED: (
        model.KernelDisposition.SHUT_DOWN_IF_UNUSED
    ),
    sessions_pb2.KERNEL_DISPOSITION_KEEP: model.KernelDisposition.KEEP,
    sessions_pb2.KERNEL_DISPOSITION_SHUT_DOWN: model.KernelDisposition.SHUT_DOWN,
}
ORDER_FROM_PB = {
    sessions_pb2.SESSION_ORDER_UNSPECIFIED: model.SessionOrder.CREATED,
    sessions_pb2.SESSION_ORDER_CREATED: model.SessionOrder.CREATED,
    sessions_pb2.SESSION_ORDER_CREATED_DESC: model.SessionOrder.CREATED_DESC,
    sessions_pb2.SESSION_ORDER_PATH: model.SessionOrder.PATH,
    sessions_pb2.SESSION_ORDER_PATH_DESC: model.SessionOrder.PATH_DESC,
}


def enum_from_pb(field: str, number: int, values: Mapping[Any, T]) -> T:
    """The value of an enum field; raises InvalidField for a number this server does not know."""
    check.enum(field, number, values.keys())
    return values[number]


def kernel_states_from_pb(field: str, numbers: Iterable[int]) -> frozenset[model.KernelState]:
    """The states in a filter."""
    return frozenset(enum_from_pb(field, number, KERNEL_STATE_FROM_PB) for number in numbers)


def kernel_exit_to_pb(end: model.KernelExit) -> kernels_pb2.KernelExit:
    """How a kernel's process ended."""
    return kernels_pb2.KernelExit(
        cause=EXIT_CAUSE_TO_PB[end.cause],
        exit_code=end.exit_code,
        signal=end.signal,
        stderr_tail=end.stderr_tail,
        exit_time=timestamp_to_pb(end.exit_ms),
    )


def kernel_usage_to_pb(usage: model.KernelUsage) -> kernels_pb2.KernelUsage:
    """What a kernel takes of the machine."""
    return kernels_pb2.KernelUsage(
        memory_bytes=usage.memory_bytes,
        cpu_time=duration_to_pb(round(usage.cpu_seconds * 1000)),
        measure_time=timestamp_to_pb(usage.measure_ms),
    )


def kernel_to_pb(kernel: model.Kernel) -> kernels_pb2.Kernel:
    """A kernel as it is now."""
    ready_ms = kernel.start.ready_after_ms
    return kernels_pb2.Kernel(
        kernel_id=kernel.kernel_id,
        kernel_name=kernel.kernel_name,
        owner=kernel.owner,
        state=KERNEL_STATE_TO_PB[kernel.state],
        connection_count=kernel.connections,
        last_activity_time=timestamp_to_pb(kernel.last_activity_ms),
        start_time=timestamp_to_pb(kernel.start_ms),
        restart_count=kernel.restarts,
        exit=None if kernel.exit is None else kernel_exit_to_pb(kernel.exit),
        start=kernels_pb2.KernelStart(
            mode=START_MODE_TO_PB[kernel.start.mode],
            cold_reason=kernel.start.cold_reason,
            ready_duration=None if ready_ms is None else duration_to_pb(ready_ms),
        ),
        usage=None if kernel.usage is None else kernel_usage_to_pb(kernel.usage),
        cwd=kernel.cwd,
    )


def kernel_spec_to_pb(spec: model.KernelSpec) -> kernels_pb2.KernelSpec:
    """A kernelspec."""
    by_message = kernels_pb2.KERNEL_INTERRUPT_MODE_MESSAGE
    by_signal = kernels_pb2.KERNEL_INTERRUPT_MODE_SIGNAL
    return kernels_pb2.KernelSpec(
        kernel_name=spec.kernel_name,
        display_name=spec.display_name,
        language=spec.language,
        argv=spec.argv,
        env=spec.env,
        interrupt_mode=by_message if spec.interrupt_by_message else by_signal,
        metadata_json=spec.metadata_json,
        resource_names=spec.resource_names,
    )


def session_to_pb(
    session: model.Session, kernel: model.Kernel | None = None
) -> sessions_pb2.Session:
    """A session, with its kernel if that is given."""
    return sessions_pb2.Session(
        session_id=session.session_id,
        path=session.path,
        name=session.name,
        type=session.type,
        owner=session.owner,
        labels=session.labels,
        kernel=None if kernel is None else kernel_to_pb(kernel),
        revision=session.revision,
        create_time=timestamp_to_pb(session.created_ms),
        update_time=timestamp_to_pb(session.updated_ms),
    )


def session_filter_from_pb(filter_: sessions_pb2.SessionFilter) -> model.SessionFilter:
    """Which sessions to list; raises InvalidField."""
    kernel_id = check.text("filter.kernel_id", filter_.kernel_id, check.MAX_ID_BYTES)
    return model.SessionFilter(
        path_prefix=check.path("filter.path_prefix", filter_.path_prefix, required=False),
        type=check.text("filter.type", filter_.type, check.MAX_TYPE_BYTES),
        kernel_id=model.KernelId(kernel_id) if kernel_id else None,
        labels=check.labels("filter.labels", filter_.labels),
        kernel_states=kernel_states_from_pb("filter.kernel_states", filter_.kernel_states),
    )
