"""Records of a kernel's journal, as a kernel of three lines would have them written."""

import json

from jupyter_sessions_server.model import (
    Channel,
    Code,
    Execution,
    ExecutionRecord,
    ExecutionState,
    ExitCause,
    Gap,
    GapReason,
    KernelExit,
    Message,
    ProcessExited,
)
from jupyter_sessions_server.sessions.execution_events import ending_of, events_in
from jupyter_sessions_server.sessions.tracker import ExecutionTracker

EXIT = KernelExit(ExitCause.SIGNALED, 1_000, signal=9)

QUEUED = Execution("mine", "k1", None, "1+1", ExecutionState.QUEUED, 1_000, first_seq=1, next_seq=1)


def message(
    msg_type, content, *, parent="mine", channel=Channel.IOPUB, parent_type="execute_request"
):
    """A message, not yet numbered; `content` is JSON or bytes."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()

    def numbered(seq):
        return Message(
            seq=seq,
            time_ms=1_000 + seq,
            channel=channel,
            msg_type=msg_type,
            msg_id=f"m{seq}",
            parent_id=parent,
            parent_type=parent_type,
            header=b"{}",
            parent_header=b"{}",
            metadata=b"{}",
            content=raw,
            buffers=(),
        )

    return numbered


def status(state, **options):
    """The kernel says what it does."""
    return message("status", {"execution_state": state}, **options)


def busy():
    """The kernel begins with the execution."""
    return status("busy")


def idle(**options):
    """The kernel is done with it."""
    return status("idle", **options)


def input_(count=1, **options):
    """The kernel runs the code."""
    return message("execute_input", {"code": "…", "execution_count": count}, **options)


def stream(text, **options):
    """The code printed something."""
    return message("stream", {"name": "stdout", "text": text}, **options)


def reply(status="ok", **content):
    """The kernel answers the request."""
    return message("execute_reply", {"status": status, **content}, channel=Channel.SHELL)


def exited():
    """The process ended."""
    return lambda seq: ProcessExited(seq, 1_000 + seq, EXIT)


def gap(count=5):
    """Records are missing."""
    return lambda seq: Gap(seq, 1_000 + seq, count, GapReason.TRIMMED)


def project(*records):
    """What becomes of an execution by these records: how it is tracked, and all its events."""
    tracker = ExecutionTracker(
        ExecutionRecord(QUEUED, Code("1+1"), sent=True), output_limit_bytes=10**9
    )
    events = []
    for seq, make in enumerate(records, start=1):
        if not tracker.execution.finished:
            tracker.apply(make(seq))
            if not (tracker.execution.finished and isinstance(make(seq), ProcessExited)):
                events += events_in(tracker, make(seq))
    if tracker.execution.finished:
        events += ending_of(tracker.record)
    return tracker, events
