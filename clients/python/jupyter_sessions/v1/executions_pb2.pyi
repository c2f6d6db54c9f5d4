import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from jupyter_sessions.v1 import kernels_pb2 as _kernels_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExecutionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTION_STATE_UNSPECIFIED: _ClassVar[ExecutionState]
    EXECUTION_STATE_QUEUED: _ClassVar[ExecutionState]
    EXECUTION_STATE_RUNNING: _ClassVar[ExecutionState]
    EXECUTION_STATE_SUCCEEDED: _ClassVar[ExecutionState]
    EXECUTION_STATE_FAILED: _ClassVar[ExecutionState]
    EXECUTION_STATE_CANCELLED: _ClassVar[ExecutionState]
    EXECUTION_STATE_TIMED_OUT: _ClassVar[ExecutionState]
    EXECUTION_STATE_ABORTED: _ClassVar[ExecutionState]
    EXECUTION_STATE_LOST: _ClassVar[ExecutionState]

class StopStep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STOP_STEP_UNSPECIFIED: _ClassVar[StopStep]
    STOP_STEP_DROPPED: _ClassVar[StopStep]
    STOP_STEP_INTERRUPTED: _ClassVar[StopStep]
    STOP_STEP_KERNEL_RESTARTED: _ClassVar[StopStep]

class OnDisconnect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_DISCONNECT_UNSPECIFIED: _ClassVar[OnDisconnect]
    ON_DISCONNECT_CONTINUE: _ClassVar[OnDisconnect]
    ON_DISCONNECT_CANCEL: _ClassVar[OnDisconnect]

class OnOutputLimit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_OUTPUT_LIMIT_UNSPECIFIED: _ClassVar[OnOutputLimit]
    ON_OUTPUT_LIMIT_DISCARD: _ClassVar[OnOutputLimit]
    ON_OUTPUT_LIMIT_INTERRUPT: _ClassVar[OnOutputLimit]

class GapReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GAP_REASON_UNSPECIFIED: _ClassVar[GapReason]
    GAP_REASON_TRIMMED: _ClassVar[GapReason]
    GAP_REASON_STORAGE_FULL: _ClassVar[GapReason]
    GAP_REASON_NOT_RECORDED: _ClassVar[GapReason]
    GAP_REASON_TOO_LARGE: _ClassVar[GapReason]
    GAP_REASON_OUTPUT_LIMIT: _ClassVar[GapReason]

