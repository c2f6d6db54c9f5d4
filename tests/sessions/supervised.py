"""A supervisor over fake kernels, and what it saves."""

import asyncio

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.model import Channel, Kernel, KernelId, KernelRecord, Owner
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor
from tests.fakes import FakeClock, FakeKernels

RECORD = KernelRecord(
    kernel_id=KernelId("k1"),
    kernel_name="python3",
    owner=Owner("me"),
    cwd="/root",
    env={"A": "1"},
    created_ms=1_600_000_000_000,
    start_ms=1_600_000_000_000,
    last_activity_ms=1_600_000_000_000,
    restarts=0,
    kept=False,
    exit=None,
)


class Supervised:
    """One kernel, its supervisor, and the records that were saved of it."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        kernels: FakeKernels,
        clock: FakeClock,
        record: KernelRecord = RECORD,
        config: KernelConfig | None = None,
    ) -> None:
        self.kernels = kernels
        self.saved: list[KernelRecord] = []
        self.save_error: Exception | None = None
        self.shown: list[Kernel] = []
        self.supervisor = KernelSupervisor(
            record,
            tasks=tasks,
            host=kernels,
            clock=clock,
            config=config or KernelConfig(),
            save=self._save,
            changed=lambda: self.shown.append(self.kernel),
        )

    async def _save(self, record: KernelRecord) -> None:
        if self.save_error is not None:
            raise self.save_error
        self.saved.append(record)

    @property
    def kernel(self):
        """The kernel as it is shown."""
        return self.supervisor.kernel

    async def start(self) -> None:
        """Start the process, and wait until it is ready."""
        await self.supervisor.start()
        await self.supervisor.settled()

    def tell(self, state: str, for_type: str = "execute_request") -> None:
        """Let the kernel publish its state, in answer to a request of this type."""
        parent = request(for_type, {})
        self.kernels.say("k1", parent, Channel.IOPUB, "status", {"execution_state": state})

    async def read_all(self) -> None:
        """Wait until the supervisor has read all that the kernel has said."""
        async with asyncio.timeout(10):
            while self.supervisor.next_seq < self.kernels.next_seq("k1"):  # noqa: ASYNC110
                await asyncio.sleep(0)
