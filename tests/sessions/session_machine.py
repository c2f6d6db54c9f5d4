"""A model of sessions and kernels, so simple that it is plainly right, beside the real thing."""

import asyncio
from dataclasses import dataclass

from jupyter_sessions_server.model import KernelDisposition, Session, SessionId
from jupyter_sessions_server.sessions.manager import SessionManager
from tests.fakes import FakeClock
from tests.sessions.parts import open_sessions
from tests.sessions.slow_parts import MemoryStore, SlowKernels


@dataclass
class ModelKernel:
    """What is to be true of a kernel."""

    owner: str
    alive: bool = True
    kept: bool = False


class Model:
    """Which sessions and kernels there are to be."""

    def __init__(self) -> None:
        self.sessions: dict[SessionId, Session] = {}
        self.kernels: dict[str, ModelKernel] = {}
        self.revision = 0

    def at(self, owner: str, path: str) -> Session | None:
        """The owner's session of a path."""
        return next((s for s in self.sessions.values() if (s.owner, s.path) == (owner, path)), None)

    def put(self, session: Session) -> None:
        """A session was created or changed."""
        self.revision += 1
        self.sessions[session.session_id] = session

    def delete(self, session: Session, disposition: KernelDisposition) -> None:
        """A session was deleted."""
        self.revision += 1
        del self.sessions[session.session_id]
        self.let_go(session.kernel_id, disposition)

    def let_go(self, kernel_id: str, disposition: KernelDisposition) -> None:
        """A session does not use the kernel any more."""
        kernel = self.kernels[kernel_id]
        if disposition is KernelDisposition.KEEP:
            kernel.kept = True
        elif disposition is KernelDisposition.SHUT_DOWN or not self.is_used(kernel_id):
            kernel.alive = False
        self.forget_unused(kernel_id)

    def is_used(self, kernel_id: str) -> bool:
        """Whether a session uses the kernel."""
        return any(session.kernel_id == kernel_id for session in self.sessions.values())

    def forget_unused(self, kernel_id: str) -> None:
        """A dead kernel that no session uses is nobody's."""
        if not self.kernels[kernel_id].alive and not self.is_used(kernel_id):
            del self.kernels[kernel_id]


class Server:
    """The real thing over parts that take turns of a loop of their own, always the same number."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.clock = FakeClock()
        self.kernels = SlowKernels(self.clock)
        self.store = MemoryStore()
        self.run(self._open())

    sessions: SessionManager

    def run(self, call):
        """The call's result, or its error."""
        return self._runner.run(call)

    async def _open(self) -> None:
        self._may_close = asyncio.Event()
        opened = asyncio.Event()
        self._life = asyncio.create_task(self._live(opened))
        await opened.wait()

    async def _live(self, opened: asyncio.Event) -> None:
        async with open_sessions(self.store, self.kernels, self.clock) as self.sessions:
            opened.set()
            await self._may_close.wait()

    async def _close(self) -> None:
        self._may_close.set()
        await self._life

    def begin_anew(self) -> None:
        """Stop the server, and start another over what it left; kernels go on."""
        self.run(self._close())
        self.run(self._open())

    def end(self) -> None:
        """Leave nothing behind."""
        self.run(self._close())
        self._runner.close()