class InspectDetail(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSPECT_DETAIL_UNSPECIFIED: _ClassVar[InspectDetail]
    INSPECT_DETAIL_DOCUMENTATION: _ClassVar[InspectDetail]
    INSPECT_DETAIL_SOURCE: _ClassVar[InspectDetail]

class CodeCompleteness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CODE_COMPLETENESS_UNSPECIFIED: _ClassVar[CodeCompleteness]
    CODE_COMPLETENESS_COMPLETE: _ClassVar[CodeCompleteness]
    CODE_COMPLETENESS_INCOMPLETE: _ClassVar[CodeCompleteness]
    CODE_COMPLETENESS_INVALID: _ClassVar[CodeCompleteness]
    CODE_COMPLETENESS_UNKNOWN: _ClassVar[CodeCompleteness]
EXECUTION_STATE_UNSPECIFIED: ExecutionState
EXECUTION_STATE_QUEUED: ExecutionState
EXECUTION_STATE_RUNNING: ExecutionState
EXECUTION_STATE_SUCCEEDED: ExecutionState
EXECUTION_STATE_FAILED: ExecutionState
EXECUTION_STATE_CANCELLED: ExecutionState
EXECUTION_STATE_TIMED_OUT: ExecutionState
EXECUTION_STATE_ABORTED: ExecutionState
EXECUTION_STATE_LOST: ExecutionState
STOP_STEP_UNSPECIFIED: StopStep
STOP_STEP_DROPPED: StopStep
STOP_STEP_INTERRUPTED: StopStep
STOP_STEP_KERNEL_RESTARTED: StopStep
ON_DISCONNECT_UNSPECIFIED: OnDisconnect
ON_DISCONNECT_CONTINUE: OnDisconnect
ON_DISCONNECT_CANCEL: OnDisconnect
ON_OUTPUT_LIMIT_UNSPECIFIED: OnOutputLimit
ON_OUTPUT_LIMIT_DISCARD: OnOutputLimit
ON_OUTPUT_LIMIT_INTERRUPT: OnOutputLimit
GAP_REASON_UNSPECIFIED: GapReason
GAP_REASON_TRIMMED: GapReason
GAP_REASON_STORAGE_FULL: GapReason
GAP_REASON_NOT_RECORDED: GapReason
GAP_REASON_TOO_LARGE: GapReason
GAP_REASON_OUTPUT_LIMIT: GapReason
INSPECT_DETAIL_UNSPECIFIED: InspectDetail
INSPECT_DETAIL_DOCUMENTATION: InspectDetail
INSPECT_DETAIL_SOURCE: InspectDetail
CODE_COMPLETENESS_UNSPECIFIED: CodeCompleteness
CODE_COMPLETENESS_COMPLETE: CodeCompleteness
CODE_COMPLETENESS_INCOMPLETE: CodeCompleteness
CODE_COMPLETENESS_INVALID: CodeCompleteness
CODE_COMPLETENESS_UNKNOWN: CodeCompleteness

class Execution(_message.Message):
    __slots__ = ("execution_id", "kernel_id", "session_id", "state", "code", "execution_count", "error", "kernel_exit", "queue_time", "start_time", "finish_time", "first_seq", "next_seq", "user_expressions", "stop_step")
    class UserExpressionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ExpressionResult
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ExpressionResult, _Mapping]] = ...) -> None: ...
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    KERNEL_EXIT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQ_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    USER_EXPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    STOP_STEP_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    kernel_id: str
    session_id: str
    state: ExecutionState
    code: str
    execution_count: int
    error: ErrorOutput
    kernel_exit: _kernels_pb2.KernelExit
    queue_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    first_seq: int
    next_seq: int
    user_expressions: _containers.MessageMap[str, ExpressionResult]
    stop_step: StopStep
    def __init__(self, execution_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., session_id: _Optional[str] = ..., state: _Optional[_Union[ExecutionState, str]] = ..., code: _Optional[str] = ..., execution_count: _Optional[int] = ..., error: _Optional[_Union[ErrorOutput, _Mapping]] = ..., kernel_exit: _Optional[_Union[_kernels_pb2.KernelExit, _Mapping]] = ..., queue_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., first_seq: _Optional[int] = ..., next_seq: _Optional[int] = ..., user_expressions: _Optional[_Mapping[str, ExpressionResult]] = ..., stop_step: _Optional[_Union[StopStep, str]] = ...) -> None: ...

class ExpressionResult(_message.Message):
    __slots__ = ("value", "error")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    value: MimeBundle
    error: ErrorOutput
    def __init__(self, value: _Optional[_Union[MimeBundle, _Mapping]] = ..., error: _Optional[_Union[ErrorOutput, _Mapping]] = ...) -> None: ...

class ExecuteRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "code", "silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error", "timeout", "request_id", "on_disconnect", "max_output_bytes", "on_output_limit")
    class UserExpressionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    STORE_HISTORY_FIELD_NUMBER: _ClassVar[int]
    USER_EXPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_STDIN_FIELD_NUMBER: _ClassVar[int]
    STOP_ON_ERROR_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    ON_OUTPUT_LIMIT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    code: str
    silent: bool
    store_history: bool
    user_expressions: _containers.ScalarMap[str, str]
    allow_stdin: bool
    stop_on_error: bool
    timeout: _duration_pb2.Duration
    request_id: str
    on_disconnect: OnDisconnect
    max_output_bytes: int
    on_output_limit: OnOutputLimit
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., code: _Optional[str] = ..., silent: bool = ..., store_history: bool = ..., user_expressions: _Optional[_Mapping[str, str]] = ..., allow_stdin: bool = ..., stop_on_error: bool = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ..., on_disconnect: _Optional[_Union[OnDisconnect, str]] = ..., max_output_bytes: _Optional[int] = ..., on_output_limit: _Optional[_Union[OnOutputLimit, str]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("events", "next_seq")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ExecutionEvent]
    next_seq: int
    def __init__(self, events: _Optional[_Iterable[_Union[ExecutionEvent, _Mapping]]] = ..., next_seq: _Optional[int] = ...) -> None: ...

class AttachExecutionRequest(_message.Message):
    __slots__ = ("execution_id", "from_seq")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    from_seq: int
    def __init__(self, execution_id: _Optional[str] = ..., from_seq: _Optional[int] = ...) -> None: ...

class AttachExecutionResponse(_message.Message):
    __slots__ = ("events", "next_seq")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQ_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ExecutionEvent]
    next_seq: int
    def __init__(self, events: _Optional[_Iterable[_Union[ExecutionEvent, _Mapping]]] = ..., next_seq: _Optional[int] = ...) -> None: ...

class ExecutionEvent(_message.Message):
    __slots__ = ("seq", "time", "accepted", "started", "stream", "display_data", "update_display_data", "execute_result", "error", "clear_output", "input_request", "gap", "finished")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_DATA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_DISPLAY_DATA_FIELD_NUMBER: _ClassVar[int]
    EXECUTE_RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CLEAR_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: _timestamp_pb2.Timestamp
    accepted: ExecutionAccepted
    started: ExecutionStarted
    stream: StreamOutput
    display_data: DisplayData
    update_display_data: DisplayData
    execute_result: ExecuteResult
    error: ErrorOutput
    clear_output: ClearOutput
    input_request: InputRequest
    gap: OutputGap
    finished: ExecutionFinished
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted: _Optional[_Union[ExecutionAccepted, _Mapping]] = ..., started: _Optional[_Union[ExecutionStarted, _Mapping]] = ..., stream: _Optional[_Union[StreamOutput, _Mapping]] = ..., display_data: _Optional[_Union[DisplayData, _Mapping]] = ..., update_display_data: _Optional[_Union[DisplayData, _Mapping]] = ..., execute_result: _Optional[_Union[ExecuteResult, _Mapping]] = ..., error: _Optional[_Union[ErrorOutput, _Mapping]] = ..., clear_output: _Optional[_Union[ClearOutput, _Mapping]] = ..., input_request: _Optional[_Union[InputRequest, _Mapping]] = ..., gap: _Optional[_Union[OutputGap, _Mapping]] = ..., finished: _Optional[_Union[ExecutionFinished, _Mapping]] = ...) -> None: ...

class ExecutionAccepted(_message.Message):
    __slots__ = ("execution_id", "kernel_id")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    kernel_id: str
    def __init__(self, execution_id: _Optional[str] = ..., kernel_id: _Optional[str] = ...) -> None: ...

class ExecutionStarted(_message.Message):
    __slots__ = ("execution_count",)
    EXECUTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    execution_count: int
    def __init__(self, execution_count: _Optional[int] = ...) -> None: ...

