"""Executions and their outputs: model ↔ protobuf."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pybase64

from jupyter_sessions.media_types import is_of_bytes
from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server import model
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.convert import kernel_exit_to_pb, timestamp_to_pb
from jupyter_sessions_server.rpc.convert_text import json_or_nothing, json_text, utf8

T = TypeVar("T")

EXECUTION_STATE_TO_PB: dict[model.ExecutionState, pb.ExecutionState] = {
    state: getattr(pb, f"EXECUTION_STATE_{state.name}") for state in model.ExecutionState
}
_STATE_BY_NUMBER: dict[int, model.ExecutionState] = {
    int(number): state for state, number in EXECUTION_STATE_TO_PB.items()
}
STOP_STEP_TO_PB: dict[model.StopStep, pb.StopStep] = {
    step: getattr(pb, f"STOP_STEP_{step.name}") for step in model.StopStep
}
GAP_REASON_TO_PB: dict[model.GapReason, pb.GapReason] = {
    reason: getattr(pb, f"GAP_REASON_{reason.name}") for reason in model.GapReason
}


def execution_states_from_pb(field: str, numbers: Sequence[int]) -> frozenset[model.ExecutionState]:
    """Which states are asked for."""
    for number in numbers:
        check.enum(field, number, _STATE_BY_NUMBER)
    return frozenset(_STATE_BY_NUMBER[number] for number in numbers)


def code_from_pb(request: pb.ExecuteRequest) -> model.Code:
    """What to run; raises InvalidField for what is malformed."""
    check.code("code", request.code)
    check.enum("on_disconnect", request.on_disconnect, pb.OnDisconnect.values())
    check.enum("on_output_limit", request.on_output_limit, pb.OnOutputLimit.values())
    check.text("request_id", request.request_id, check.MAX_REQUEST_ID_BYTES)
    store_history = not request.silent
    if request.HasField("store_history"):
        store_history = request.store_history
    return model.Code(
        code=request.code,
        silent=request.silent,
        store_history=store_history,
        user_expressions=dict(request.user_expressions),
        allow_stdin=request.allow_stdin,
        stop_on_error=request.stop_on_error if request.HasField("stop_on_error") else True,
        timeout_ms=_timeout_ms(request) if request.HasField("timeout") else None,
        output_limit_bytes=check.not_negative("max_output_bytes", request.max_output_bytes) or None,
        interrupt_at_limit=request.on_output_limit == pb.ON_OUTPUT_LIMIT_INTERRUPT,
    )


def _timeout_ms(request: pb.ExecuteRequest) -> int:
    """At least a millisecond."""
    timeout = request.timeout
    ms = timeout.seconds * 1000 + timeout.nanos // 1_000_000
    if ms < 1 or timeout.seconds < 0 or timeout.nanos < 0:
        raise InvalidField("timeout", "is less than a millisecond")
    if ms > check.MAX_TIMEOUT_MS:
        raise InvalidField("timeout", "is more than a year", limit=check.MAX_TIMEOUT_MS)
    return ms


def event_to_pb(event: model.ExecutionEvent) -> pb.ExecutionEvent:
    """An event, whatever its kind."""
    message = pb.ExecutionEvent(seq=event.seq, time=timestamp_to_pb(event.time_ms))
    _SET_OUTPUT[type(event.output)](message, event.output)
    return message


def execution_to_pb(execution: model.Execution) -> pb.Execution:
    """An execution as it is."""
    end = execution.kernel_exit
    return pb.Execution(
        execution_id=execution.execution_id,
        kernel_id=execution.kernel_id,
        session_id=execution.session_id or "",
        state=EXECUTION_STATE_TO_PB[execution.state],
        code=utf8(execution.code),
        execution_count=execution.execution_count,
        error=None if execution.error is None else error_to_pb(execution.error),
        kernel_exit=None if end is None else kernel_exit_to_pb(end),
        queue_time=timestamp_to_pb(execution.queued_ms),
        start_time=_optional(execution.started_ms, timestamp_to_pb),
        finish_time=_optional(execution.finished_ms, timestamp_to_pb),
        first_seq=execution.first_seq,
        next_seq=execution.next_seq,
        user_expressions={
            utf8(name): _expression_to_pb(result)
            for name, result in execution.user_expressions.items()
        },
        stop_step=None if execution.stop_step is None else STOP_STEP_TO_PB[execution.stop_step],
    )


def _optional(value: int | None, convert: Callable[[int], T]) -> T | None:
    return None if value is None else convert(value)


def error_to_pb(error: model.CodeError) -> pb.ErrorOutput:
    """An error that code raised."""
    return pb.ErrorOutput(
        ename=utf8(error.ename),
        evalue=utf8(error.evalue),
        traceback=[utf8(line) for line in error.traceback],
    )


def _expression_to_pb(result: model.MimeBundle | model.CodeError) -> pb.ExpressionResult:
    if isinstance(result, model.CodeError):
        return pb.ExpressionResult(error=error_to_pb(result))
    return pb.ExpressionResult(value=bundle_to_pb(result))


def bundle_to_pb(bundle: model.MimeBundle) -> pb.MimeBundle:
    """Text as text, JSON as JSON, and what the protocol has in base64 as bytes."""
    message = pb.MimeBundle()
    _set_bundle(message, bundle)
    return message


def _set_bundle(message: pb.MimeBundle, bundle: model.MimeBundle) -> None:
    """In place: an image is large, and to put one message into another copies it."""
    for mime_type, content in bundle.items():
        _set_part(message.parts.add(mime_type=utf8(mime_type)), mime_type, content)


def _set_part(part: pb.MimePart, mime_type: str, content: object) -> None:
    is_json = mime_type == "application/json" or mime_type.endswith("+json")
    if is_json or not isinstance(content, str):
        part.json = json_text(content)
        return
    data = _from_base64(content) if is_of_bytes(mime_type) else None
    if data is None:
        part.text = utf8(content)
    else:
        part.data = data


def _from_base64(content: str) -> bytes | None:
    """The bytes; None if it is none."""
    try:
        return pybase64.b64decode(content, validate=True)
    except ValueError:
        pass  # it may be broken into lines
    try:
        return pybase64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        return None


def _set_accepted(message: pb.ExecutionEvent, accepted: model.Accepted) -> None:
    message.accepted.execution_id = accepted.execution_id
    message.accepted.kernel_id = accepted.kernel_id


def _set_started(message: pb.ExecutionEvent, started: model.Started) -> None:
    message.started.execution_count = started.execution_count
    message.started.SetInParent()


def _set_stream(message: pb.ExecutionEvent, stream: model.StreamText) -> None:
    message.stream.name = utf8(stream.name)
    message.stream.text = utf8(stream.text)


def _set_display(message: pb.ExecutionEvent, display: model.Display) -> None:
    made = message.update_display_data if display.update else message.display_data
    made.data.SetInParent()
    _set_bundle(made.data, display.data)
    made.metadata_json = json_or_nothing(display.metadata)
    made.display_id = utf8(str(display.transient.get("display_id") or ""))
    made.transient_json = json_or_nothing(display.transient)


def _set_result(message: pb.ExecutionEvent, result: model.Result) -> None:
    made = message.execute_result
    made.data.SetInParent()
    _set_bundle(made.data, result.data)
    made.metadata_json = json_or_nothing(result.metadata)
    made.execution_count = result.execution_count


def _set_error(message: pb.ExecutionEvent, error: model.CodeError) -> None:
    message.error.CopyFrom(error_to_pb(error))


def _set_clear(message: pb.ExecutionEvent, clear: model.Clear) -> None:
    message.clear_output.wait = clear.wait
    message.clear_output.SetInParent()


def _set_input(message: pb.ExecutionEvent, wanted: model.InputWanted) -> None:
    message.input_request.input_request_id = utf8(wanted.input_request_id)
    message.input_request.prompt = utf8(wanted.prompt)
    message.input_request.password = wanted.password


def _set_gap(message: pb.ExecutionEvent, missing: model.Missing) -> None:
    message.gap.missing_count = missing.count
    message.gap.reason = GAP_REASON_TO_PB[missing.reason]


def _set_finished(message: pb.ExecutionEvent, finished: model.Finished) -> None:
    message.finished.execution.CopyFrom(execution_to_pb(finished.execution))


_SET_OUTPUT: dict[type, Callable[[pb.ExecutionEvent, Any], None]] = {
    model.Accepted: _set_accepted,
    model.Started: _set_started,
    model.StreamText: _set_stream,
    model.Display: _set_display,
    model.Result: _set_result,
    model.CodeError: _set_error,
    model.Clear: _set_clear,
    model.InputWanted: _set_input,
    model.Missing: _set_gap,
    model.Finished: _set_finished,
}
