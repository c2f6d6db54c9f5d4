"""Creating requests that named themselves, as rows."""

import sqlite3

from jupyter_sessions_server.errors import RequestIdReused, SessionNotFound
from jupyter_sessions_server.model import Owner, Session, SessionId
from jupyter_sessions_server.ports import NewRequest

_FIND = """
SELECT fingerprint, session_id FROM request
WHERE owner = ? AND request_id = ? AND created_ms >= ?
"""
_ADD = """
INSERT INTO request (owner, request_id, fingerprint, session_id, created_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (owner, request_id) DO UPDATE SET
    fingerprint = excluded.fingerprint, session_id = excluded.session_id,
    created_ms = excluded.created_ms
WHERE request.created_ms < ?
"""
_TRIM = "DELETE FROM request WHERE created_ms < ?"


def find(connection: sqlite3.Connection, owner: Owner, request: NewRequest) -> SessionId | None:
    """The session this request created; raises RequestIdReused if it was another request."""
    keys = (owner, request.request_id, request.since_ms)
    row = connection.execute(_FIND, keys).fetchone()
    if row is None:
        return None
    fingerprint, session_id = row
    if fingerprint != request.fingerprint:
        raise RequestIdReused(request.request_id)
    return SessionId(session_id)


def add(connection: sqlite3.Connection, session: Session, request: NewRequest) -> None:
    """Remember that it creates this session; raises RequestIdReused if its id is taken.

    Or SessionNotFound, if it was this very request, whose session has gone from the path already.
    """
    values = (
        session.owner, request.request_id, request.fingerprint, session.session_id,
        session.created_ms, request.since_ms,
    )  # fmt: skip
    if connection.execute(_ADD, values).rowcount == 0:
        answered = find(connection, session.owner, request)
        if answered is not None:
            raise SessionNotFound(session_id=answered)


def trim(connection: sqlite3.Connection, since_ms: int) -> None:
    """Remove those that are too old to count."""
    connection.execute(_TRIM, (since_ms,))
