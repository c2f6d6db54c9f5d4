"""SessionManager: one method per use case, by the names of jupyter_server's session manager."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from jupyter_sessions_server.config import SessionConfig
from jupyter_sessions_server.errors import (
    InvalidField,
    RevisionMismatch,
    SessionAlreadyExists,
    SessionLimitReached,
)
from jupyter_sessions_server.model import (
    IfExists,
    KernelDisposition,
    KernelId,
    Owner,
    Session,
    SessionId,
)
from jupyter_sessions_server.ports import Clock, ContentsManager, NewRequest, SessionStore
from jupyter_sessions_server.requests import new_id
from jupyter_sessions_server.sessions.creation import (
    Creation,
    Deletion,
    NewSession,
    require_acceptable,
)
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.locks import KeyedLocks
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER, SessionReader
from jupyter_sessions_server.sessions.records import KernelSessionRecord, KernelSessionRecordList
from jupyter_sessions_server.sessions.session_kernels import SessionKernels
from jupyter_sessions_server.sessions.update import UNSET, SessionUpdate, Unset
from jupyter_sessions_server.work import SharedWork, run_to_end


class SessionManager(SessionReader):
    """Creates, changes and ends sessions, and finds them."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        store: SessionStore,
        kernel_manager: KernelManager,
        contents_manager: ContentsManager,
        clock: Clock,
        config: SessionConfig | None = None,
    ) -> None:
        super().__init__(store, kernel_manager)
        self.contents_manager = contents_manager
        self.pending = KernelSessionRecordList()
        """The sessions that are being created or deleted."""
        self._tasks = tasks
        self._kernels = SessionKernels(kernel_manager, contents_manager)
        self._clock = clock
        self._config = config or SessionConfig()
        self._creating: SharedWork[Session] = SharedWork(tasks)
        self._creating_ids: set[SessionId] = set()
        self._locks = KeyedLocks()

    def new_session_id(self) -> SessionId:
        """An id no session has."""
        return SessionId(new_id())

    async def create_session(
        self,
        path: str,
        *,
        name: str | None = None,
        type: str = "notebook",
        kernel_name: str = "",
        kernel_id: KernelId | None = None,
        session_id: SessionId | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str = "",
        if_exists: IfExists = IfExists.RETURN_MATCHING,
        owner: Owner = DEFAULT_OWNER,
    ) -> Creation:
        """The session of this path, created if there is none, with a kernel.

        With `kernel_id` it is the kernel of this id, which is started, of `kernel_name`, if there
        is none. Any number of concurrent calls for one path make one session and one kernel. A
        caller who is cancelled, and whom no other waits with, leaves neither.

        Raises SessionAlreadyExists, SessionKernelMismatch, SessionLimitReached, RequestIdReused,
        and what KernelManager.start_kernel raises; nothing is changed then.
        """
        new = NewSession(
            owner=owner,
            path=path,
            name=name,
            type=type,
            kernel_name=kernel_name,
            kernel_id=kernel_id,
            session_id=session_id,
            env=dict(env or {}),
            cwd=cwd,
            labels=dict(labels or {}),
            if_exists=if_exists,
        )
        return await self._find_or_create(new, new.request(request_id, self._clock.now_ms()))

    async def _find_or_create(self, new: NewSession, request: NewRequest | None) -> Creation:
        created = False

        def begin() -> Coroutine[Any, Any, Session]:
            nonlocal created
            created = True
            return self._create(new, request)

        while True:
            if request is not None:
                answered = await self._store.find_by_request(new.owner, request)
                if answered is not None:
                    return Creation(await self._own(new.owner, answered), created=True)
            existing = await self._store.find_by_path(new.owner, new.path)
            if existing is not None:
                await require_acceptable(existing, new, self.kernel_manager)
                present = await self._store.get(existing.session_id)
                if present is None:
                    continue  # it was deleted meanwhile
                return Creation(present, created=False)
            try:
                if new.kernel_id in self.kernel_manager:  # nothing to share: it is one write
                    session = await begin()
                else:
                    session = await self._creating.run((new.owner, new.path), new, begin)
            except SessionAlreadyExists as error:
                if error.session.path != new.path:
                    raise
            else:
                if created:
                    return Creation(session, created=True)
            created = False  # another caller was first: look whether its session will do

    async def _create(self, new: NewSession, request: NewRequest | None) -> Session:
        """Start or find the kernel and store the session; in the end nothing is pending."""
        session_id = new.session_id or self.new_session_id()
        record = KernelSessionRecord(session_id)
        async with self._locks.holding(session_id):
            await self._require_free(new, session_id)
            self.pending.add(record)
            self._creating_ids.add(session_id)
            kernel_id = new.kernel_id or self.kernel_manager.new_kernel_id()
            try:
                async with self.kernel_manager.claim(kernel_id):
                    await self.start_kernel_for_session(
                        session_id,
                        new.path,
                        new.name,
                        new.kernel_name,
                        kernel_id=kernel_id,
                        cwd=new.cwd,
                        env=new.env,
                        owner=new.owner,
                    )
                    record.update(KernelSessionRecord(kernel_id=kernel_id))
                    return await self.save_session(
                        session_id,
                        path=new.path,
                        name=new.name,
                        type=new.type,
                        labels=new.labels,
                        kernel_id=kernel_id,
                        owner=new.owner,
                        request=request,
                    )
            finally:
                self._creating_ids.remove(session_id)
                self.pending.remove(record)

    async def _require_free(self, new: NewSession, session_id: SessionId) -> None:
        rival = await self._store.find_by_path(new.owner, new.path)
        rival = rival or await self._store.get(session_id)
        if rival is not None and rival.owner != new.owner:
            raise InvalidField("session_id", f"{session_id!r} is taken")
        if rival is not None:
            raise SessionAlreadyExists(rival)
        unstored = [it for it in self._creating_ids if await self._store.get(it) is None]
        if await self._store.count_sessions() + len(unstored) >= self._config.session_limit:
            raise SessionLimitReached(self._config.session_limit)

    async def start_kernel_for_session(
        self,
        session_id: SessionId,
        path: str,
        name: str | None,
        kernel_name: str,
        *,
        kernel_id: KernelId | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        owner: Owner = DEFAULT_OWNER,
    ) -> KernelId:
        """A kernel that runs, in the document's directory; it knows the session by its name."""
        return await self._kernels.start(
            owner, path, name, kernel_name=kernel_name, kernel_id=kernel_id, cwd=cwd, env=env
        )

    async def get_kernel_env(self, path: str, name: str | None = None) -> dict[str, str]:
        """What a kernel's environment tells of its session: JPY_SESSION_NAME."""
        return await self._kernels.env(path, name)

    async def save_session(
        self,
        session_id: SessionId,
        *,
        path: str,
        kernel_id: KernelId,
        name: str | None = None,
        type: str = "notebook",
        labels: Mapping[str, str] | None = None,
        owner: Owner = DEFAULT_OWNER,
        request: NewRequest | None = None,
    ) -> Session:
        """Store a session whose kernel is there; raises SessionAlreadyExists."""
        now = self._clock.now_ms()
        session = Session(
            session_id=session_id,
            owner=owner,
            path=path,
            name=name,
            type=type,
            labels=dict(labels or {}),
            kernel_id=kernel_id,
            revision=0,  # the store sets both
            create_revision=0,
            created_ms=now,
            updated_ms=now,
        )
        return await self._store.insert(session, request)

    async def update_session(
        self,
        session_id: SessionId,
        *,
        path: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        type: str | Unset = UNSET,
        labels: Mapping[str, str] | Unset = UNSET,
        kernel_id: KernelId | Unset = UNSET,
        kernel_name: str | Unset = UNSET,
        expected_revision: int = 0,
        previous_kernel: KernelDisposition = KernelDisposition.SHUT_DOWN_IF_UNUSED,
        owner: Owner = DEFAULT_OWNER,
    ) -> Session:
        """Change what is given, all of it or nothing, also if the caller is cancelled.

        `kernel_id` attaches to a kernel that runs, `kernel_name` starts a new one. Raises
        SessionNotFound, RevisionMismatch, SessionAlreadyExists, KernelNotFound, KernelDead, and
        what KernelManager.start_kernel raises.
        """
        update = SessionUpdate(path, name, type, labels, kernel_id, kernel_name)
        work = self._update(owner, session_id, update, expected_revision, previous_kernel)
        if update.changes_kernel:  # else it is one write, which nothing need follow
            return await run_to_end(self._tasks, work)
        return await work

    async def _update(
        self,
        owner: Owner,
        session_id: SessionId,
        update: SessionUpdate,
        expected_revision: int,
        previous_kernel: KernelDisposition,
    ) -> Session:
        async with self._locks.holding(session_id):
            old = await self._at_revision(owner, session_id, expected_revision)
            wanted = update.apply(old)
            await self._require_path_free(wanted)
            if update.kernel_name is not UNSET:
                wanted = replace(wanted, kernel_id=self.kernel_manager.new_kernel_id())
            async with self.kernel_manager.claim(wanted.kernel_id):
                await self._prepare_kernel(update, wanted)
                new = await self._replace(old, wanted)
            if new.kernel_id != old.kernel_id:
                await self.kernel_manager.let_go(old, previous_kernel)
                await self.kernel_manager.forget_unused(old.kernel_id)
            return new

    async def _at_revision(
        self, owner: Owner, session_id: SessionId, expected_revision: int
    ) -> Session:
        session = await self._own(owner, session_id)
        if expected_revision not in (0, session.revision):
            raise RevisionMismatch(session)
        return session

    async def _require_path_free(self, wanted: Session) -> None:
        """Before a kernel is started for nothing; what decides is the store."""
        rival = await self._store.find_by_path(wanted.owner, wanted.path)
        if rival is not None and rival.session_id != wanted.session_id:
            raise SessionAlreadyExists(rival)

    async def _prepare_kernel(self, update: SessionUpdate, wanted: Session) -> None:
        """Make sure that the kernel the session is to have runs, if it is to have another one."""
        if update.kernel_name is not UNSET:
            await self.start_kernel_for_session(
                wanted.session_id,
                wanted.path,
                wanted.name,
                update.kernel_name,
                kernel_id=wanted.kernel_id,
                owner=wanted.owner,
            )
        elif update.kernel_id is not UNSET:
            self.kernel_manager.require_alive(wanted.owner, update.kernel_id)

    async def _replace(self, old: Session, new: Session) -> Session:
        """Store the change, and with it how the session is called in its kernel's environment."""
        if new == old:
            return old
        env = None
        if (new.path, new.name, new.kernel_id) != (old.path, old.name, old.kernel_id):
            changes = await self.get_kernel_env(new.path, new.name)
            env = self.kernel_manager.env_with(new.kernel_id, changes)

        def committed() -> None:
            if env is not None:
                self.kernel_manager.update_env(new.kernel_id, env)

        wanted = replace(new, updated_ms=self._clock.now_ms())
        stored = await self._store.replace(wanted, env, committed)
        if stored is None:
            raise RevisionMismatch(await self._own(old.owner, old.session_id))
        return stored

    async def delete_session(
        self,
        session_id: SessionId,
        *,
        expected_revision: int = 0,
        kernel: KernelDisposition = KernelDisposition.SHUT_DOWN_IF_UNUSED,
        purge: bool = False,
        owner: Owner = DEFAULT_OWNER,
    ) -> Deletion:
        """End the session, its kernel first; goes on to its end if the caller is cancelled.

        With `purge` nothing is kept of what the kernel said, if it is forgotten with the session.
        Raises SessionNotFound, RevisionMismatch.
        """
        work = self._delete(owner, session_id, expected_revision, kernel, purge)
        return await run_to_end(self._tasks, work)

    async def _delete(
        self,
        owner: Owner,
        session_id: SessionId,
        expected_revision: int,
        disposition: KernelDisposition,
        purge: bool,
    ) -> Deletion:
        async with self._locks.holding(session_id):
            session = await self._at_revision(owner, session_id, expected_revision)
            record = KernelSessionRecord(session_id, session.kernel_id)
            self.pending.add(record)
            try:
                await self.kernel_manager.let_go(session, disposition)
                left = self.kernel_of(session)
                revision = await self._store.delete(session)
                if revision is None:
                    raise RevisionMismatch(await self._own(owner, session_id))
            finally:
                self.pending.remove(record)
            await self.kernel_manager.forget_unused(session.kernel_id)
            if purge:
                await self.kernel_manager.purge(session.kernel_id)
            return Deletion(revision, left)

    async def close(self) -> None:
        """Let go of the store; what is pending is finished first."""
        await self._store.close()
