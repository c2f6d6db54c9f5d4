"""The sessions in memory, as of a revision: what reads are answered from.

The database stays the truth. `catch_up` asks it for its revision, one row, and if that has risen
takes over what changed since, whoever wrote it. What this process commits is taken over at once; so
where nobody else writes, a read asks the database nothing.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from jupyter_sessions_server.model import KernelId, Owner, Session, SessionId

_REVISION = "SELECT value FROM revision_counter"
_OLDEST_CHANGE = "SELECT min(revision) FROM change"
_ALL = """
SELECT session_id, owner, path, name, type, labels, kernel_id,
       revision, create_revision, created_ms, updated_ms
FROM session
"""
_CHANGED = """
SELECT session_id, owner, path, name, type, labels, kernel_id,
       revision, create_revision, created_ms, updated_ms
FROM session WHERE session_id IN (SELECT session_id FROM change WHERE revision > ?)
"""
_DELETED = "SELECT session_id FROM change WHERE revision > ? AND kind = 'DELETED'"


def _session_from_row(row: tuple[Any, ...]) -> Session:
    session_id, owner, path, name, type_, labels, kernel_id, *numbers = row
    return Session(session_id, owner, path, name, type_, json.loads(labels), kernel_id, *numbers)


def _creation(session: Session) -> int:
    return session.create_revision


class SessionIndex:
    """All sessions, by id, by owner and path, and by kernel."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._revision = 0
        self._sessions: dict[SessionId, Session] = {}  # in order of creation
        self._by_path: dict[tuple[Owner, str], Session] = {}
        self._by_kernel: dict[KernelId, dict[SessionId, Session]] = {}

    def catch_up(self) -> int:
        """Take over what was committed since the last call; the database's revision."""
        (revision,) = self._connection.execute(_REVISION).fetchone()
        if revision != self._revision:
            self._load_changes()
        return self._revision

    def put(self, session: Session) -> None:
        """Take over a session that was just committed."""
        if session.revision == self._revision + 1:
            self._put([session])
            self._revision = session.revision
        else:  # others wrote too
            self.catch_up()

    def remove(self, session_id: SessionId, revision: int) -> None:
        """Take over a deletion that was just committed."""
        if revision == self._revision + 1:
            self._remove([session_id])
            self._revision = revision
        else:  # others wrote too
            self.catch_up()

    @property
    def revision(self) -> int:
        """Of the last change that was taken over."""
        return self._revision

    def _load_changes(self) -> None:
        self._connection.execute("BEGIN")  # one snapshot for all of it
        try:
            (revision,) = self._connection.execute(_REVISION).fetchone()
            (oldest,) = self._connection.execute(_OLDEST_CHANGE).fetchone()
            if oldest is None or oldest > self._revision + 1:  # some were trimmed, unseen
                self._clear()
            deleted, changed = self._select_changes()
        finally:
            self._connection.execute("COMMIT")
        # All old paths go before any new one comes: sessions may have swapped theirs.
        self._remove(SessionId(session_id) for (session_id,) in deleted)
        self._put(sorted(map(_session_from_row, changed), key=_creation))
        self._revision = revision

    def _select_changes(self) -> tuple[list[tuple[str]], list[tuple[Any, ...]]]:
        if self._revision == 0:  # all of them, rather than all that ever happened
            return [], self._connection.execute(_ALL).fetchall()
        since = (self._revision,)
        deleted = self._connection.execute(_DELETED, since).fetchall()
        return deleted, self._connection.execute(_CHANGED, since).fetchall()

    def _clear(self) -> None:
        self._revision = 0
        self._sessions.clear()
        self._by_path.clear()
        self._by_kernel.clear()

    def _remove(self, session_ids: Iterable[SessionId]) -> None:
        for session_id in session_ids:
            session = self._sessions.pop(session_id, None)
            if session is not None:
                self._unlink(session)

    def _put(self, sessions: list[Session]) -> None:
        for session in sessions:
            old = self._sessions.get(session.session_id)
            if old is not None:
                self._unlink(old)
        for session in sessions:
            self._sessions[session.session_id] = session
            self._by_path[session.owner, session.path] = session
            self._by_kernel.setdefault(session.kernel_id, {})[session.session_id] = session

    def _unlink(self, session: Session) -> None:
        del self._by_path[session.owner, session.path]
        users = self._by_kernel[session.kernel_id]
        del users[session.session_id]
        if not users:
            del self._by_kernel[session.kernel_id]

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, session_id: SessionId) -> Session | None:
        """The session of this id."""
        return self._sessions.get(session_id)

    def find_by_path(self, owner: Owner, path: str) -> Session | None:
        """The owner's session of this path."""
        return self._by_path.get((owner, path))

    def is_kernel_used(self, kernel_id: KernelId, besides: SessionId | None) -> bool:
        """Whether a session, besides this one, uses the kernel."""
        users = self._by_kernel.get(kernel_id, {})
        return len(users) > (besides in users)

    def find_by_kernel(self, kernel_id: KernelId) -> list[Session]:
        """The sessions that use this kernel, in order of creation."""
        users = self._by_kernel.get(kernel_id, {})
        return sorted(users.values(), key=_creation)

    def of_owner(self, owner: Owner) -> list[Session]:
        """The owner's sessions, in order of creation."""
        return [session for session in self._sessions.values() if session.owner == owner]
