"""ExecutionProjection: from a kernel's journal to one execution's state and typed outputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jupyter_sessions_server.model import (
    Channel,
    Clear,
    CodeError,
    Display,
    Execution,
    ExecutionEvent,
    ExecutionState,
    Finished,
    Gap,
    InputWanted,
    JournalRecord,
    Message,
    MimeBundle,
    Missing,
    Output,
    ProcessExited,
    ProcessStarted,
    Result,
    Started,
    StreamText,
)
from jupyter_sessions_server.sessions.messages import parse_json

Content = Mapping[str, Any]

_STATE_BY_STATUS = {
    "ok": ExecutionState.SUCCEEDED,
    "error": ExecutionState.FAILED,
    "aborted": ExecutionState.ABORTED,
    "abort": ExecutionState.ABORTED,  # what older kernels say
}


class ExecutionProjection:
    """Applies a kernel's records in order; most of them are not this execution's."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.finished = False
        self._idle = False
        self._after_gap = False
        self._reply: Content | None = None

    def apply(self, record: JournalRecord) -> Iterator[ExecutionEvent]:
        """What this record says of the execution."""
        if self.finished:
            return
        self.execution = replace(self.execution, next_seq=record.seq + 1)
        for output in self._outputs(record):
            yield ExecutionEvent(record.seq, record.time_ms, output)

    def _outputs(self, record: JournalRecord) -> Iterator[Output]:
        if isinstance(record, Gap):
            self._after_gap = True
            yield Missing(record.count, record.reason)
        elif isinstance(record, ProcessExited):
            self.execution = replace(self.execution, kernel_exit=record.exit)
            yield self._finish(ExecutionState.LOST, record.time_ms)
        elif isinstance(record, ProcessStarted):
            return  # the end of the process before it was told already
        elif record.parent_id == self.execution.execution_id:
            yield from self._own_message(record)
        elif self._after_gap and record.msg_type == "execute_input":
            yield self._finish(ExecutionState.LOST, record.time_ms)  # its end was in the gap

    def _own_message(self, message: Message) -> Iterator[Output]:
        content = parse_json(message.content)
        make = _OUTPUT_BY_TYPE.get(message.msg_type)
        if message.msg_type == "execute_reply" and message.channel is Channel.SHELL:
            self._reply = content
        elif message.msg_type == "status":
            self._idle = content.get("execution_state") == "idle"
        elif message.msg_type == "execute_input":
            yield self._start(content, message.time_ms)
        elif make is not None:
            yield make(content, message)
        yield from self._end_if_over(message.time_ms)

    def _start(self, content: Content, time_ms: int) -> Started:
        count = _count(content.get("execution_count"))
        self.execution = replace(
            self.execution,
            state=ExecutionState.RUNNING,
            started_ms=time_ms,
            execution_count=count,
        )
        return Started(count)

    def _end_if_over(self, time_ms: int) -> Iterator[Output]:
        """It is over when the kernel has replied and, on another channel, is idle.

        The two may come in either order, and outputs up to the idle status. What is aborted has no
        outputs; and after a gap the idle status may never come.
        """
        if self._reply is None:
            return
        status = str(self._reply.get("status", ""))
        state = _STATE_BY_STATUS.get(status, ExecutionState.FAILED)
        if self._idle or self._after_gap or state is ExecutionState.ABORTED:
            yield self._finish(state, time_ms)

    def _finish(self, state: ExecutionState, time_ms: int) -> Finished:
        reply = self._reply or {}
        self.finished = True
        self.execution = replace(
            self.execution,
            state=state,
            finished_ms=time_ms,
            execution_count=self._count_in_the_end(reply),
            error=_error(reply) if state is ExecutionState.FAILED else None,
            user_expressions=_expressions(_object(reply.get("user_expressions"))),
        )
        return Finished(self.execution)

    def _count_in_the_end(self, reply: Content) -> int:
        """What it was started with; a reply has a count even if the code was silent."""
        if self._after_gap and not self.execution.execution_count:
            return _count(reply.get("execution_count"))
        return self.execution.execution_count


# Code in a kernel can send anything: what has not the type the protocol says counts as empty.


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _lines(value: object) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else []


def _error(content: Content, _: Message | None = None) -> CodeError:
    return CodeError(
        ename=str(content.get("ename", "")),
        evalue=str(content.get("evalue", "")),
        traceback=_lines(content.get("traceback")),
    )


def _expressions(results: Content) -> dict[str, MimeBundle | CodeError]:
    return {name: _expression(_object(result)) for name, result in results.items()}


def _expression(result: Content) -> MimeBundle | CodeError:
    return _error(result) if result.get("status") == "error" else _object(result.get("data"))


def _display(content: Content, message: Message) -> Display:
    return Display(
        data=_object(content.get("data")),
        metadata=_object(content.get("metadata")),
        transient=_object(content.get("transient")),
        update=message.msg_type == "update_display_data",
    )


def _result(content: Content, _: Message) -> Result:
    return Result(
        data=_object(content.get("data")),
        metadata=_object(content.get("metadata")),
        execution_count=_count(content.get("execution_count")),
    )


def _stream(content: Content, _: Message) -> StreamText:
    return StreamText(str(content.get("name", "stdout")), str(content.get("text", "")))


def _clear(content: Content, _: Message) -> Clear:
    return Clear(bool(content.get("wait")))


def _input(content: Content, message: Message) -> InputWanted:
    prompt = str(content.get("prompt", ""))
    return InputWanted(message.msg_id, prompt, bool(content.get("password")))


_OUTPUT_BY_TYPE: dict[str, Callable[[Content, Message], Output]] = {
    "clear_output": _clear,
    "display_data": _display,
    "error": _error,
    "execute_result": _result,
    "input_request": _input,
    "stream": _stream,
    "update_display_data": _display,
}
