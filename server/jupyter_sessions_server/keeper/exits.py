"""The event that ends a kernel process's part of a journal: how it ended, by all that is known."""

import os
from pathlib import Path
from typing import TypedDict

from jupyter_sessions_server.keeper.protocol import Cause

STDERR_TAIL_BYTES = 4096


class ExitEvent(TypedDict):
    """The JSON of the event."""

    event: str
    cause: str
    exit_code: int | None
    signal: int | None
    stderr_tail: str


def exit_event(returncode: int | None, cause_file: Path, stderr_file: Path) -> ExitEvent:
    """How a process ended: its exit code, -signal, or None if nobody knows.

    Who makes a process end writes the cause to its file before; that counts more than the code.
    """
    signal = -returncode if returncode is not None and returncode < 0 else None
    return ExitEvent(
        event="exited",
        cause=_written(cause_file) or _by_code(returncode),
        exit_code=returncode if signal is None else None,
        signal=signal,
        stderr_tail=_tail(stderr_file),
    )


def _by_code(returncode: int | None) -> Cause:
    if returncode is None:
        return Cause.LOST
    return Cause.SIGNALED if returncode < 0 else Cause.EXITED


def _written(cause_file: Path) -> str:
    """What is in the file; '' if nobody made the process end."""
    try:
        return cause_file.read_text().strip()
    except FileNotFoundError:
        return ""


def _tail(file: Path) -> str:
    """The last whole lines of the file; '' if the process never had one."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - STDERR_TAIL_BYTES))
            text = stream.read(STDERR_TAIL_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return text if size <= STDERR_TAIL_BYTES else text.partition("\n")[2]
