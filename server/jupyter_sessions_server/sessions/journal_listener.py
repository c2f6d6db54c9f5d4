"""JournalListener: who learns from the journals of kernels, which the kernel manager reads."""

from typing import Protocol

from jupyter_sessions_server.model import JournalRecord, KernelId, Owner


class JournalListener(Protocol):
    """Learns what kernels say, from the one who reads their journals."""

    def apply(self, kernel_id: KernelId, owner: Owner, record: JournalRecord) -> None:
        """Learn from a record; each comes at least once, in order."""
        ...

    async def save(self) -> None:
        """Store what was learnt; records before this come again only if it fails."""
        ...

    async def forget(self, kernel_id: KernelId, owner: Owner) -> bool:
        """The kernel is no more; whether its journal is to be kept all the same."""
        ...

    async def make_way(self, kernel_id: KernelId) -> bool:
        """A kernel gets this id, or nobody is to read its journal: whether there was one kept."""
        ...


class NobodyListens:
    """A JournalListener where nobody cares."""

    def apply(self, kernel_id: KernelId, owner: Owner, record: JournalRecord) -> None:
        """Learn nothing."""

    async def save(self) -> None:
        """There is nothing."""

    async def forget(self, kernel_id: KernelId, owner: Owner) -> bool:
        """Nobody will read its journal."""
        return False

    async def make_way(self, kernel_id: KernelId) -> bool:
        """There is nothing in the way."""
        return False