class StreamOutput(_message.Message):
    __slots__ = ("name", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class MimeBundle(_message.Message):
    __slots__ = ("parts",)
    PARTS_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedCompositeFieldContainer[MimePart]
    def __init__(self, parts: _Optional[_Iterable[_Union[MimePart, _Mapping]]] = ...) -> None: ...

class MimePart(_message.Message):
    __slots__ = ("mime_type", "text", "json", "data")
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    mime_type: str
    text: str
    json: str
    data: bytes
    def __init__(self, mime_type: _Optional[str] = ..., text: _Optional[str] = ..., json: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class DisplayData(_message.Message):
    __slots__ = ("data", "metadata_json", "display_id", "transient_json")
    DATA_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    TRANSIENT_JSON_FIELD_NUMBER: _ClassVar[int]
    data: MimeBundle
    metadata_json: str
    display_id: str
    transient_json: str
    def __init__(self, data: _Optional[_Union[MimeBundle, _Mapping]] = ..., metadata_json: _Optional[str] = ..., display_id: _Optional[str] = ..., transient_json: _Optional[str] = ...) -> None: ...

class ExecuteResult(_message.Message):
    __slots__ = ("data", "metadata_json", "execution_count")
    DATA_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    data: MimeBundle
    metadata_json: str
    execution_count: int
    def __init__(self, data: _Optional[_Union[MimeBundle, _Mapping]] = ..., metadata_json: _Optional[str] = ..., execution_count: _Optional[int] = ...) -> None: ...

class ErrorOutput(_message.Message):
    __slots__ = ("ename", "evalue", "traceback")
    ENAME_FIELD_NUMBER: _ClassVar[int]
    EVALUE_FIELD_NUMBER: _ClassVar[int]
    TRACEBACK_FIELD_NUMBER: _ClassVar[int]
    ename: str
    evalue: str
    traceback: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ename: _Optional[str] = ..., evalue: _Optional[str] = ..., traceback: _Optional[_Iterable[str]] = ...) -> None: ...

class ClearOutput(_message.Message):
    __slots__ = ("wait",)
    WAIT_FIELD_NUMBER: _ClassVar[int]
    wait: bool
    def __init__(self, wait: bool = ...) -> None: ...

class InputRequest(_message.Message):
    __slots__ = ("input_request_id", "prompt", "password")
    INPUT_REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    input_request_id: str
    prompt: str
    password: bool
    def __init__(self, input_request_id: _Optional[str] = ..., prompt: _Optional[str] = ..., password: bool = ...) -> None: ...

class OutputGap(_message.Message):
    __slots__ = ("missing_count", "reason")
    MISSING_COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    missing_count: int
    reason: GapReason
    def __init__(self, missing_count: _Optional[int] = ..., reason: _Optional[_Union[GapReason, str]] = ...) -> None: ...

class ExecutionFinished(_message.Message):
    __slots__ = ("execution",)
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ...) -> None: ...

