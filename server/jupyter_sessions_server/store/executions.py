"""SqliteExecutionStore: executions in a file of their own.

What a kernel says is not synced to the disk, so what is known of executions need not be either: a
commit survives the death of any process, not the loss of power. That makes it several times cheaper
than one that a session gets.
"""

import json
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from jupyter_sessions_server.errors import RequestIdReused, StoreError
from jupyter_sessions_server.model import (
    ExecutionId,
    ExecutionRecord,
    ExecutionState,
    KernelId,
    Owner,
)
from jupyter_sessions_server.store.database import MEMORY, connect, create_private, migrate
from jupyter_sessions_server.store.execution_records import from_json, to_json
from jupyter_sessions_server.store.writer import Writer

MIGRATIONS = "jupyter_sessions_server.store.execution_migrations"

_ADD = """
INSERT INTO execution (
    execution_id, kernel_id, owner, state, finished, request_id, fingerprint, record
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAVE = """
INSERT INTO execution (
    execution_id, kernel_id, owner, state, finished, request_id, fingerprint, record
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (execution_id) DO UPDATE SET
    state = excluded.state, finished = excluded.finished, record = excluded.record
"""
_GET = "SELECT record, request_id, fingerprint FROM execution WHERE execution_id = ?"
_CONTAINS = "SELECT 1 FROM execution WHERE execution_id = ?"
_BY_REQUEST = """
SELECT record, request_id, fingerprint FROM execution WHERE owner = ? AND request_id = ?
"""
_UNFINISHED = """
SELECT record, request_id, fingerprint FROM execution WHERE finished = 0 ORDER BY ordinal
"""
_PAGE = """
SELECT record, request_id, fingerprint, ordinal FROM execution
WHERE kernel_id = ? AND ordinal < ? AND (? OR state IN (SELECT value FROM json_each(?)))
ORDER BY ordinal DESC LIMIT ?
"""
_PURGE = "DELETE FROM execution WHERE kernel_id = ?"
_END_KERNEL = """
INSERT INTO ended_kernel (kernel_id, owner, ended_ms) VALUES (?, ?, ?)
ON CONFLICT (kernel_id) DO UPDATE SET owner = excluded.owner, ended_ms = excluded.ended_ms
"""
_ENDED_BEFORE = "SELECT kernel_id FROM ended_kernel WHERE ended_ms < ?"
_IS_ENDED = "SELECT 1 FROM ended_kernel WHERE kernel_id = ?"
_PURGE_KERNEL = "DELETE FROM ended_kernel WHERE kernel_id = ?"


class SqliteExecutionStore:
    """An ExecutionStore over one file; ':memory:' is a temporary one that ends with the store."""

    def __init__(self, database_filepath: str | Path = MEMORY) -> None:
        self._filepath = str(database_filepath)
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            path = Path(self._filepath)
            if self._filepath == MEMORY:
                folder = tempfile.TemporaryDirectory(prefix="jupyter-sessions-")
                path = Path(stack.enter_context(folder)) / "executions.sqlite"
            try:
                connection = _connect(path, stack)
                migrate(connection, MIGRATIONS)
                self._reader = _connect(path, stack)
            except (sqlite3.Error, OSError) as error:
                message = f"executions: {self._filepath!r}: {error}"
                raise StoreError(message) from error
            self._writer = Writer(connection)
            stack.push_async_callback(self._writer.close)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._exit.aclose()

    async def add(self, record: ExecutionRecord) -> None:
        """Add an execution; raises RequestIdReused if its request's id is taken."""
        try:
            await self._writer.run(lambda connection: _run(connection, _ADD, _values(record)))
        except sqlite3.IntegrityError as error:
            raise RequestIdReused(record.request_id) from error

    async def save(self, records: Sequence[ExecutionRecord]) -> None:
        """Add or replace these, all at once."""
        await self._writer.run(
            lambda connection: _run_for_each(connection, _SAVE, map(_values, records))
        )

    def find(self, execution_id: ExecutionId) -> ExecutionRecord | None:
        """The execution, as it was saved last."""
        row = self._reader.execute(_GET, (execution_id,)).fetchone()
        return None if row is None else from_json(*row)

    def contains(self, execution_id: ExecutionId) -> bool:
        """Whether there is such an execution."""
        return self._reader.execute(_CONTAINS, (execution_id,)).fetchone() is not None

    def find_by_request(self, owner: Owner, request_id: str) -> ExecutionRecord | None:
        """The execution of the owner's request."""
        row = self._reader.execute(_BY_REQUEST, (owner, request_id)).fetchone()
        return None if row is None else from_json(*row)

    def unfinished(self) -> Sequence[ExecutionRecord]:
        """All that have not ended as far as is known, in the order they were taken on."""
        return [from_json(*row) for row in self._reader.execute(_UNFINISHED)]

    def page(
        self,
        kernel_id: KernelId,
        before: int,
        states: Collection[ExecutionState],
        limit: int,
        limit_bytes: int,
    ) -> tuple[Sequence[ExecutionRecord], int | None]:
        """A kernel's executions, newest first, and where the next page begins, if there is one."""
        wanted = json.dumps([state.value for state in states])
        rows = self._reader.execute(_PAGE, (kernel_id, before, not states, wanted, limit + 1))
        records: list[ExecutionRecord] = []
        last, size = before, 0
        for text, request_id, fingerprint, ordinal in rows:
            size += len(text)
            if records and (len(records) == limit or size > limit_bytes):
                return records, last
            records.append(from_json(text, request_id, fingerprint))
            last = ordinal
        return records, None

    async def end_kernel(self, kernel_id: KernelId, owner: Owner, ended_ms: int) -> None:
        """Note that the kernel is forgotten, and its outputs are kept for now."""
        values = (kernel_id, owner, ended_ms)
        await self._writer.run(lambda connection: _run(connection, _END_KERNEL, values))

    def is_ended(self, kernel_id: KernelId) -> bool:
        """Whether the outputs of a forgotten kernel of this id are kept."""
        return self._reader.execute(_IS_ENDED, (kernel_id,)).fetchone() is not None

    def ended_before(self, ended_ms: int) -> Sequence[KernelId]:
        """The kernels that were forgotten before this time."""
        return [kernel_id for (kernel_id,) in self._reader.execute(_ENDED_BEFORE, (ended_ms,))]

    async def purge(self, kernel_id: KernelId) -> None:
        """Remove all that is kept of the kernel."""

        def operation(connection: sqlite3.Connection) -> None:
            connection.execute(_PURGE, (kernel_id,))
            connection.execute(_PURGE_KERNEL, (kernel_id,))

        await self._writer.run(operation)


def _run(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    connection.execute(statement, values)


def _run_for_each(
    connection: sqlite3.Connection, statement: str, values: Iterable[tuple[object, ...]]
) -> None:
    connection.executemany(statement, values)


def _values(record: ExecutionRecord) -> tuple[object, ...]:
    execution = record.execution
    return (
        execution.execution_id, execution.kernel_id, execution.owner, execution.state.value,
        int(execution.finished), record.request_id or None, record.fingerprint, to_json(record),
    )  # fmt: skip


def _connect(path: Path, stack: AsyncExitStack) -> sqlite3.Connection:
    create_private(path)
    connection = connect(path, synchronous="NORMAL")
    stack.callback(connection.close)
    return connection
