"""Which creating requests named themselves of late: most are new, and need not be looked for."""

import sqlite3

from jupyter_sessions_server.model import Owner
from jupyter_sessions_server.ports import NewRequest

MOST_KNOWN = 20_000
"""About 5 MB."""

_NEWEST = "SELECT owner, request_id, created_ms FROM request ORDER BY created_ms DESC LIMIT ?"


class KnownRequests:
    """The newest requests of the database, as long as nobody else writes it."""

    def __init__(self, connection: sqlite3.Connection, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._created_ms: dict[tuple[Owner, str], int] = {}  # the oldest first
        self._forgotten_ms = -1
        newest = connection.execute(_NEWEST, (most + 1,)).fetchall()
        for owner, request_id, created_ms in reversed(newest):
            self.add(owner, request_id, created_ms)

    def add(self, owner: Owner, request_id: str, created_ms: int) -> None:
        """Take over a request that was just stored."""
        self._created_ms.pop((owner, request_id), None)
        self._created_ms[owner, request_id] = created_ms
        if len(self._created_ms) > self._most:
            oldest = next(iter(self._created_ms))
            self._forgotten_ms = max(self._forgotten_ms, self._created_ms.pop(oldest))

    def is_new(self, owner: Owner, request: NewRequest) -> bool:
        """Whether the database surely has no such request that still counts."""
        known = (owner, request.request_id) in self._created_ms
        return not known and request.since_ms > self._forgotten_ms
