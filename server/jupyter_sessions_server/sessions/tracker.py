"""ExecutionTracker: from a kernel's journal to the state of one execution."""

from dataclasses import replace

from jupyter_sessions_server.model import (
    Channel,
    Code,
    Execution,
    ExecutionRecord,
    ExecutionState,
    Gap,
    InputWanted,
    JournalRecord,
    KernelExit,
    Message,
    ProcessExited,
    ProcessStarted,
    StopStep,
)
from jupyter_sessions_server.sessions.messages import execution_state, is_of_subshell, parse_json
from jupyter_sessions_server.sessions.outputs import (
    count_in,
    error_in,
    expressions_in,
    input_in,
    is_output,
    shortened,
)

_STATE_BY_STATUS = {
    "ok": ExecutionState.SUCCEEDED,
    "error": ExecutionState.FAILED,
    "aborted": ExecutionState.ABORTED,
    "abort": ExecutionState.ABORTED,  # what older kernels say
}


class ExecutionTracker:
    """Applies a kernel's records in order; most of them are not this execution's.

    `record` is what has become of it by now; what is stored of it is enough to go on from there. It
    is made when it is asked for: what is asked with each message has a property of its own.
    """

    def __init__(self, record: ExecutionRecord, *, output_limit_bytes: int) -> None:
        self._record = record
        self.execution_id = record.execution.execution_id
        self._next_seq = record.execution.next_seq
        self._output_bytes = record.trace.output_bytes
        self.version = 0
        """Rises with all but what is only counted: its messages, and their bytes."""
        asked = record.request.output_limit_bytes or output_limit_bytes
        self._output_limit_bytes = min(asked, output_limit_bytes)

    @property
    def record(self) -> ExecutionRecord:
        """What has become of it by now."""
        if self._record.execution.next_seq != self._next_seq:
            self._change_execution()
        if self._record.trace.output_bytes != self._output_bytes:
            self._change_trace()
        return self._record

    @property
    def execution(self) -> Execution:
        """How far it has come."""
        return self.record.execution

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self._record.execution.finished

    @property
    def awaits_reply(self) -> bool:
        """Whether the kernel has done with it, and has not replied."""
        trace = self._record.trace
        return trace.idle and trace.reply_json is None and not self.finished

    @property
    def was_sent(self) -> bool:
        """Whether it was handed to the kernel."""
        return self._record.sent

    @property
    def after_gap(self) -> bool:
        """Whether records are missing since it was handed over."""
        return self._record.trace.after_gap > 0

    def may_miss(self, gap: Gap) -> bool:
        """Whether what is missing may be of this: not if it waited then."""
        return gap.seq < self._next_seq or gap.seq <= self._record.trace.after_gap

    @property
    def started_ms(self) -> int | None:
        """When the kernel began with it, if it has."""
        return self._record.execution.started_ms

    @property
    def request(self) -> Code:
        """What is run."""
        return self._record.request

    @property
    def next_seq(self) -> int:
        """The number after its last message."""
        return self._next_seq

    @property
    def limit_seq(self) -> int | None:
        """The first record of output over its limit, if there is one."""
        return self._record.trace.limit_seq

    def apply(self, record: JournalRecord) -> None:
        """Learn what this record says of the execution; nothing once it has finished.

        And nothing of what it has learnt already: an earlier server may have stored that, and not
        how far it had read.
        """
        if self.finished or record.seq < self._next_seq or isinstance(record, ProcessStarted):
            return
        if isinstance(record, Message):
            if record.parent_id == self.execution_id:
                self._next_seq = record.seq + 1
                self._apply_own(record)
            elif self._is_next_after_gap(record):
                self.end_in_gap(record.time_ms, record.seq)
        elif isinstance(record, Gap):
            self._trace(after_gap=record.seq)
        elif isinstance(record, ProcessExited):
            self._change(kernel_exit=record.exit)
            self.finish(ExecutionState.LOST, record.time_ms, record.seq)

    def _is_next_after_gap(self, message: Message) -> bool:
        """Whether the kernel begins with something else, and the end of this is in the gap.

        If its beginning is missing too, it may be yet to come: the kernel has to be asked.
        """
        trace = self._record.trace
        begun = self.started_ms is not None or trace.reply_json is not None
        if not begun or not 0 < trace.after_gap < message.seq:
            return False
        return message.msg_type == "execute_input" and not is_of_subshell(message)

    def finish(self, state: ExecutionState, time_ms: int, seq: int | None = None) -> None:
        """End it, by the record of this number, if it was one.

        One that was made to end is called so, unless it has succeeded all the same.
        """
        stopped = self._record.stop_state
        if stopped is not None and state is not ExecutionState.SUCCEEDED:
            state = stopped
        reply, end = self._reply(), self._record.execution.kernel_exit
        failed = state is ExecutionState.FAILED
        last = max(self._next_seq, self._record.trace.after_gap + 1) if seq is None else seq
        self._next_seq = last + 1 + (self._record.trace.unheard_count > 0)
        self._change(
            state=state,
            finished_ms=time_ms,
            execution_count=self._count_in_the_end(reply),
            error=shortened(error_in(reply)) if failed and reply else None,
            kernel_exit=end if state is ExecutionState.LOST else None,
            user_expressions=expressions_in(reply, len(self._record.trace.reply_json or "")),
            pending_input=None,
        )
        self._change_trace(reply_json=None)  # what it said is kept above

    def lose(self, end: KernelExit | None, time_ms: int) -> None:
        """End it with its kernel, before it was handed to it."""
        self._change(kernel_exit=end)
        self.finish(ExecutionState.LOST, time_ms)

    def stop(self, state: ExecutionState, step: StopStep) -> None:
        """Note that it is being made to end, and how."""
        self._record = replace(self.record, stop_state=state)
        self._change(stop_step=step)

    def asks(self, question: InputWanted | None) -> None:
        """Note what it waits with; None: that was answered."""
        self._change(pending_input=question)

    def sent(self, sent: bool = True) -> None:
        """Note that it was handed to the kernel, or that it could not be."""
        self._record = replace(self.record, sent=sent)
        self.version += 1

    def _change(self, **changes: object) -> None:
        self._change_execution(**changes)
        self.version += 1

    def _trace(self, **changes: object) -> None:
        self._change_trace(**changes)
        self.version += 1

    def _change_execution(self, **changes: object) -> None:
        counted = {"next_seq": self._next_seq, **changes}
        execution = replace(self._record.execution, **counted)  # type: ignore[arg-type]
        self._record = replace(self._record, execution=execution)

    def _change_trace(self, **changes: object) -> None:
        counted = {"output_bytes": self._output_bytes, **changes}
        trace = replace(self._record.trace, **counted)  # type: ignore[arg-type]
        self._record = replace(self._record, trace=trace)

    def _apply_own(self, message: Message) -> None:
        if self.after_gap and self.started_ms is None and message.channel is not Channel.SHELL:
            self._start(message.time_ms, 0)  # what told so is missing
        if message.msg_type == "execute_reply" and message.channel is Channel.SHELL:
            self._trace(reply_json=message.content.decode("utf-8", "surrogateescape"))
        elif message.msg_type == "status":
            idle = execution_state(message) == "idle"
            if idle != self._record.trace.idle:
                self._trace(idle=idle)
            if not idle and self.request.silent and self.started_ms is None:
                self._start(message.time_ms, 0)
        elif message.msg_type == "execute_input" and not self.request.silent:
            self._start(message.time_ms, count_in(parse_json(message.content)))
        elif message.msg_type == "input_request":
            self.asks(input_in(parse_json(message.content), message))
        elif is_output(message):
            self._count_output(message)
        self._end_if_over(message)

    def _start(self, time_ms: int, count: int) -> None:
        """A kernel tells its input, except of silent code: that begins when the kernel is busy."""
        self._change(state=ExecutionState.RUNNING, started_ms=time_ms, execution_count=count)

    def _count_output(self, message: Message) -> None:
        trace = self._record.trace
        self._output_bytes += message.size
        if trace.limit_seq is not None:
            self._trace(unheard_count=trace.unheard_count + 1)
        elif self._output_bytes > self._output_limit_bytes:
            self._trace(limit_seq=message.seq, unheard_count=1)

    def _end_if_over(self, message: Message) -> None:
        """It is over when the kernel has replied and, on another channel, is idle.

        The two may come in either order, and outputs up to the idle status. What is aborted has no
        outputs.
        """
        state = self._replied_state()
        if state is not None and (self._record.trace.idle or state is ExecutionState.ABORTED):
            self.finish(state, message.time_ms, message.seq)

    def end_in_gap(self, time_ms: int, seq: int | None = None) -> None:
        """It is over, and what told so is missing, or the kernel's reply alone has come."""
        self.finish(self._replied_state() or ExecutionState.LOST, time_ms, seq)

    def end_unanswered(self, time_ms: int) -> None:
        """It is over, and there will be no reply: something went wrong in the kernel."""
        self.finish(ExecutionState.FAILED, time_ms)

    def _replied_state(self) -> ExecutionState | None:
        """What the kernel's reply says, if it came."""
        if self._record.trace.reply_json is None:
            return None
        status = str(self._reply().get("status", ""))
        return _STATE_BY_STATUS.get(status, ExecutionState.FAILED)

    def _reply(self) -> dict[str, object]:
        reply = self._record.trace.reply_json
        return {} if reply is None else parse_json(reply.encode("utf-8", "surrogateescape"))

    def _count_in_the_end(self, reply: dict[str, object]) -> int:
        """What it was started with; a reply has a count even if the code was silent."""
        execution = self._record.execution
        if self._record.trace.after_gap and not execution.execution_count:
            return count_in(reply)
        return execution.execution_count
