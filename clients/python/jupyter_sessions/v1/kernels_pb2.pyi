import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KernelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_STATE_UNSPECIFIED: _ClassVar[KernelState]
    KERNEL_STATE_STARTING: _ClassVar[KernelState]
    KERNEL_STATE_IDLE: _ClassVar[KernelState]
    KERNEL_STATE_BUSY: _ClassVar[KernelState]
    KERNEL_STATE_RESTARTING: _ClassVar[KernelState]
    KERNEL_STATE_STOPPING: _ClassVar[KernelState]
    KERNEL_STATE_DEAD: _ClassVar[KernelState]

class KernelExitCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_EXIT_CAUSE_UNSPECIFIED: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_EXITED: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_SIGNALED: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_OUT_OF_MEMORY: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_NEVER_READY: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_CULLED: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_SHUT_DOWN: _ClassVar[KernelExitCause]
    KERNEL_EXIT_CAUSE_LOST: _ClassVar[KernelExitCause]

class KernelStartMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_START_MODE_UNSPECIFIED: _ClassVar[KernelStartMode]
    KERNEL_START_MODE_COLD: _ClassVar[KernelStartMode]
    KERNEL_START_MODE_WARM: _ClassVar[KernelStartMode]

class KernelInterruptMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_INTERRUPT_MODE_UNSPECIFIED: _ClassVar[KernelInterruptMode]
    KERNEL_INTERRUPT_MODE_SIGNAL: _ClassVar[KernelInterruptMode]
    KERNEL_INTERRUPT_MODE_MESSAGE: _ClassVar[KernelInterruptMode]

class KernelEventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_EVENT_TYPE_UNSPECIFIED: _ClassVar[KernelEventType]
    KERNEL_EVENT_TYPE_CHANGED: _ClassVar[KernelEventType]
    KERNEL_EVENT_TYPE_REMOVED: _ClassVar[KernelEventType]
    KERNEL_EVENT_TYPE_SYNCED: _ClassVar[KernelEventType]
KERNEL_STATE_UNSPECIFIED: KernelState
KERNEL_STATE_STARTING: KernelState
KERNEL_STATE_IDLE: KernelState
KERNEL_STATE_BUSY: KernelState
KERNEL_STATE_RESTARTING: KernelState
KERNEL_STATE_STOPPING: KernelState
KERNEL_STATE_DEAD: KernelState
KERNEL_EXIT_CAUSE_UNSPECIFIED: KernelExitCause
KERNEL_EXIT_CAUSE_EXITED: KernelExitCause
KERNEL_EXIT_CAUSE_SIGNALED: KernelExitCause
KERNEL_EXIT_CAUSE_OUT_OF_MEMORY: KernelExitCause
KERNEL_EXIT_CAUSE_NEVER_READY: KernelExitCause
KERNEL_EXIT_CAUSE_CULLED: KernelExitCause
KERNEL_EXIT_CAUSE_SHUT_DOWN: KernelExitCause
KERNEL_EXIT_CAUSE_LOST: KernelExitCause
KERNEL_START_MODE_UNSPECIFIED: KernelStartMode
KERNEL_START_MODE_COLD: KernelStartMode
KERNEL_START_MODE_WARM: KernelStartMode
KERNEL_INTERRUPT_MODE_UNSPECIFIED: KernelInterruptMode
KERNEL_INTERRUPT_MODE_SIGNAL: KernelInterruptMode
KERNEL_INTERRUPT_MODE_MESSAGE: KernelInterruptMode
KERNEL_EVENT_TYPE_UNSPECIFIED: KernelEventType
KERNEL_EVENT_TYPE_CHANGED: KernelEventType
KERNEL_EVENT_TYPE_REMOVED: KernelEventType
KERNEL_EVENT_TYPE_SYNCED: KernelEventType

