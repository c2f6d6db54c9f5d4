import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from jupyter_sessions.v1 import executions_pb2 as _executions_pb2
from jupyter_sessions.v1 import kernels_pb2 as _kernels_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Channel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANNEL_UNSPECIFIED: _ClassVar[Channel]
    CHANNEL_SHELL: _ClassVar[Channel]
    CHANNEL_CONTROL: _ClassVar[Channel]
    CHANNEL_STDIN: _ClassVar[Channel]
    CHANNEL_IOPUB: _ClassVar[Channel]
CHANNEL_UNSPECIFIED: Channel
CHANNEL_SHELL: Channel
CHANNEL_CONTROL: Channel
CHANNEL_STDIN: Channel
CHANNEL_IOPUB: Channel

class JupyterMessage(_message.Message):
    __slots__ = ("seq", "time", "channel", "header", "parent_header", "metadata", "content", "buffers")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PARENT_HEADER_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    BUFFERS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _timestamp_pb2.Timestamp
    channel: Channel
    header: bytes
    parent_header: bytes
    metadata: bytes
    content: bytes
    buffers: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channel: _Optional[_Union[Channel, str]] = ..., header: _Optional[bytes] = ..., parent_header: _Optional[bytes] = ..., metadata: _Optional[bytes] = ..., content: _Optional[bytes] = ..., buffers: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ConnectRequest(_message.Message):
    __slots__ = ("open", "message")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    open: ChannelOpen
    message: JupyterMessage
    def __init__(self, open: _Optional[_Union[ChannelOpen, _Mapping]] = ..., message: _Optional[_Union[JupyterMessage, _Mapping]] = ...) -> None: ...

class ChannelOpen(_message.Message):
    __slots__ = ("session_id", "kernel_id", "client_id", "from_seq", "channels")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    client_id: str
    from_seq: int
    channels: _containers.RepeatedScalarFieldContainer[Channel]
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., client_id: _Optional[str] = ..., from_seq: _Optional[int] = ..., channels: _Optional[_Iterable[_Union[Channel, str]]] = ...) -> None: ...

class ConnectResponse(_message.Message):
    __slots__ = ("opened", "messages", "gap", "kernel", "exit", "next_seq")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    opened: ChannelOpened
    messages: MessageBatch
    gap: _executions_pb2.OutputGap
    kernel: _kernels_pb2.Kernel
    exit: _kernels_pb2.KernelExit
    next_seq: int
    def __init__(self, opened: _Optional[_Union[ChannelOpened, _Mapping]] = ..., messages: _Optional[_Union[MessageBatch, _Mapping]] = ..., gap: _Optional[_Union[_executions_pb2.OutputGap, _Mapping]] = ..., kernel: _Optional[_Union[_kernels_pb2.Kernel, _Mapping]] = ..., exit: _Optional[_Union[_kernels_pb2.KernelExit, _Mapping]] = ..., next_seq: _Optional[int] = ...) -> None: ...

class ChannelOpened(_message.Message):
    __slots__ = ("kernel", "client_id", "next_seq")
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    kernel: _kernels_pb2.Kernel
    client_id: str
    next_seq: int
    def __init__(self, kernel: _Optional[_Union[_kernels_pb2.Kernel, _Mapping]] = ..., client_id: _Optional[str] = ..., next_seq: _Optional[int] = ...) -> None: ...

class MessageBatch(_message.Message):
    __slots__ = ("messages", "next_seq")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[JupyterMessage]
    next_seq: int
    def __init__(self, messages: _Optional[_Iterable[_Union[JupyterMessage, _Mapping]]] = ..., next_seq: _Optional[int] = ...) -> None: ...