class GetExecutionRequest(_message.Message):
    __slots__ = ("execution_id", "include_events", "page_size_bytes", "page_token")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    include_events: bool
    page_size_bytes: int
    page_token: str
    def __init__(self, execution_id: _Optional[str] = ..., include_events: bool = ..., page_size_bytes: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetExecutionResponse(_message.Message):
    __slots__ = ("execution", "events", "next_page_token")
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    events: _containers.RepeatedCompositeFieldContainer[ExecutionEvent]
    next_page_token: str
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ..., events: _Optional[_Iterable[_Union[ExecutionEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListExecutionsRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "states", "page_size", "page_token")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    states: _containers.RepeatedScalarFieldContainer[ExecutionState]
    page_size: int
    page_token: str
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., states: _Optional[_Iterable[_Union[ExecutionState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListExecutionsResponse(_message.Message):
    __slots__ = ("executions", "next_page_token")
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[Execution]
    next_page_token: str
    def __init__(self, executions: _Optional[_Iterable[_Union[Execution, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelExecutionRequest(_message.Message):
    __slots__ = ("execution_id",)
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    def __init__(self, execution_id: _Optional[str] = ...) -> None: ...

class CancelExecutionResponse(_message.Message):
    __slots__ = ("execution",)
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    execution: Execution
    def __init__(self, execution: _Optional[_Union[Execution, _Mapping]] = ...) -> None: ...

class SendInputRequest(_message.Message):
    __slots__ = ("execution_id", "input_request_id", "value")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    INPUT_REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    input_request_id: str
    value: str
    def __init__(self, execution_id: _Optional[str] = ..., input_request_id: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class SendInputResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompleteRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "code", "cursor_position")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_POSITION_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    code: str
    cursor_position: int
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., code: _Optional[str] = ..., cursor_position: _Optional[int] = ...) -> None: ...

class CompleteResponse(_message.Message):
    __slots__ = ("matches", "cursor_start", "cursor_end", "metadata_json")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    CURSOR_START_FIELD_NUMBER: _ClassVar[int]
    CURSOR_END_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedScalarFieldContainer[str]
    cursor_start: int
    cursor_end: int
    metadata_json: str
    def __init__(self, matches: _Optional[_Iterable[str]] = ..., cursor_start: _Optional[int] = ..., cursor_end: _Optional[int] = ..., metadata_json: _Optional[str] = ...) -> None: ...

class InspectRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "code", "cursor_position", "detail")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_POSITION_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    code: str
    cursor_position: int
    detail: InspectDetail
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., code: _Optional[str] = ..., cursor_position: _Optional[int] = ..., detail: _Optional[_Union[InspectDetail, str]] = ...) -> None: ...

class InspectResponse(_message.Message):
    __slots__ = ("found", "data", "metadata_json")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    METADATA_JSON_FIELD_NUMBER: _ClassVar[int]
    found: bool
    data: MimeBundle
    metadata_json: str
    def __init__(self, found: bool = ..., data: _Optional[_Union[MimeBundle, _Mapping]] = ..., metadata_json: _Optional[str] = ...) -> None: ...

class IsCompleteRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "code")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    code: str
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class IsCompleteResponse(_message.Message):
    __slots__ = ("completeness", "indent")
    COMPLETENESS_FIELD_NUMBER: _ClassVar[int]
    INDENT_FIELD_NUMBER: _ClassVar[int]
    completeness: CodeCompleteness
    indent: str
    def __init__(self, completeness: _Optional[_Union[CodeCompleteness, str]] = ..., indent: _Optional[str] = ...) -> None: ...

class HistoryRequest(_message.Message):
    __slots__ = ("session_id", "kernel_id", "tail_count", "range", "search", "raw", "output")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KERNEL_ID_FIELD_NUMBER: _ClassVar[int]
    TAIL_COUNT_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    kernel_id: str
    tail_count: int
    range: HistoryRange
    search: HistorySearch
    raw: bool
    output: bool
    def __init__(self, session_id: _Optional[str] = ..., kernel_id: _Optional[str] = ..., tail_count: _Optional[int] = ..., range: _Optional[_Union[HistoryRange, _Mapping]] = ..., search: _Optional[_Union[HistorySearch, _Mapping]] = ..., raw: bool = ..., output: bool = ...) -> None: ...

class HistoryRange(_message.Message):
    __slots__ = ("history_session", "start", "stop")
    HISTORY_SESSION_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    history_session: int
    start: int
    stop: int
    def __init__(self, history_session: _Optional[int] = ..., start: _Optional[int] = ..., stop: _Optional[int] = ...) -> None: ...

class HistorySearch(_message.Message):
    __slots__ = ("pattern", "count", "unique")
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    pattern: str
    count: int
    unique: bool
    def __init__(self, pattern: _Optional[str] = ..., count: _Optional[int] = ..., unique: bool = ...) -> None: ...

class HistoryResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[HistoryEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[HistoryEntry, _Mapping]]] = ...) -> None: ...

class HistoryEntry(_message.Message):
    __slots__ = ("history_session", "line", "input", "output")
    HISTORY_SESSION_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    history_session: int
    line: int
    input: str
    output: str
    def __init__(self, history_session: _Optional[int] = ..., line: _Optional[int] = ..., input: _Optional[str] = ..., output: _Optional[str] = ...) -> None: ...
