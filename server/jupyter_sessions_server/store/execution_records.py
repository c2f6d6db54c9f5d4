"""ExecutionRecords as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jupyter_sessions_server.model import (
    Code,
    CodeError,
    Execution,
    ExecutionRecord,
    ExecutionState,
    ExecutionTrace,
    ExitCause,
    InputWanted,
    KernelExit,
    MimeBundle,
    StopStep,
)


def to_json(record: ExecutionRecord) -> str:
    """All of it; what is empty is left out."""
    execution = record.execution
    parts = {
        "execution": {
            **_plain(execution, _EXECUTION_FIELDS),
            "state": execution.state.value,
            "error": execution.error and asdict(execution.error),
            "kernel_exit": execution.kernel_exit and _exit_to_dict(execution.kernel_exit),
            "stop_step": execution.stop_step and execution.stop_step.value,
            "pending_input": execution.pending_input and asdict(execution.pending_input),
            "user_expressions": _expressions_to_dict(execution.user_expressions),
        },
        "request": _plain(record.request, _CODE_FIELDS),
        "taken_up": record.taken_up,
        "sent": record.sent,
        "stop_state": record.stop_state and record.stop_state.value,
        "trace": _plain(record.trace, _TRACE_FIELDS),
    }
    return json.dumps(parts, separators=(",", ":"))


def from_json(text: str, request_id: str | None, fingerprint: str) -> ExecutionRecord:
    """The record that was written."""
    parts = json.loads(text)
    stop_state = parts["stop_state"]
    return ExecutionRecord(
        execution=_execution(parts["execution"]),
        request=Code(**parts["request"]),
        request_id=request_id or "",
        fingerprint=fingerprint,
        taken_up=parts.get("taken_up", False),
        sent=parts["sent"],
        stop_state=ExecutionState(stop_state) if stop_state else None,
        trace=ExecutionTrace(**parts["trace"]),
    )


_EXECUTION_FIELDS = (
    "execution_id", "kernel_id", "session_id", "code", "queued_ms", "first_seq", "next_seq",
    "started_ms", "finished_ms", "execution_count", "owner",
)  # fmt: skip
_CODE_FIELDS = tuple(Code.__dataclass_fields__)
_TRACE_FIELDS = tuple(ExecutionTrace.__dataclass_fields__)


def _plain(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _execution(fields: dict[str, Any]) -> Execution:
    error, end = fields.pop("error"), fields.pop("kernel_exit")
    step, question = fields.pop("stop_step"), fields.pop("pending_input")
    expressions = fields.pop("user_expressions")
    return Execution(
        **{**fields, "state": ExecutionState(fields["state"])},
        error=CodeError(**error) if error else None,
        kernel_exit=KernelExit(**{**end, "cause": ExitCause(end["cause"])}) if end else None,
        stop_step=StopStep(step) if step else None,
        pending_input=InputWanted(**question) if question else None,
        user_expressions=_expressions_from_dict(expressions),
    )


def _exit_to_dict(end: KernelExit) -> dict[str, Any]:
    return {**asdict(end), "cause": end.cause.value}


def _expressions_to_dict(
    expressions: Mapping[str, MimeBundle | CodeError],
) -> dict[str, dict[str, Any]]:
    return {
        name: {"error": asdict(result)} if isinstance(result, CodeError) else {"value": result}
        for name, result in expressions.items()
    }


def _expressions_from_dict(
    fields: Mapping[str, dict[str, Any]],
) -> dict[str, MimeBundle | CodeError]:
    return {
        name: CodeError(**result["error"]) if "error" in result else result["value"]
        for name, result in fields.items()
    }
