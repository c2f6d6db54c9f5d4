"""The keeper's own records in a journal: the first and the last one of each process."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Kind, Limits, Record
from jupyter_sessions_server.journal.reader import JournalReader, end_of
from jupyter_sessions_server.journal.writer import JournalWriter
from jupyter_sessions_server.keeper.protocol import Mode


def append_started(journal: Path, limits: Limits, mode: Mode, cold_reason: str) -> int:
    """Tell that a process is about to start; the record's number.

    To be called before the process may write: a journal has one writer at a time.
    """
    event = {"event": "started", "mode": mode, "cold_reason": cold_reason}
    with contextlib.closing(JournalWriter(journal, limits, new_segment=True)) as writer:
        return writer.append(Kind.EVENT, [json.dumps(event).encode()])


def append_exited(journal: Path, limits: Limits, event: Mapping[str, object]) -> None:
    """Tell how the process ended; to be called when nobody else writes any more."""
    with contextlib.closing(JournalWriter(journal, limits)) as writer:
        writer.append(Kind.EVENT, [json.dumps(event).encode()])


def tells_exit(journal: Path) -> bool:
    """Whether the journal's last record is the end of a process."""
    with contextlib.closing(JournalReader(journal, max(1, end_of(journal) - 1))) as reader:
        records = reader.read()
    last = records[-1] if records else None
    return isinstance(last, Record) and last.kind == Kind.EVENT and _event(last) == "exited"


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