class KernelExit(_message.Message):
    __slots__ = ("cause", "exit_code", "signal", "stderr_tail", "exit_time")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    STDERR_TAIL_FIELD_NUMBER: _ClassVar[int]
    EXIT_TIME_FIELD_NUMBER: _ClassVar[int]
    cause: KernelExitCause
    exit_code: int
    signal: int
    stderr_tail: str
    exit_time: _timestamp_pb2.Timestamp
    def __init__(self, cause: _Optional[_Union[KernelExitCause, str]] = ..., exit_code: _Optional[int] = ..., signal: _Optional[int] = ..., stderr_tail: _Optional[str] = ..., exit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class KernelStart(_message.Message):
    __slots__ = ("mode", "cold_reason", "ready_duration")
    MODE_FIELD_NUMBER: _ClassVar[int]
    COLD_REASON_FIELD_NUMBER: _ClassVar[int]
    READY_DURATION_FIELD_NUMBER: _ClassVar[int]
    mode: KernelStartMode
    cold_reason: str
    ready_duration: _duration_pb2.Duration
    def __init__(self, mode: _Optional[_Union[KernelStartMode, str]] = ..., cold_reason: _Optional[str] = ..., ready_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class KernelUsage(_message.Message):
    __slots__ = ("memory_bytes", "cpu_time", "measure_time")
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    MEASURE_TIME_FIELD_NUMBER: _ClassVar[int]
    memory_bytes: int
    cpu_time: _duration_pb2.Duration
    measure_time: _timestamp_pb2.Timestamp
    def __init__(self, memory_bytes: _Optional[int] = ..., cpu_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., measure_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Kernel(_message.Message):
    __slots__ = ("kernel_id", "kernel_name", "owner", "state", "connection_count", "last_activity_time", "start_time", "restart_count", "exit", "start", "usage", "cwd")
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVITY_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    RESTART_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    CWD_FIELD_NUMBER: _ClassVar[int]
    kernel_id: str
    kernel_name: str
    owner: str
    state: KernelState
    connection_count: int
    last_activity_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    restart_count: int
    exit: KernelExit
    start: KernelStart
    usage: KernelUsage
    cwd: str
    def __init__(self, kernel_id: _Optional[str] = ..., kernel_name: _Optional[str] = ..., owner: _Optional[str] = ..., state: _Optional[_Union[KernelState, str]] = ..., connection_count: _Optional[int] = ..., last_activity_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., restart_count: _Optional[int] = ..., exit: _Optional[_Union[KernelExit, _Mapping]] = ..., start: _Optional[_Union[KernelStart, _Mapping]] = ..., usage: _Optional[_Union[KernelUsage, _Mapping]] = ..., cwd: _Optional[str] = ...) -> None: ...

class KernelSpec(_message.Message):
    __slots__ = ("kernel_name", "display_name", "language", "argv", "env", "interrupt_mode", "metadata_json", "resource_names")
    class EnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ARGV_FIELD_NUMBER: _ClassVar[int]
    ENV_FIELD_NUMBER: _ClassVar[int]
    INTERRUPT_MODE_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAMES_FIELD_NUMBER: _ClassVar[int]
    kernel_name: str
    display_name: str
    language: str
    argv: _containers.RepeatedScalarFieldContainer[str]
    env: _containers.ScalarMap[str, str]
    interrupt_mode: KernelInterruptMode
    metadata_json: str
    resource_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kernel_name: _Optional[str] = ..., display_name: _Optional[str] = ..., language: _Optional[str] = ..., argv: _Optional[_Iterable[str]] = ..., env: _Optional[_Mapping[str, str]] = ..., interrupt_mode: _Optional[_Union[KernelInterruptMode, str]] = ..., metadata_json: _Optional[str] = ..., resource_names: _Optional[_Iterable[str]] = ...) -> None: ...

class ListKernelSpecsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListKernelSpecsResponse(_message.Message):
    __slots__ = ("kernel_specs", "default_kernel_name")
    KERNEL_SPECS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    kernel_specs: _containers.RepeatedCompositeFieldContainer[KernelSpec]
    default_kernel_name: str
    def __init__(self, kernel_specs: _Optional[_Iterable[_Union[KernelSpec, _Mapping]]] = ..., default_kernel_name: _Optional[str] = ...) -> None: ...

class GetKernelSpecRequest(_message.Message):
    __slots__ = ("kernel_name",)
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    kernel_name: str
    def __init__(self, kernel_name: _Optional[str] = ...) -> None: ...

class GetKernelSpecResponse(_message.Message):
    __slots__ = ("kernel_spec",)
    KERNEL_SPEC_FIELD_NUMBER: _ClassVar[int]
    kernel_spec: KernelSpec
    def __init__(self, kernel_spec: _Optional[_Union[KernelSpec, _Mapping]] = ...) -> None: ...

class GetKernelSpecResourceRequest(_message.Message):
    __slots__ = ("kernel_name", "resource_name")
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    kernel_name: str
    resource_name: str
    def __init__(self, kernel_name: _Optional[str] = ..., resource_name: _Optional[str] = ...) -> None: ...

class GetKernelSpecResourceResponse(_message.Message):
    __slots__ = ("content", "content_type")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    content_type: str
    def __init__(self, content: _Optional[bytes] = ..., content_type: _Optional[str] = ...) -> None: ...

class StartKernelRequest(_message.Message):
    __slots__ = ("kernel_name", "kernel_id", "path", "cwd", "env", "wait_ready")
    class EnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CWD_FIELD_NUMBER: _ClassVar[int]
    ENV_FIELD_NUMBER: _ClassVar[int]
    WAIT_READY_FIELD_NUMBER: _ClassVar[int]
    kernel_name: str
    kernel_id: str
    path: str
    cwd: str
    env: _containers.ScalarMap[str, str]
    wait_ready: bool
    def __init__(self, kernel_name: _Optional[str] = ..., kernel_id: _Optional[str] = ..., path: _Optional[str] = ..., cwd: _Optional[str] = ..., env: _Optional[_Mapping[str, str]] = ..., wait_ready: bool = ...) -> None: ...

class StartKernelResponse(_message.Message):
    __slots__ = ("kernel", "created")
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    created: bool
    def __init__(self, kernel: _Optional[_Union[Kernel, _Mapping]] = ..., created: bool = ...) -> None: ...

class GetKernelRequest(_message.Message):
    __slots__ = ("kernel_id",)
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    kernel_id: str
    def __init__(self, kernel_id: _Optional[str] = ...) -> None: ...

class GetKernelResponse(_message.Message):
    __slots__ = ("kernel",)
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    def __init__(self, kernel: _Optional[_Union[Kernel, _Mapping]] = ...) -> None: ...

class ListKernelsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[KernelState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[KernelState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListKernelsResponse(_message.Message):
    __slots__ = ("kernels", "next_page_token")
    KERNELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kernels: _containers.RepeatedCompositeFieldContainer[Kernel]
    next_page_token: str
    def __init__(self, kernels: _Optional[_Iterable[_Union[Kernel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RestartKernelRequest(_message.Message):
    __slots__ = ("kernel_id", "only_if_dead", "wait_ready")
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    ONLY_IF_DEAD_FIELD_NUMBER: _ClassVar[int]
    WAIT_READY_FIELD_NUMBER: _ClassVar[int]
    kernel_id: str
    only_if_dead: bool
    wait_ready: bool
    def __init__(self, kernel_id: _Optional[str] = ..., only_if_dead: bool = ..., wait_ready: bool = ...) -> None: ...

class RestartKernelResponse(_message.Message):
    __slots__ = ("kernel",)
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    def __init__(self, kernel: _Optional[_Union[Kernel, _Mapping]] = ...) -> None: ...

class InterruptKernelRequest(_message.Message):
    __slots__ = ("kernel_id",)
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    kernel_id: str
    def __init__(self, kernel_id: _Optional[str] = ...) -> None: ...

class InterruptKernelResponse(_message.Message):
    __slots__ = ("kernel",)
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    def __init__(self, kernel: _Optional[_Union[Kernel, _Mapping]] = ...) -> None: ...

class ShutDownKernelRequest(_message.Message):
    __slots__ = ("kernel_id",)
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    kernel_id: str
    def __init__(self, kernel_id: _Optional[str] = ...) -> None: ...

class ShutDownKernelResponse(_message.Message):
    __slots__ = ("kernel",)
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    def __init__(self, kernel: _Optional[_Union[Kernel, _Mapping]] = ...) -> None: ...

class WatchKernelsRequest(_message.Message):
    __slots__ = ("kernel_ids",)
    KERNEL_IDS_FIELD_NUMBER: _ClassVar[int]
    kernel_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kernel_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchKernelsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[KernelEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[KernelEvent, _Mapping]]] = ...) -> None: ...

class KernelEvent(_message.Message):
    __slots__ = ("type", "kernel")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    type: KernelEventType
    kernel: Kernel
    def __init__(self, type: _Optional[_Union[KernelEventType, str]] = ..., kernel: _Optional[_Union[Kernel, _Mapping]] = ...) -> None: ...
