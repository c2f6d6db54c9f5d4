"""KernelSupervisor: one kernel from start to end: its states, its restarts, its exit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import KernelDead, KernelNotFound
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    JournalRecord,
    Kernel,
    KernelExit,
    KernelLaunch,
    KernelRecord,
    KernelStart,
    KernelState,
    Message,
    ProcessExited,
)
from jupyter_sessions_server.ports import Clock, KernelHost
from jupyter_sessions_server.sessions.messages import UNTRACKED_TYPES, execution_state, request

log = logging.getLogger(__name__)

_ASK_AGAIN_SECONDS = 1.0
_ASK_AGAIN_SOON_SECONDS = 0.05
_STATES = {"idle": KernelState.IDLE, "busy": KernelState.BUSY}


class KernelSupervisor:
    """Follows a kernel's journal, and so knows its state; starts, ends and restarts its process.

    Its tasks run in the group it is given, and never raise: one kernel's bug must not stop another.
    """

    def __init__(
        self,
        record: KernelRecord,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        clock: Clock,
        config: KernelConfig,
        save: Callable[[KernelRecord], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when `kernel` has become another one."""
        self.record = record
        self.kernel = _kernel_of(record)
        self._changed = changed
        self.next_seq = 0
        """The number after the last record of the journal that was applied."""
        self.forgotten = False
        """Whether it is dead for good: it cannot be restarted."""
        self._tasks = tasks
        self._host = host
        self._clock = clock
        self._config = config
        self._save = save
        self._transition = asyncio.Lock()
        self._restarting = False
        self._process_seq = 0  # where the process began: ends before it are of earlier ones
        self._exit_seq = 0  # of the last end that was read
        self._reported = KernelState.IDLE  # what the process said last, before it was ready too
        self._follower: asyncio.Task[None] | None = None
        self._readiness: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()  # a kernel_info_request, since the process was started
        self._heard = asyncio.Event()  # on iopub, since the process was started
        self._settled = asyncio.Event()  # neither STARTING nor RESTARTING
        self._ended = asyncio.Event()  # its exit was read from the journal
        self._end_stored = asyncio.Event()  # and is in the store
        if record.exit is not None:
            for event in (self._settled, self._ended, self._end_stored):
                event.set()

    def require_alive(self) -> None:
        """Raise KernelDead if there is no process, or it is being shut down."""
        if self.kernel.exit is not None:
            raise KernelDead(self.kernel.kernel_id, self.kernel.exit.cause)
        if self.kernel.state is KernelState.STOPPING:
            raise KernelDead(self.kernel.kernel_id, ExitCause.SHUT_DOWN)

    @property
    def settling(self) -> bool:
        """Whether the kernel is STARTING or RESTARTING."""
        return not self._settled.is_set()

    async def settled(self) -> None:
        """Wait until the kernel is neither STARTING nor RESTARTING."""
        await self._settled.wait()

    async def start(self, *, restarts: int = 0) -> None:
        """Start the process; raises KernelStartFailed, and is then as before."""
        kernel_id = self.record.kernel_id
        from_seq = self._host.next_seq(kernel_id)
        launch = KernelLaunch(kernel_id, self.record.kernel_name, self.record.cwd, self.record.env)
        start = await self._host.start(launch)
        ended_already = self._exit_seq >= from_seq
        end = self.record.exit
        self.record = replace(self.record, restarts=restarts)
        self._process_started(start, self._clock.now_ms(), from_seq)
        self._follow(from_seq)
        if ended_already and end is not None:
            self._died(end)

    def adopt(self, alive_at_seq: int) -> None:
        """Take on a process that runs already, and read what it has said so far.

        It ran when this was the number of the journal's next record.
        """
        self._process_started(self.kernel.start, self.record.start_ms, alive_at_seq)
        self._follow(from_seq=0)

    async def followed_to_end(self) -> None:
        """Wait until all of the journal is applied, once nothing more comes."""
        if self._follower is not None:
            await asyncio.wait([self._follower])

    async def shut_down(self, cause: ExitCause) -> None:
        """End the process, and wait until its end is known; a dead kernel stays as it is."""
        async with self._transition:
            if self.kernel.alive:
                self._set(state=KernelState.STOPPING)
                await self._stop(cause)

    async def restart(self, *, only_if_dead: bool) -> None:
        """End the process if there is one, and start another.

        Raises KernelNotFound if it is forgotten, and KernelStartFailed; the kernel is then dead.
        """
        async with self._transition:
            if self.forgotten:
                raise KernelNotFound(self.record.kernel_id)
            if only_if_dead and self.kernel.alive:
                return
            self._restarting = True
            self._settled.clear()
            self._set(state=KernelState.RESTARTING, exit=None)
            try:
                await self._stop(ExitCause.SHUT_DOWN)
                await self.start(restarts=self.record.restarts + 1)
            finally:
                self._restarting = False
                if self._ended.is_set() or self.kernel.state is KernelState.RESTARTING:
                    self._died(self.record.exit or self._exit(ExitCause.LOST))
                await self._store()

    def set_env(self, env: Mapping[str, str]) -> None:
        """Set the variables for the next start, which are stored already."""
        self.record = replace(self.record, env=env)

    async def keep(self) -> None:
        """Let the kernel live on when no session uses it."""
        if not self.record.kept:
            self.record = replace(self.record, kept=True)
            await self._save(self.record)

    async def end_stored(self) -> None:
        """Wait until the end of a process is in the store, unless another one is to follow it."""
        if not self._restarting:
            await self._end_stored.wait()

    async def _store(self) -> None:
        await self._save(self.record)
        if self.record.exit is not None:
            self._end_stored.set()

    async def _store_end(self) -> None:
        """The same for an end that was read; if that fails, the journal is read on all the same."""
        try:
            await self._store()
        except Exception:
            log.exception("end not stored", extra={"kernel_id": self.record.kernel_id})
            self._end_stored.set()  # as far as it can be

    async def _stop(self, cause: ExitCause) -> None:
        grace = self._config.stop_grace_seconds
        await self._host.stop(self.record.kernel_id, cause, grace_seconds=grace)
        await self._ended.wait()

    def _set(self, **changes: Any) -> None:
        self._show(replace(self.kernel, **changes))

    def _show(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._changed()

    def _exit(self, cause: ExitCause) -> KernelExit:
        return KernelExit(cause, self._clock.now_ms())

    def _process_started(self, start: KernelStart, start_ms: int, process_seq: int) -> None:
        for event in (
            self._answered, self._heard, self._settled, self._ended, self._end_stored,
        ):  # fmt: skip
            event.clear()
        self._process_seq = process_seq
        self._reported = KernelState.IDLE
        self.record = replace(self.record, start_ms=start_ms, last_activity_ms=start_ms, exit=None)
        self._show(replace(_kernel_of(self.record), start=start))
        if self._readiness is not None:
            self._readiness.cancel()
        self._readiness = self._begin(self._become_ready)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        """Run it as a task that records a state rather than raise."""

        async def watched() -> None:
            try:
                await work()
            except Exception:
                log.exception("supervisor failed", extra={"kernel_id": self.record.kernel_id})
                self._died(self._exit(ExitCause.LOST))
                self._end_stored.set()  # as far as it can be

        return self._tasks.create_task(watched())

    async def _become_ready(self) -> None:
        """Ask until the kernel has answered and is heard on iopub; give up at the deadline."""
        try:
            async with asyncio.timeout(self._config.start_seconds):
                await self._ask_until_heard()
        except TimeoutError:
            log.warning("kernel never ready", extra={"kernel_id": self.record.kernel_id})
            await self._host.stop(self.record.kernel_id, ExitCause.NEVER_READY, grace_seconds=0)
            return
        if self.kernel.state is KernelState.STARTING:
            took = self._clock.now_ms() - self.kernel.start_ms
            start = replace(self.kernel.start, ready_after_ms=took)
            self._set(state=self._reported, start=start)
            self._settled.set()

    async def _ask_until_heard(self) -> None:
        """Its answer may come before its iopub reaches us, so both are waited for."""
        while not (self._answered.is_set() and self._heard.is_set()):
            question = request("kernel_info_request", {})
            await self._host.send(self.record.kernel_id, Channel.SHELL, question)
            if self._answered.is_set():
                missing, pause = self._heard, _ASK_AGAIN_SOON_SECONDS
            else:
                missing, pause = self._answered, _ASK_AGAIN_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await missing.wait()
            except TimeoutError:
                continue  # ask again

    def _follow(self, from_seq: int) -> None:
        """Read the journal from here on, unless that is being done."""
        if self._follower is None:
            self.next_seq = from_seq
            self._follower = self._begin(partial(self._read, from_seq))

    async def _read(self, from_seq: int) -> None:
        async for records in self._host.read(self.record.kernel_id, from_seq):
            for record in records:
                await self._apply(record)
                self.next_seq = record.seq + 1

    async def _apply(self, record: JournalRecord) -> None:
        if isinstance(record, ProcessExited):
            if record.seq < self._process_seq:
                return
            self._exit_seq = record.seq
            self._died(record.exit)
            if not self._restarting:
                await self._store_end()
        elif isinstance(record, Message):
            self._apply_message(record)

    def _apply_message(self, message: Message) -> None:
        if message.channel is Channel.IOPUB:
            self._heard.set()
        elif message.msg_type == "kernel_info_reply":
            self._answered.set()
        if message.parent_type in UNTRACKED_TYPES or message.channel is not Channel.IOPUB:
            return
        self._reported = _STATES.get(execution_state(message) or "", self._reported)
        state = self.kernel.state
        if state in _STATES.values():  # else it begins or ends, whatever it does meanwhile
            state = self._reported
        self._set(state=state, last_activity_ms=message.time_ms)

    def _died(self, end: KernelExit) -> None:
        self.record = replace(self.record, exit=end, last_activity_ms=self.kernel.last_activity_ms)
        if self._readiness is not None:
            self._readiness.cancel()
        self._ended.set()
        if not self._restarting:
            self._set(state=KernelState.DEAD, exit=end)
            self._settled.set()


def _kernel_of(record: KernelRecord) -> Kernel:
    """The kernel as its record tells it: dead, or about to be started."""
    return Kernel(
        kernel_id=record.kernel_id,
        kernel_name=record.kernel_name,
        owner=record.owner,
        state=KernelState.STARTING if record.exit is None else KernelState.DEAD,
        cwd=record.cwd,
        created_ms=record.created_ms,
        start_ms=record.start_ms,
        last_activity_ms=record.last_activity_ms,
        restarts=record.restarts,
        exit=record.exit,
    )
