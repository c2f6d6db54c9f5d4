"""Stopper: ends a kernel's executions before their time, step by step."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import JupyterSessionsError, KernelHostUnavailable, StorageFull
from jupyter_sessions_server.model import ExecutionState, KernelId, Owner, StopStep
from jupyter_sessions_server.ports import Clock, KernelHost
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.work import SharedWork, begin

_AGAIN_SECONDS = 1.0
"""After so long what has to end is tried to be ended again."""


class Stopper:
    """Drops an execution that waits, else interrupts it, and at last replaces the kernel's process.

    What is to become of it is stored before anything is done: the journal does not tell who has
    ended an execution, and why.
    """

    def __init__(
        self,
        kernel_id: KernelId,
        owner: Owner,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        kernel_manager: KernelManager,
        clock: Clock,
        config: KernelConfig,
        can_drop: Callable[[RunningExecution], bool],
        may_run_unheard: Callable[[RunningExecution], bool],
        drop: Callable[[RunningExecution, ExecutionState], None],
        save: Callable[[RunningExecution], Awaitable[None]],
    ) -> None:
        """`can_drop` tells whether the kernel has it not yet; `save` stores what has changed.

        `may_run_unheard` tells whether its beginning may be missing in the journal.
        """
        self._kernel_id = kernel_id
        self._owner = owner
        self._tasks = tasks
        self._host = host
        self._kernels = kernel_manager
        self._clock = clock
        self._config = config
        self._can_drop = can_drop
        self._may_run_unheard = may_run_unheard
        self._drop = drop
        self._save = save
        self._under_way: SharedWork[None] = SharedWork(tasks)
        self.replacing = False
        """Whether the process is being replaced: those that wait go on in the next one."""
        self.interrupting = asyncio.Lock()
        """Held while an interrupt is on its way: what begins meanwhile would get it."""

    def watch_time(self, running: RunningExecution) -> None:
        """Once it has started, its time counts."""
        started, timeout = running.tracker.started_ms, running.tracker.request.timeout_ms
        if started is None or timeout is None or running.deadline is not None:
            return
        left = max(0, started + timeout - self._clock.now_ms()) / 1000
        stop = partial(self.begin, running, ExecutionState.TIMED_OUT)
        running.deadline = asyncio.get_running_loop().call_later(left, stop)

    def begin(self, running: RunningExecution, state: ExecutionState) -> None:
        """End it, and do not wait; if what ends it cannot be reached, later."""
        begin(self._tasks, self._insist(running, state), "ending an execution")

    async def _insist(self, running: RunningExecution, state: ExecutionState) -> None:
        while not running.finished:
            try:
                await self.stop(running, state)
            except KernelHostUnavailable:
                await running.ended_within(_AGAIN_SECONDS)

    async def stop(self, running: RunningExecution, state: ExecutionState) -> None:
        """Return when it has ended.

        The first who wants it to end says how that is called; if it fails, the next tries again.
        """
        await self._kernels.caught_up(self._kernel_id)
        stop = partial(self._stop, running, state)
        await self._under_way.run(running.tracker.execution_id, None, stop)

    async def _stop(self, running: RunningExecution, state: ExecutionState) -> None:
        if running.finished:
            return
        state = running.record.stop_state or state
        step = StopStep.DROPPED if self._can_drop(running) else StopStep.INTERRUPTED
        await self._note(running, state, step)
        if self._can_drop(running):
            self._drop(running, state)
            await self._store(running)
        else:
            await self._interrupt(running, state)

    async def _note(self, running: RunningExecution, state: ExecutionState, step: StopStep) -> None:
        running.tracker.stop(state, step)
        await self._store(running)

    async def _store(self, running: RunningExecution) -> None:
        with suppress(StorageFull):  # it is ended all the same
            await self._save(running)

    async def _interrupt(self, running: RunningExecution, state: ExecutionState) -> None:
        """Interrupt it once it has started: what runs before it is another front end's."""
        await self._begun(running)
        async with self.interrupting:
            if not running.finished:
                await self._host.interrupt(self._kernel_id)
        if not await running.ended_within(self._config.interrupt_grace_seconds):
            await self._replace_process(running, state)
            await running.ended()

    async def _begun(self, running: RunningExecution) -> None:
        """Wait until it has started; after a while, that it may have in a gap is enough."""
        while True:
            await asyncio.wait([running.started], timeout=self._config.interrupt_grace_seconds)
            if running.started.done() or self._may_run_unheard(running):
                return

    async def _replace_process(self, running: RunningExecution, state: ExecutionState) -> None:
        async def still_wanted() -> bool:
            if not running.finished:
                await self._note(running, state, StopStep.KERNEL_RESTARTED)
            self.replacing = not running.finished
            return self.replacing

        try:
            await self._kernels.restart_kernel(
                self._owner, self._kernel_id, by_force=True, still_wanted=still_wanted
            )
        except JupyterSessionsError:
            if not running.finished:  # else it has ended, if at the price of the kernel
                raise
        finally:
            self.replacing = False
