"""SessionReader: what can be asked about sessions. Reads never write."""

from collections.abc import Sequence
from typing import Final

from jupyter_sessions_server.errors import KernelNotFound, SessionNotFound
from jupyter_sessions_server.model import (
    Kernel,
    KernelId,
    Owner,
    Session,
    SessionFilter,
    SessionId,
    SessionOrder,
    SessionPage,
)
from jupyter_sessions_server.ports import SessionStore
from jupyter_sessions_server.sessions.jupyter_model import session_to_model
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.listing import EVERYTHING, Position, select

DEFAULT_OWNER: Final = Owner("default")
"""Who owns what is done without a principal, and with the server's own token."""


class SessionReader:
    """Finds sessions. A session of another owner does not exist for a caller.

    With `live_only`, neither does one whose kernel is dead: so jupyter_server sees it.
    """

    def __init__(self, store: SessionStore, kernel_manager: KernelManager) -> None:
        self.kernel_manager = kernel_manager
        self._store = store

    async def get_session(
        self,
        *,
        session_id: str | None = None,
        path: str | None = None,
        name: str | None = None,
        type: str | None = None,
        kernel_id: str | None = None,
        owner: Owner = DEFAULT_OWNER,
        live_only: bool = False,
    ) -> Session:
        """The oldest session that matches all keys given; raises SessionNotFound."""
        given = {
            "session_id": session_id, "path": path, "name": name, "type": type,
            "kernel_id": kernel_id,
        }  # fmt: skip
        keys = {key: value for key, value in given.items() if value is not None}
        if not keys:
            message = f"at least one of {', '.join(given)} is needed"
            raise TypeError(message)
        for session in await self._candidates(owner, session_id, path):
            matches = all(getattr(session, key) == value for key, value in keys.items())
            if matches and not (live_only and self.kernel_culled(session.kernel_id)):
                return session
        raise SessionNotFound(**keys)

    async def _candidates(
        self, owner: Owner, session_id: str | None, path: str | None
    ) -> Sequence[Session]:
        """The owner's sessions that may match; at most one if an id or a path is known."""
        if session_id is not None:
            session = await self._store.get(SessionId(session_id))
            return [session] if session is not None and session.owner == owner else []
        if path is not None:
            session = await self._store.find_by_path(owner, path)
            return [session] if session is not None else []
        return await self._store.list_sessions(owner)

    async def _own(self, owner: Owner, session_id: SessionId) -> Session:
        return await self.get_session(session_id=session_id, owner=owner)

    async def session_exists(
        self, path: str, *, owner: Owner = DEFAULT_OWNER, live_only: bool = False
    ) -> bool:
        """Whether the path has a session."""
        session = await self._store.find_by_path(owner, path)
        return session is not None and not (live_only and self.kernel_culled(session.kernel_id))

    async def revision(self) -> int:
        """The revision of the last change of any session."""
        return await self._store.revision()

    async def list_sessions(
        self,
        *,
        owner: Owner = DEFAULT_OWNER,
        filter: SessionFilter = EVERYTHING,
        order: SessionOrder = SessionOrder.CREATED,
        after: Position | None = None,
        limit: int | None = None,
        live_only: bool = False,
    ) -> SessionPage:
        """The owner's sessions after a position: the first `limit` of them, or all."""
        revision = await self._store.revision()
        sessions = await self._store.list_sessions(owner)
        chosen = select(sessions, filter, order, after, self.kernel_manager.kernel)
        if live_only:
            chosen = [session for session in chosen if not self.kernel_culled(session.kernel_id)]
        page = chosen[:limit]
        return SessionPage(page, revision, more=len(page) < len(chosen))

    def kernel_culled(self, kernel_id: KernelId) -> bool:
        """Whether the kernel is gone: culled, or ended in any other way."""
        return kernel_id not in self.kernel_manager

    def kernel_of(self, session: Session) -> Kernel:
        """The session's kernel as it is now, dead or alive.

        Raises SessionNotFound if the session was deleted meanwhile, and its kernel forgotten.
        """
        try:
            return self.kernel_manager.kernel(session.kernel_id)
        except KernelNotFound as error:
            raise SessionNotFound(session_id=session.session_id) from error

    def row_to_model(self, session: Session) -> dict[str, object]:
        """The session as jupyter_server shows it, as a dictionary for JSON."""
        return session_to_model(session, self.kernel_of(session))
