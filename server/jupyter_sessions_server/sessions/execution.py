"""RunningExecution: one execution that has not ended, or whose events somebody reads."""

import asyncio
from collections.abc import Awaitable, Callable

from jupyter_sessions_server.model import Execution, ExecutionRecord
from jupyter_sessions_server.sessions.tracker import ExecutionTracker


class RunningExecution:
    """What has become of it by now, and who waits for its end."""

    def __init__(
        self,
        record: ExecutionRecord,
        *,
        output_limit_bytes: int,
        applied: Callable[[int], Awaitable[None]],
    ) -> None:
        """`applied` waits until the record of this number of the journal is applied."""
        self.tracker = ExecutionTracker(record, output_limit_bytes=output_limit_bytes)
        self.applied = applied
        self._first_seq = record.execution.first_seq
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the kernel has begun with it, or it has ended."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it has ended."""
        self.deadline: asyncio.TimerHandle | None = None
        """When its time in the kernel is over."""
        self.tell()

    @property
    def record(self) -> ExecutionRecord:
        """What is stored of it."""
        return self.tracker.record

    @property
    def execution(self) -> Execution:
        """How far it has come."""
        return self.tracker.execution

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.tracker.finished

    @property
    def waits(self) -> bool:
        """Whether it was not handed to the kernel yet."""
        return not self.tracker.was_sent and not self.finished

    @property
    def heard_of(self) -> bool:
        """Whether the kernel has said anything that belongs to it."""
        return self.tracker.next_seq > self._first_seq + 1

    def tell(self) -> None:
        """Wake those who wait for what has come."""
        if self.finished or self.tracker.started_ms is not None:
            _set(self.started)
        if self.finished:
            _set(self.done)
            if self.deadline is not None:
                self.deadline.cancel()

    async def ended(self) -> None:
        """Wait for its end."""
        await asyncio.shield(self.done)

    async def ended_within(self, seconds: float) -> bool:
        """Wait for its end so long; whether it has."""
        await asyncio.wait([self.done], timeout=seconds)
        return self.done.done()


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
