"""A store and kernels that take turns of the loop for all they do: callers can leave between."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from jupyter_sessions_server.errors import RequestIdReused, SessionAlreadyExists
from jupyter_sessions_server.model import (
    ExitCause,
    KernelId,
    KernelLaunch,
    KernelRecord,
    KernelStart,
    Owner,
    Session,
    SessionId,
)
from jupyter_sessions_server.ports import NewRequest
from tests.fakes import FakeKernels
from tests.sessions.loop_turns import turns

T = TypeVar("T")


class SlowKernels(FakeKernels):
    """Kernels whose host answers only after some turns, before and after what it does."""

    async def cwd_for_path(self, path: str) -> str:
        await turns(1)
        return await super().cwd_for_path(path)

    async def start(self, launch: KernelLaunch) -> KernelStart:
        await turns(2)
        return await super().start(launch)

    async def stop(self, kernel_id: KernelId, cause: ExitCause, *, grace_seconds: float) -> None:
        await turns(1)
        await super().stop(kernel_id, cause, grace_seconds=grace_seconds)
        await turns(1)

    async def forget(self, kernel_id: KernelId) -> None:
        await turns(1)
        await super().forget(kernel_id)


async def settled(write: Coroutine[Any, Any, T]) -> T:
    """The outcome of the write; a caller who is cancelled waits for its end."""
    writing = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise


class MemoryStore:
    """A SessionStore in dictionaries; a write takes a turn before and a turn after."""

    def __init__(self) -> None:
        self.sessions: dict[SessionId, Session] = {}
        self.kernels: dict[KernelId, KernelRecord] = {}
        self._requests: dict[tuple[Owner, str], tuple[str, SessionId]] = {}
        self._revision = 0

    async def open(self) -> None:
        """Nothing has to be made ready."""

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def revision(self) -> int:
        return self._revision

    async def get(self, session_id: SessionId) -> Session | None:
        return self.sessions.get(session_id)

    async def find_by_path(self, owner: Owner, path: str) -> Session | None:
        return next((s for s in self.sessions.values() if (s.owner, s.path) == (owner, path)), None)

    async def find_by_kernel(self, kernel_id: KernelId) -> Sequence[Session]:
        return [s for s in self.sessions.values() if s.kernel_id == kernel_id]

    async def is_kernel_used(self, kernel_id: KernelId, besides: SessionId | None = None) -> bool:
        return any(s.session_id != besides for s in await self.find_by_kernel(kernel_id))

    async def list_sessions(self, owner: Owner) -> Sequence[Session]:
        return [s for s in self.sessions.values() if s.owner == owner]

    async def count_sessions(self) -> int:
        return len(self.sessions)

    async def find_by_request(self, owner: Owner, request: NewRequest) -> SessionId | None:
        known = self._requests.get((owner, request.request_id))
        if known is not None and known[0] != request.fingerprint:
            raise RequestIdReused(request.request_id)
        return None if known is None else known[1]

    async def insert(self, session: Session, request: NewRequest | None) -> Session:
        return await settled(self._insert(session, request))

    async def _insert(self, session: Session, request: NewRequest | None) -> Session:
        await turns(1)
        await self._require_free(session)
        assert session.kernel_id in self.kernels, "a session's kernel is stored before it"
        self._revision += 1
        stored = replace(session, revision=self._revision, create_revision=self._revision)
        self.sessions[session.session_id] = stored
        if request is not None:
            key = session.owner, request.request_id
            self._requests[key] = request.fingerprint, session.session_id
        await turns(1)
        return stored

    async def _require_free(self, session: Session) -> None:
        rival = await self.find_by_path(session.owner, session.path)
        if rival is not None and rival.session_id != session.session_id:
            raise SessionAlreadyExists(rival)
        if session.revision == 0 and session.session_id in self.sessions:
            raise SessionAlreadyExists(self.sessions[session.session_id])

    async def replace(
        self,
        session: Session,
        kernel_env: Mapping[str, str] | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> Session | None:
        return await settled(self._replace(session, kernel_env, committed))

    async def _replace(
        self,
        session: Session,
        kernel_env: Mapping[str, str] | None,
        committed: Callable[[], None],
    ) -> Session | None:
        await turns(1)
        await self._require_free(session)
        if not self._is_current(session):
            return None
        self._revision += 1
        self.sessions[session.session_id] = replace(session, revision=self._revision)
        if kernel_env is not None:
            known = self.kernels[session.kernel_id]
            self.kernels[session.kernel_id] = replace(known, env=dict(kernel_env))
        committed()
        await turns(1)
        return self.sessions[session.session_id]

    async def delete(self, session: Session) -> int | None:
        await turns(1)
        if not self._is_current(session):
            return None
        self._revision += 1
        del self.sessions[session.session_id]
        await turns(1)
        return self._revision

    def _is_current(self, session: Session) -> bool:
        present = self.sessions.get(session.session_id)
        return present is not None and present.revision == session.revision

    async def list_kernels(self) -> Sequence[KernelRecord]:
        return list(self.kernels.values())

    async def save_kernel(self, kernel: KernelRecord) -> None:
        await turns(1)
        self.kernels[kernel.kernel_id] = kernel
        await turns(1)

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        await turns(1)
        if not await self.find_by_kernel(kernel_id):
            self.kernels.pop(kernel_id, None)
        await turns(1)
