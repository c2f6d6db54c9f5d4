"""ProgressNotes: how far kernels' journals are applied, noted in the store now and then."""

from collections.abc import Awaitable, Callable, Mapping

from jupyter_sessions_server.model import KernelId, KernelProgress
from jupyter_sessions_server.ports import SessionStore
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor
from jupyter_sessions_server.work import repeat

NOTE_SECONDS = 2.0
"""How much of the journals another server may have to apply again when this one is killed."""


class ProgressNotes:
    """What changes with each message of a kernel, and is not worth a transaction each time."""

    def __init__(
        self,
        supervisors: Mapping[KernelId, KernelSupervisor],
        store: SessionStore,
        save_first: Callable[[], Awaitable[None]],
    ) -> None:
        """`supervisors` are those there are, whenever it is looked at.

        `save_first` stores what else was learnt from the journals: it must not lag behind.
        """
        self._save_first = save_first
        self._supervisors = supervisors
        self._store = store
        self._noted: dict[KernelId, KernelProgress] = {}

    async def run(self) -> None:
        """Save what has changed, every now and then, until cancelled."""
        await repeat(self.save, NOTE_SECONDS, "noting progress")

    async def save(self) -> None:
        """Save what has changed, in one transaction."""
        told = {key: supervisor.progress for key, supervisor in self._supervisors.items()}
        changed = [progress for key, progress in told.items() if self._noted.get(key) != progress]
        await self._save_first()
        if changed:
            await self._store.save_progress(changed)
        self._noted = told
