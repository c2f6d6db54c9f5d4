"""Executions and their outputs: model ↔ protobuf."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server import model
from jupyter_sessions_server.rpc.convert import kernel_exit_to_pb, timestamp_to_pb
from jupyter_sessions_server.sessions.executions import Code

T = TypeVar("T")

EXECUTION_STATE_TO_PB: dict[model.ExecutionState, pb.ExecutionState] = {
    state: getattr(pb, f"EXECUTION_STATE_{state.name}") for state in model.ExecutionState
}
GAP_REASON_TO_PB: dict[model.GapReason, pb.GapReason] = {
    reason: getattr(pb, f"GAP_REASON_{reason.name}") for reason in model.GapReason
}

_TEXT_TYPES = ("text/", "application/javascript", "application/ecmascript")


def code_from_pb(request: pb.ExecuteRequest) -> Code:
    """What to run."""
    store_history = not request.silent
    if request.HasField("store_history"):
        store_history = request.store_history
    return Code(
        code=request.code,
        silent=request.silent,
        store_history=store_history,
        user_expressions=dict(request.user_expressions),
        stop_on_error=request.stop_on_error if request.HasField("stop_on_error") else True,
    )


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
        code=execution.code,
        execution_count=execution.execution_count,
        error=None if execution.error is None else error_to_pb(execution.error),
        kernel_exit=None if end is None else kernel_exit_to_pb(end),
        queue_time=timestamp_to_pb(execution.queued_ms),
        start_time=_optional(execution.started_ms, timestamp_to_pb),
        finish_time=_optional(execution.finished_ms, timestamp_to_pb),
        first_seq=execution.first_seq,
        next_seq=execution.next_seq,
        user_expressions={
            _utf8(name): _expression_to_pb(result)
            for name, result in execution.user_expressions.items()
        },
    )


def _optional(value: int | None, convert: Callable[[int], T]) -> T | None:
    return None if value is None else convert(value)


def error_to_pb(error: model.CodeError) -> pb.ErrorOutput:
    """An error that code raised."""
    return pb.ErrorOutput(
        ename=_utf8(error.ename),
        evalue=_utf8(error.evalue),
        traceback=[_utf8(line) for line in error.traceback],
    )


def _expression_to_pb(result: model.MimeBundle | model.CodeError) -> pb.ExpressionResult:
    if isinstance(result, model.CodeError):
        return pb.ExpressionResult(error=error_to_pb(result))
    return pb.ExpressionResult(value=bundle_to_pb(result))


def bundle_to_pb(bundle: model.MimeBundle) -> pb.MimeBundle:
    """Text as text, JSON as JSON, and what the protocol has in base64 as bytes."""
    return pb.MimeBundle(parts=[_part_to_pb(kind, content) for kind, content in bundle.items()])


def _part_to_pb(mime_type: str, content: object) -> pb.MimePart:
    is_json = mime_type == "application/json" or mime_type.endswith("+json")
    if is_json or not isinstance(content, str):
        return pb.MimePart(mime_type=_utf8(mime_type), json=_json(content))
    if not (mime_type.startswith(_TEXT_TYPES) or mime_type.endswith("+xml")):
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError):
            pass  # a kernel's own type of text
        else:
            return pb.MimePart(mime_type=_utf8(mime_type), data=data)
    return pb.MimePart(mime_type=_utf8(mime_type), text=_utf8(content))


def _json(content: object) -> str:
    return _utf8(json.dumps(content, ensure_ascii=False))


def _json_or_nothing(content: Mapping[str, object]) -> str:
    return _json(content) if content else ""


def _utf8(text: str) -> str:
    """The text without lone surrogates, which kernels can print and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _set_accepted(message: pb.ExecutionEvent, accepted: model.Accepted) -> None:
    message.accepted.execution_id = accepted.execution_id
    message.accepted.kernel_id = accepted.kernel_id


def _set_started(message: pb.ExecutionEvent, started: model.Started) -> None:
    message.started.execution_count = started.execution_count
    message.started.SetInParent()


def _set_stream(message: pb.ExecutionEvent, stream: model.StreamText) -> None:
    message.stream.name = _utf8(stream.name)
    message.stream.text = _utf8(stream.text)


def _set_display(message: pb.ExecutionEvent, display: model.Display) -> None:
    made = pb.DisplayData(
        data=bundle_to_pb(display.data),
        metadata_json=_json_or_nothing(display.metadata),
        display_id=_utf8(str(display.transient.get("display_id") or "")),
        transient_json=_json_or_nothing(display.transient),
    )
    (message.update_display_data if display.update else message.display_data).CopyFrom(made)


def _set_result(message: pb.ExecutionEvent, result: model.Result) -> None:
    message.execute_result.CopyFrom(
        pb.ExecuteResult(
            data=bundle_to_pb(result.data),
            metadata_json=_json_or_nothing(result.metadata),
            execution_count=result.execution_count,
        )
    )


def _set_error(message: pb.ExecutionEvent, error: model.CodeError) -> None:
    message.error.CopyFrom(error_to_pb(error))


def _set_clear(message: pb.ExecutionEvent, clear: model.Clear) -> None:
    message.clear_output.wait = clear.wait
    message.clear_output.SetInParent()


def _set_input(message: pb.ExecutionEvent, wanted: model.InputWanted) -> None:
    message.input_request.input_request_id = _utf8(wanted.input_request_id)
    message.input_request.prompt = _utf8(wanted.prompt)
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
