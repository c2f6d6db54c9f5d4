import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from jupyter_sessions.v1 import kernels_pb2 as _kernels_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IfExists(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IF_EXISTS_UNSPECIFIED: _ClassVar[IfExists]
    IF_EXISTS_RETURN_MATCHING: _ClassVar[IfExists]
    IF_EXISTS_RETURN_ANY: _ClassVar[IfExists]
    IF_EXISTS_FAIL: _ClassVar[IfExists]

class KernelDisposition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_DISPOSITION_UNSPECIFIED: _ClassVar[KernelDisposition]
    KERNEL_DISPOSITION_SHUT_DOWN_IF_UNUSED: _ClassVar[KernelDisposition]
    KERNEL_DISPOSITION_KEEP: _ClassVar[KernelDisposition]
    KERNEL_DISPOSITION_SHUT_DOWN: _ClassVar[KernelDisposition]

class SessionOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_ORDER_UNSPECIFIED: _ClassVar[SessionOrder]
    SESSION_ORDER_CREATED: _ClassVar[SessionOrder]
    SESSION_ORDER_CREATED_DESC: _ClassVar[SessionOrder]
    SESSION_ORDER_PATH: _ClassVar[SessionOrder]
    SESSION_ORDER_PATH_DESC: _ClassVar[SessionOrder]

class SessionEventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_EVENT_TYPE_UNSPECIFIED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_CREATED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_UPDATED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_DELETED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_KERNEL_CHANGED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_SYNCED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_PROGRESS: _ClassVar[SessionEventType]
IF_EXISTS_UNSPECIFIED: IfExists
IF_EXISTS_RETURN_MATCHING: IfExists
IF_EXISTS_RETURN_ANY: IfExists
IF_EXISTS_FAIL: IfExists
KERNEL_DISPOSITION_UNSPECIFIED: KernelDisposition
KERNEL_DISPOSITION_SHUT_DOWN_IF_UNUSED: KernelDisposition
KERNEL_DISPOSITION_KEEP: KernelDisposition
KERNEL_DISPOSITION_SHUT_DOWN: KernelDisposition
SESSION_ORDER_UNSPECIFIED: SessionOrder
SESSION_ORDER_CREATED: SessionOrder
SESSION_ORDER_CREATED_DESC: SessionOrder
SESSION_ORDER_PATH: SessionOrder
SESSION_ORDER_PATH_DESC: SessionOrder
SESSION_EVENT_TYPE_UNSPECIFIED: SessionEventType
SESSION_EVENT_TYPE_CREATED: SessionEventType
SESSION_EVENT_TYPE_UPDATED: SessionEventType
SESSION_EVENT_TYPE_DELETED: SessionEventType
SESSION_EVENT_TYPE_KERNEL_CHANGED: SessionEventType
SESSION_EVENT_TYPE_SYNCED: SessionEventType
SESSION_EVENT_TYPE_PROGRESS: SessionEventType

class Session(_message.Message):
    __slots__ = ("session_id", "path", "name", "type", "owner", "labels", "kernel", "revision", "create_time", "update_time")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    path: str
    name: str
    type: str
    owner: str
    labels: _containers.ScalarMap[str, str]
    kernel: _kernels_pb2.Kernel
    revision: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, session_id: _Optional[str] = ..., path: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[str] = ..., owner: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., kernel: _Optional[_Union[_kernels_pb2.Kernel, _Mapping]] = ..., revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateSessionRequest(_message.Message):
    __slots__ = ("path", "name", "type", "kernel_name", "kernel_id", "fallback_kernel_name", "session_id", "env", "cwd", "labels", "request_id", "if_exists", "wait_ready")
    class EnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_KERNEL_NAME_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ENV_FIELD_NUMBER: _ClassVar[int]
    CWD_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    IF_EXISTS_FIELD_NUMBER: _ClassVar[int]
    WAIT_READY_FIELD_NUMBER: _ClassVar[int]
    path: str
    name: str
    type: str
    kernel_name: str
    kernel_id: str
    fallback_kernel_name: str
    session_id: str
    env: _containers.ScalarMap[str, str]
    cwd: str
    labels: _containers.ScalarMap[str, str]
    request_id: str
    if_exists: IfExists
    wait_ready: bool
    def __init__(self, path: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[str] = ..., kernel_name: _Optional[str] = ..., kernel_id: _Optional[str] = ..., fallback_kernel_name: _Optional[str] = ..., session_id: _Optional[str] = ..., env: _Optional[_Mapping[str, str]] = ..., cwd: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., request_id: _Optional[str] = ..., if_exists: _Optional[_Union[IfExists, str]] = ..., wait_ready: bool = ...) -> None: ...

class CreateSessionResponse(_message.Message):
    __slots__ = ("session", "created")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    session: Session
    created: bool
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., created: bool = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ("session_id", "path", "name", "type", "kernel_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    path: str
    name: str
    type: str
    kernel_id: str
    def __init__(self, session_id: _Optional[str] = ..., path: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[str] = ..., kernel_id: _Optional[str] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class SessionExistsRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class SessionExistsResponse(_message.Message):
    __slots__ = ("exists",)
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    exists: bool
    def __init__(self, exists: bool = ...) -> None: ...

class SessionFilter(_message.Message):
    __slots__ = ("path_prefix", "type", "kernel_id", "owner", "labels", "kernel_states")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PATH_PREFIX_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    KERNEL_STATES_FIELD_NUMBER: _ClassVar[int]
    path_prefix: str
    type: str
    kernel_id: str
    owner: str
    labels: _containers.ScalarMap[str, str]
    kernel_states: _containers.RepeatedScalarFieldContainer[_kernels_pb2.KernelState]
    def __init__(self, path_prefix: _Optional[str] = ..., type: _Optional[str] = ..., kernel_id: _Optional[str] = ..., owner: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., kernel_states: _Optional[_Iterable[_Union[_kernels_pb2.KernelState, str]]] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("filter", "order_by", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    order_by: SessionOrder
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., order_by: _Optional[_Union[SessionOrder, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token", "revision")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[Session]
    next_page_token: str
    revision: int
    def __init__(self, sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateSessionRequest(_message.Message):
    __slots__ = ("session", "update_mask", "expected_revision", "previous_kernel")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_KERNEL_FIELD_NUMBER: _ClassVar[int]
    session: Session
    update_mask: _field_mask_pb2.FieldMask
    expected_revision: int
    previous_kernel: KernelDisposition
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., expected_revision: _Optional[int] = ..., previous_kernel: _Optional[_Union[KernelDisposition, str]] = ...) -> None: ...

class UpdateSessionResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: Session
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class DeleteSessionRequest(_message.Message):
    __slots__ = ("session_id", "kernel", "expected_revision", "purge")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    PURGE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel: KernelDisposition
    expected_revision: int
    purge: bool
    def __init__(self, session_id: _Optional[str] = ..., kernel: _Optional[_Union[KernelDisposition, str]] = ..., expected_revision: _Optional[int] = ..., purge: bool = ...) -> None: ...

class DeleteSessionResponse(_message.Message):
    __slots__ = ("revision", "kernel")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    revision: int
    kernel: _kernels_pb2.Kernel
    def __init__(self, revision: _Optional[int] = ..., kernel: _Optional[_Union[_kernels_pb2.Kernel, _Mapping]] = ...) -> None: ...

class WatchSessionsRequest(_message.Message):
    __slots__ = ("filter", "from_revision", "send_initial")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FROM_REVISION_FIELD_NUMBER: _ClassVar[int]
    SEND_INITIAL_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    from_revision: int
    send_initial: bool
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., from_revision: _Optional[int] = ..., send_initial: bool = ...) -> None: ...

class WatchSessionsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[SessionEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[SessionEvent, _Mapping]]] = ...) -> None: ...

class SessionEvent(_message.Message):
    __slots__ = ("type", "revision", "session")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    type: SessionEventType
    revision: int
    session: Session
    def __init__(self, type: _Optional[_Union[SessionEventType, str]] = ..., revision: _Optional[int] = ..., session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...
