"""The keeper's own records in a journal: the first and the last one of each process."""

import contextlib
import json
import logging
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Kind, Limits, Record
from jupyter_sessions_server.journal.reader import JournalReader, end_of
from jupyter_sessions_server.journal.writer import JournalWriter
from jupyter_sessions_server.keeper.exits import ExitEvent
from jupyter_sessions_server.keeper.protocol import Cause, Mode

log = logging.getLogger(__name__)


def append_started(journal: Path, limits: Limits, mode: Mode, cold_reason: str) -> int:
    """Tell that a process is about to start; the record's number.

    To be called before the process may write: a journal has one writer at a time.
    """
    event = {"event": "started", "mode": mode, "cold_reason": cold_reason}
    with contextlib.closing(JournalWriter(journal, limits, new_segment=True)) as writer:
        return writer.append(Kind.EVENT, [json.dumps(event).encode()])


def store_exited(journal: Path, limits: Limits, event: ExitEvent, first_seq: int) -> bool:
    """Tell how the process ended, if nobody has; False if there is no room for it now.

    `first_seq` is the number that its start was given, or would have been if there had been room.
    To be called when nobody else writes any more.
    """
    try:
        if tells_exit(journal, first_seq):
            return True
        with contextlib.closing(JournalWriter(journal, limits)) as writer:
            writer.append(Kind.EVENT, [json.dumps(event).encode()])
        log.info("kernel ended", extra={"kernel_id": journal.name, "cause": event["cause"]})
        return tells_exit(journal, first_seq)
    except OSError as error:
        log.warning("journal not written", extra={"journal": str(journal), "why": str(error)})
        return False


def never_ready(error: BaseException) -> ExitEvent:
    """The end of a process that never was one."""
    return ExitEvent(
        event="exited",
        cause=Cause.NEVER_READY,
        exit_code=None,
        signal=None,
        stderr_tail=str(error),
    )


def tells_exit(journal: Path, first_seq: int) -> bool:
    """Whether the journal's last record is the end of the process that started at this number."""
    with contextlib.closing(JournalReader(journal, max(1, end_of(journal) - 1))) as reader:
        records = reader.read()
    last = records[-1] if records else None
    if not isinstance(last, Record) or last.seq < first_seq:
        return False
    return last.kind == Kind.EVENT and _event(last) == "exited"


def _event(record: Record) -> object:
    try:
        told: Any = json.loads(record.frames[0])
        return told.get("event")
    except (ValueError, AttributeError, IndexError):
        return None


def last_written(journal: Path) -> float:
    """When the journal grew last, in Unix seconds; 0 if there is none."""
    try:
        return max((file.stat().st_mtime for file in journal.iterdir()), default=0.0)
    except FileNotFoundError:
        return 0.0
