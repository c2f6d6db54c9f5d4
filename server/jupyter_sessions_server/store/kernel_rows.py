"""Kernels as rows."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_sessions_server.model import (
    ExitCause,
    KernelExit,
    KernelId,
    KernelProgress,
    KernelRecord,
    KernelStart,
    StartMode,
)

_SELECT = """
SELECT kernel_id, kernel_name, owner, cwd, env, created_ms, start_ms, last_activity_ms, restarts,
       kept, next_seq, busy, start_mode, cold_reason, ready_after_ms,
       exit_cause, exit_ms, exit_code, exit_signal, stderr_tail
FROM kernel ORDER BY created_ms, rowid
"""
_SAVE = """
INSERT INTO kernel (
    kernel_id, kernel_name, owner, cwd, env, created_ms, start_ms, last_activity_ms, restarts,
    kept, next_seq, busy, start_mode, cold_reason, ready_after_ms,
    exit_cause, exit_ms, exit_code, exit_signal, stderr_tail
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kernel_id) DO UPDATE SET
    start_ms = excluded.start_ms, last_activity_ms = excluded.last_activity_ms,
    restarts = excluded.restarts, kept = excluded.kept,
    next_seq = excluded.next_seq, busy = excluded.busy, start_mode = excluded.start_mode,
    cold_reason = excluded.cold_reason, ready_after_ms = excluded.ready_after_ms,
    exit_cause = excluded.exit_cause, exit_ms = excluded.exit_ms, exit_code = excluded.exit_code,
    exit_signal = excluded.exit_signal, stderr_tail = excluded.stderr_tail
"""
_SAVE_PROGRESS = """
UPDATE kernel SET next_seq = ?, busy = ?, last_activity_ms = ?, ready_after_ms = ?
WHERE kernel_id = ?
"""
_SAVE_ENV = "UPDATE kernel SET env = ? WHERE kernel_id = ?"
_FORGET = """
DELETE FROM kernel
WHERE kernel_id = ?
  AND NOT EXISTS (SELECT 1 FROM session WHERE session.kernel_id = kernel.kernel_id)
"""


def save(connection: sqlite3.Connection, kernel: KernelRecord) -> None:
    """Add the kernel, or replace what may change of it."""
    connection.execute(_SAVE, _to_row(kernel))


def save_progress(connection: sqlite3.Connection, progress: Sequence[KernelProgress]) -> None:
    """Replace what the journals of these kernels have changed."""
    connection.executemany(
        _SAVE_PROGRESS,
        [
            (each.next_seq, int(each.busy), each.last_activity_ms, each.ready_after_ms,
             each.kernel_id)
            for each in progress
        ],
    )  # fmt: skip


def save_env(connection: sqlite3.Connection, kernel_id: KernelId, env: Mapping[str, str]) -> None:
    """Replace the kernel's environment."""
    connection.execute(_SAVE_ENV, (json.dumps(dict(env)), kernel_id))


def forget(connection: sqlite3.Connection, kernel_id: KernelId) -> None:
    """Remove the kernel, unless a session uses it."""
    connection.execute(_FORGET, (kernel_id,))


def select(connection: sqlite3.Connection) -> list[KernelRecord]:
    """All kernels, in order of creation."""
    return [_from_row(row) for row in connection.execute(_SELECT)]


def _to_row(kernel: KernelRecord) -> tuple[object, ...]:
    start, end = kernel.start, kernel.exit
    known = (
        kernel.kernel_id, kernel.kernel_name, kernel.owner, kernel.cwd,
        json.dumps(dict(kernel.env)), kernel.created_ms, kernel.start_ms, kernel.last_activity_ms,
        kernel.restarts, int(kernel.kept), kernel.next_seq, int(kernel.busy), start.mode.value,
        start.cold_reason, start.ready_after_ms,
    )  # fmt: skip
    if end is None:
        return (*known, None, None, None, None, None)
    return (*known, end.cause.value, end.exit_ms, end.exit_code, end.signal, end.stderr_tail)


def _from_row(row: tuple[Any, ...]) -> KernelRecord:
    kernel_id, kernel_name, owner, cwd, env, created, started, active, restarts, kept, *more = row
    next_seq, busy, mode, cold_reason, ready_after, *end = more
    cause, exit_ms, exit_code, signal, stderr_tail = end
    return KernelRecord(
        kernel_id=kernel_id,
        kernel_name=kernel_name,
        owner=owner,
        cwd=cwd,
        env=json.loads(env),
        created_ms=created,
        start_ms=started,
        last_activity_ms=active,
        restarts=restarts,
        kept=bool(kept),
        start=KernelStart(StartMode(mode), cold_reason, ready_after),
        next_seq=next_seq,
        busy=bool(busy),
        exit=None
        if cause is None
        else KernelExit(ExitCause(cause), exit_ms, exit_code, signal, stderr_tail or ""),
    )
