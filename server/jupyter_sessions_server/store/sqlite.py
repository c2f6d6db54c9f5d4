"""SqliteStore: sessions in one SQLite file; one thread writes, reads go through the index."""

import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self

from jupyter_sessions_server.errors import (
    KernelNotFound,
    SessionAlreadyExists,
    StoreError,
)
from jupyter_sessions_server.model import (
    KernelId,
    KernelProgress,
    KernelRecord,
    Owner,
    Session,
    SessionId,
)
from jupyter_sessions_server.ports import NewRequest
from jupyter_sessions_server.store import kernel_rows, request_rows
from jupyter_sessions_server.store.database import (
    MEMORY,
    check_database_filepath,
    connect,
    create_private,
    migrate,
)
from jupyter_sessions_server.store.index import SessionIndex
from jupyter_sessions_server.store.known_requests import KnownRequests
from jupyter_sessions_server.store.writer import Operation, Writer

CHANGES_KEPT = 100_000
"""How many changes are kept, for those who read on from a revision."""
TRIM_REQUESTS_EVERY = 1000
"""Of so many creations, one deletes the requests that are too old to count."""

_NEXT_REVISION = "UPDATE revision_counter SET value = value + 1 RETURNING value"
_TRIM_CHANGES = "DELETE FROM change WHERE revision <= ?"
_INSERT = """
INSERT INTO session (
    session_id, owner, path, name, type, labels, kernel_id,
    revision, create_revision, created_ms, updated_ms
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REPLACE = """
UPDATE session
SET path = ?, name = ?, type = ?, labels = ?, updated_ms = ?, revision = ?
WHERE session_id = ? AND revision = ? AND kernel_id = ?
RETURNING session_id
"""
_REPLACE_KERNEL = """
UPDATE session
SET path = ?, name = ?, type = ?, labels = ?, updated_ms = ?, revision = ?, kernel_id = ?
WHERE session_id = ? AND revision = ?
RETURNING session_id
"""
_DELETE = "DELETE FROM session WHERE session_id = ? AND revision = ? RETURNING session_id"
_TAKEN = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


class _NotThere(Exception):
    """The row to change is gone or has changed; undoes what the operation did before."""


class SqliteStore:
    """A SessionStore over one file; ':memory:' is a temporary one that ends with the store."""

    def __init__(self, database_filepath: str | Path = MEMORY, *, exclusive: bool = False) -> None:
        """Check the path; raises StoreError if it is a directory or no SQLite 3 database.

        `exclusive` says that nobody else writes the file while this store is open: reads then need
        not look for what others wrote.
        """
        self._filepath = str(database_filepath)
        check_database_filepath(self._filepath)
        self._exclusive = exclusive or self._filepath == MEMORY
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Create the file if need be, bring its schema up to date, start the writer."""
        async with AsyncExitStack() as stack:
            path = Path(self._filepath)
            if self._filepath == MEMORY:  # two connections cannot share what is only in memory
                folder = tempfile.TemporaryDirectory(prefix="jupyter-sessions-")
                path = Path(stack.enter_context(folder)) / "sessions.sqlite"
            try:
                connection = _connect(path, stack)
                migrate(connection)
                self._reader = _connect(path, stack)
            except (sqlite3.Error, OSError) as error:
                message = f"database_filepath: {self._filepath!r}: {error}"
                raise StoreError(message) from error
            self._index = SessionIndex(self._reader)
            self._index.catch_up()
            self._requests = KnownRequests(self._reader) if self._exclusive else None
            self._requests_added = 0
            self._writer = Writer(connection)
            stack.push_async_callback(self._writer.close)
            self._exit = stack.pop_all()

    async def close(self) -> None:
        """Finish the writes that wait, and close the file."""
        await self._exit.aclose()

    def _present(self) -> SessionIndex:
        """The index, as of now."""
        if not self._exclusive:
            self._index.catch_up()
        return self._index

    async def revision(self) -> int:
        """The revision of the last committed change."""
        return self._present().revision

    async def get(self, session_id: SessionId) -> Session | None:
        """The session of this id, whoever owns it."""
        return self._present().get(session_id)

    async def find_by_path(self, owner: Owner, path: str) -> Session | None:
        """The owner's session of this path."""
        return self._present().find_by_path(owner, path)

    async def find_by_kernel(self, kernel_id: KernelId) -> Sequence[Session]:
        """The sessions that use this kernel, in order of creation."""
        return self._present().find_by_kernel(kernel_id)

    async def is_kernel_used(self, kernel_id: KernelId, besides: SessionId | None = None) -> bool:
        """Whether a session, besides this one, uses the kernel."""
        return self._present().is_kernel_used(kernel_id, besides)

    async def list_sessions(self, owner: Owner) -> Sequence[Session]:
        """The owner's sessions, in order of creation."""
        return self._present().of_owner(owner)

    async def count_sessions(self) -> int:
        """How many sessions there are, of all owners."""
        return len(self._present())

    async def find_by_request(self, owner: Owner, request: NewRequest) -> SessionId | None:
        """The session this request created; raises RequestIdReused if it was another request."""
        if self._requests is not None and self._requests.is_new(owner, request):
            return None
        return request_rows.find(self._reader, owner, request)

    async def insert(self, session: Session, request: NewRequest | None) -> Session:
        """Add a session; raises SessionAlreadyExists, RequestIdReused if what it names is taken."""

        def operation(connection: sqlite3.Connection) -> Session:
            revision = _next_revision(connection)
            stored = replace(session, revision=revision, create_revision=revision)
            connection.execute(_INSERT, _insert_values(stored))
            if request is not None:
                self._insert_request(connection, stored, request)
            return stored

        def take_over(stored: Session) -> None:
            self._index.put(stored)
            if request is not None and self._requests is not None:
                self._requests.add(stored.owner, request.request_id, stored.created_ms)

        return await self._run_unless_taken(session, operation, take_over)

    def _insert_request(
        self, connection: sqlite3.Connection, session: Session, request: NewRequest
    ) -> None:
        if self._requests_added % TRIM_REQUESTS_EVERY == 0:
            request_rows.trim(connection, request.since_ms)
        self._requests_added += 1
        request_rows.add(connection, session, request)

    async def replace(
        self,
        session: Session,
        kernel_env: Mapping[str, str] | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> Session | None:
        """Replace the session that has this id and revision; None if there is none.

        `kernel_env`, if given, becomes its kernel's environment. `committed` is called once all of
        it is stored, also if the caller is cancelled.
        """

        def operation(connection: sqlite3.Connection) -> Session:
            stored = replace(session, revision=_next_revision(connection))
            _replace(connection, stored, session.revision)
            if kernel_env is not None:
                kernel_rows.save_env(connection, session.kernel_id, kernel_env)
            return stored

        def take_over(stored: Session) -> None:
            self._index.put(stored)
            committed()

        try:
            return await self._run_unless_taken(session, operation, take_over)
        except _NotThere:
            return None

    async def delete(self, session: Session) -> int | None:
        """Delete the session that has this id and revision; the deletion's revision, or None."""

        def operation(connection: sqlite3.Connection) -> int:
            revision = _next_revision(connection)
            if not connection.execute(_DELETE, (session.session_id, session.revision)).fetchall():
                raise _NotThere
            return revision

        try:
            return await self._writer.run(
                operation, lambda revision: self._index.remove(session.session_id, revision)
            )
        except _NotThere:
            return None

    async def list_kernels(self) -> Sequence[KernelRecord]:
        """All stored kernels, in order of creation."""
        return kernel_rows.select(self._reader)

    async def save_kernel(self, kernel: KernelRecord) -> None:
        """Add or replace a kernel."""
        await self._writer.run(lambda connection: kernel_rows.save(connection, kernel))

    async def save_progress(self, progress: Sequence[KernelProgress]) -> None:
        """Note how far the journals of these kernels are applied; unknown kernels are left out."""
        await self._writer.run(lambda connection: kernel_rows.save_progress(connection, progress))

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Remove a kernel, unless a session uses it."""
        await self._writer.run(lambda connection: kernel_rows.forget(connection, kernel_id))

    async def _run_unless_taken(
        self, session: Session, operation: Operation[Session], committed: Callable[[Session], None]
    ) -> Session:
        """Run it; raises SessionAlreadyExists if another session has the path or the id."""
        while True:
            try:
                return await self._writer.settle(operation, committed)
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
                    raise KernelNotFound(session.kernel_id) from None
                if error.sqlite_errorcode not in _TAKEN:
                    raise
                rival = await self.find_by_path(session.owner, session.path)
                if rival is None or rival.session_id == session.session_id:
                    rival = await self.get(session.session_id)
                if rival is not None:
                    raise SessionAlreadyExists(rival) from None
                # The rival was deleted in between: try again.


def _connect(path: Path, stack: AsyncExitStack) -> sqlite3.Connection:
    create_private(path)
    connection = connect(path)
    stack.callback(connection.close)
    return connection


def _next_revision(connection: sqlite3.Connection) -> int:
    revision: int
    (revision,) = connection.execute(_NEXT_REVISION).fetchone()
    if revision % 1000 == 0:
        connection.execute(_TRIM_CHANGES, (revision - CHANGES_KEPT,))
    return revision


def _insert_values(session: Session) -> tuple[object, ...]:
    return (
        session.session_id, session.owner, session.path, session.name, session.type,
        json.dumps(dict(session.labels)), session.kernel_id, session.revision,
        session.create_revision, session.created_ms, session.updated_ms,
    )  # fmt: skip


def _replace(connection: sqlite3.Connection, session: Session, old_revision: int) -> None:
    """Replace the row, and of its indexes, if it keeps its kernel, only that of the path.

    Raises _NotThere.
    """
    values = (
        session.path, session.name, session.type, json.dumps(dict(session.labels)),
        session.updated_ms, session.revision,
    )  # fmt: skip
    row = session.session_id, old_revision
    if connection.execute(_REPLACE, (*values, *row, session.kernel_id)).fetchall():
        return
    if not connection.execute(_REPLACE_KERNEL, (*values, session.kernel_id, *row)).fetchall():
        raise _NotThere
