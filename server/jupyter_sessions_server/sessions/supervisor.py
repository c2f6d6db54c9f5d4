"""KernelSupervisor: one kernel from start to end: its states, its restarts, its exit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import (
    JupyterSessionsError,
    KernelDead,
    KernelHostUnavailable,
    KernelNotFound,
    KernelStartFailed,
)
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    JournalRecord,
    Kernel,
    KernelExit,
    KernelLaunch,
    KernelProgress,
    KernelRecord,
    KernelStart,
    KernelState,
    KernelUsage,
    Message,
    ProcessExited,
)
from jupyter_sessions_server.ports import Clock, KernelHost
from jupyter_sessions_server.sessions.messages import UNTRACKED_TYPES, main_shell_state
from jupyter_sessions_server.sessions.readiness import Readiness
from jupyter_sessions_server.sessions.restart_policy import RestartPolicy

log = logging.getLogger(__name__)

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
        heard: Callable[[JournalRecord], None] = lambda _: None,
    ) -> None:
        """`changed` is called when `kernel` has become another one, `heard` for each record."""
        self.record = record
        self.kernel = _kernel_of(record)
        self._changed = changed
        self._heard = heard
        self.next_seq = 0
        """The number after the last record of the journal that was applied."""
        self.forgotten = False
        """Whether it is dead for good: it cannot be restarted."""
        self._adopted_seq = 0  # what the journal had when the process was adopted is before it
        self.process = 0
        """Tells its processes apart: one more for each that was started or adopted."""
        self.started_at = self.active_at = clock.monotonic()
        """When the process was started, and when it last did something, by `Clock.monotonic`."""
        self._tasks = tasks
        self._host = host
        self._clock = clock
        self._config = config
        self._save = save
        self._transition = asyncio.Lock()
        self._restarting = False
        restart_limit = config.policy_for(record.kernel_name).restart_limit
        self._restart_policy = RestartPolicy(restart_limit, clock)
        self._reviving = False  # it died by itself, and is about to be restarted for that
        self._process_seq = 0  # where the process began: ends before it are of earlier ones
        self._exit_seq = 0  # of the last end that was read
        self._reported = KernelState.IDLE  # what the process said last, before it was ready too
        self._waiting: list[asyncio.Future[None]] = []  # for records to be applied
        self._active_ms: int | None = None  # of what was read, and is not shown yet
        self._launch_seq: int | None = None  # where the process begins that is being started
        self._follower: asyncio.Task[None] | None = None
        self._following = False
        self._readiness = Readiness(record.kernel_id, host)
        self._becoming_ready: asyncio.Task[None] | None = None
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
        self._launch_seq = from_seq = self._host.next_seq(kernel_id)
        launch = KernelLaunch(kernel_id, self.record.kernel_name, self.record.cwd, self.record.env)
        try:
            start = await self._host.start(launch)
        except KernelStartFailed as error:
            log.warning("kernel start failed %(kernel_name)s: %(detail)s", error.facts)
            raise
        finally:
            self._launch_seq = None
            self._wake()
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
        known = self.record
        self._adopted_seq = alive_at_seq
        self._process_started(known.start, known.start_ms, alive_at_seq)
        self._set(last_activity_ms=known.last_activity_ms)
        if known.start.ready_after_ms is not None:
            self._reported = KernelState.BUSY if known.busy else KernelState.IDLE
            self._stop_asking()
            self._show_ready(known.start)
        self._follow(known.next_seq)

    async def followed_to_end(self) -> None:
        """Wait until all of the journal is applied, once nothing more comes."""
        if self._follower is not None:
            await asyncio.wait([self._follower])

    async def shut_down(
        self, cause: ExitCause, still_due: Callable[[], bool] = lambda: True
    ) -> bool:
        """End the process, and wait until its end is known; whether there was one to end.

        A dead kernel stays as it is; so does one that is no longer due when its turn comes.
        """
        async with self._transition:
            if not self.kernel.alive or not still_due():
                return False
            if self._reviving and self.record.exit is not None:  # its process has ended already
                self._reviving = False
                self._died(self.record.exit)
                return False
            before = self.kernel
            self._set(state=KernelState.STOPPING)
            await self._stop(cause, before)
            return True

    async def kill(self, process: int, cause: ExitCause) -> None:
        """End this process at once, as if it had died by itself; a later one is left alone."""
        if self._transition.locked():
            return  # it is being ended, or replaced
        async with self._transition:
            if self.kernel.alive and self.process == process:
                await self._host.stop(self.record.kernel_id, cause, grace_seconds=0)
                await self._ended.wait()

    async def restart(
        self,
        *,
        only_if_dead: bool,
        by_force: bool = False,
        require_room: Callable[[], None] = lambda: None,
        still_wanted: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """End the process if there is one, and start another; a dead one has to find room.

        With `by_force` it gets no time to end by itself. It stays as it is if that is not
        `still_wanted` when its turn has come.

        Raises KernelNotFound if it is forgotten, what `require_room` raises, and is then as before;
        and KernelStartFailed; the kernel is then dead.
        """
        async with self._transition:
            if self.forgotten:
                raise KernelNotFound(self.record.kernel_id)
            if only_if_dead and self.kernel.alive:
                return
            if not self.kernel.alive:
                require_room()
            if still_wanted is None or await still_wanted():
                await self._replace_process(by_force=by_force)

    async def _revive(self) -> None:
        """Restart it after it died by itself, unless it was shut down or restarted meanwhile."""
        async with self._transition:
            if self._reviving:
                try:
                    await self._replace_process()
                except JupyterSessionsError as error:  # it is as it says, dead or alive
                    facts = {"kernel_id": self.record.kernel_id, "why": error.message}
                    log.warning("kernel not revived %(kernel_id)s: %(why)s", facts, extra=facts)

    async def _replace_process(self, *, by_force: bool = False) -> None:
        before = self.kernel
        self._restarting, self._reviving = True, False
        self._settled.clear()
        self._set(state=KernelState.RESTARTING, exit=None, usage=None)
        try:
            await self._stop(ExitCause.SHUT_DOWN, before, by_force=by_force)
            await self.start(restarts=self.record.restarts + 1)
        finally:
            self._restarting = False
            if self._ended.is_set() or self.kernel.state is KernelState.RESTARTING:
                self._died(self.record.exit or self._exit(ExitCause.LOST))
            await self._store()

    @property
    def progress(self) -> KernelProgress:
        """What the journal has told up to now."""
        return KernelProgress(
            kernel_id=self.record.kernel_id,
            next_seq=self.next_seq,
            busy=self._reported is KernelState.BUSY,
            last_activity_ms=self.kernel.last_activity_ms,
            ready_after_ms=self.kernel.start.ready_after_ms,
        )

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Show one connection more, for as long as the block lasts."""
        self._set(connections=self.kernel.connections + 1)
        try:
            yield
        finally:
            self._set(connections=self.kernel.connections - 1)

    def set_usage(self, usage: KernelUsage) -> None:
        """Show what the present process takes of the machine."""
        if self.kernel.alive:
            self._set(usage=usage)

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
        progress = self.progress
        self.record = replace(
            self.record,
            start=self.kernel.start,
            next_seq=progress.next_seq,
            busy=progress.busy,
            last_activity_ms=progress.last_activity_ms,
        )
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

    async def _stop(self, cause: ExitCause, before: Kernel, *, by_force: bool = False) -> None:
        """End the process; if that cannot be, the kernel is as before."""
        grace = 0 if by_force else self._config.stop_grace_seconds
        try:
            await self._host.stop(self.record.kernel_id, cause, grace_seconds=grace)
        except KernelHostUnavailable:
            self._show(replace(before, connections=self.kernel.connections))
            self._show_if_ready()  # by what it has said meanwhile
            if before.state is not KernelState.STARTING:
                self._settled.set()
            raise
        await self._ended.wait()

    def _set(self, **changes: Any) -> None:
        self._show(replace(self.kernel, **changes))

    def _show(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._changed()

    def _exit(self, cause: ExitCause) -> KernelExit:
        return KernelExit(cause, self._clock.now_ms())

    def _process_started(self, start: KernelStart, start_ms: int, process_seq: int) -> None:
        for event in (self._settled, self._ended, self._end_stored):
            event.clear()
        self._process_seq = process_seq
        self.process += 1
        self.active_at = self._clock.monotonic()
        self.started_at = self.active_at - max(0, self._clock.now_ms() - start_ms) / 1000
        self._reported = KernelState.IDLE
        self.record = replace(
            self.record, start_ms=start_ms, last_activity_ms=start_ms, exit=None, start=start
        )
        self._show(replace(_kernel_of(self.record), connections=self.kernel.connections))
        self._ask_until_ready()

    def _begin(self, work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        """Run it as a task that records a state rather than raise."""

        async def watched() -> None:
            try:
                await work()
            except Exception:
                log.exception("supervisor failed", extra={"kernel_id": self.record.kernel_id})
                await self._give_up()

        return self._tasks.create_task(watched())

    async def _give_up(self) -> None:
        """Leave no process behind that nobody knows."""
        try:
            await self._host.stop(self.record.kernel_id, ExitCause.LOST, grace_seconds=0)
        except Exception:
            log.exception("process not ended", extra={"kernel_id": self.record.kernel_id})
        if not self._ended.is_set():
            self._died(self._exit(ExitCause.LOST))
        self._end_stored.set()  # as far as it can be

    async def _become_ready(self) -> None:
        """Ask until the kernel shows that it is ready; give up at the deadline."""
        try:
            async with asyncio.timeout(self._config.start_seconds):
                await self._readiness.ask()
        except TimeoutError:
            log.warning("kernel never ready", extra={"kernel_id": self.record.kernel_id})
            await self._host.stop(self.record.kernel_id, ExitCause.NEVER_READY, grace_seconds=0)

    def _show_if_ready(self) -> None:
        """Show that it has got ready, once it is clear that no process before it said so."""
        if (
            self.kernel.state is KernelState.STARTING
            and self.next_seq >= self._process_seq
            and self._readiness.reached
        ):
            took = max(0, self._readiness.answered_ms - self.kernel.start_ms)
            self._show_ready(replace(self.kernel.start, ready_after_ms=took))

    def _ask_until_ready(self) -> None:
        self._readiness.begin_anew()
        self._stop_asking()
        self._becoming_ready = self._begin(self._become_ready)

    def _stop_asking(self) -> None:
        if self._becoming_ready is not None:
            self._becoming_ready.cancel()

    def _show_ready(self, start: KernelStart) -> None:
        self._set(state=self._reported, start=start)
        self._settled.set()

    def _follow(self, from_seq: int) -> None:
        """Read the journal from here on, unless that is being done.

        If that has failed, from where it did.
        """
        if not self._following:
            self._following = True
            self.next_seq = from_seq if self._follower is None else min(from_seq, self.next_seq)
            self._follower = self._begin(partial(self._read, self.next_seq))

    async def _read(self, from_seq: int) -> None:
        try:
            await self._apply_all(from_seq)
        finally:
            self._following = False
            self._wake()

    async def _apply_all(self, from_seq: int) -> None:
        async for records in self._host.read(self.record.kernel_id, from_seq):
            for record in records:
                self._tell(record)
                if isinstance(record, Message):
                    self._hear(record)
                elif isinstance(record, ProcessExited):
                    self._show_activity()
                    await self._exited(record)
                self.next_seq = record.seq + 1
                self._show_if_ready()
            self._show_activity()  # once for all of them
            self._wake()

    def _tell(self, record: JournalRecord) -> None:
        """Tell who listens; what nobody has thought of in a record does not end the kernel."""
        try:
            self._heard(record)
        except Exception:
            facts = {"kernel_id": self.record.kernel_id, "seq": record.seq}
            log.exception("record not applied %(kernel_id)s %(seq)s", facts, extra=facts)

    async def applied(self, seq: int) -> None:
        """Wait until the kernel is shown as the journal tells it up to this number."""
        while self._is_ahead(seq):
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    async def caught_up(self) -> bool:
        """Wait until all is applied that the journal had when the process was adopted.

        An earlier server may have told of it, and been killed before it stored that. Whether it was
        yet to be applied.
        """
        if self.next_seq >= self._adopted_seq:
            return False
        await self.applied(self._adopted_seq - 1)
        return True

    def _is_ahead(self, seq: int) -> bool:
        """Whether the record is yet to be read, or is of a start that is yet to be shown."""
        if self._launch_seq is not None and seq >= self._launch_seq:
            return True
        return self._following and seq >= self.next_seq

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _hear(self, message: Message) -> None:
        self._readiness.note(message)
        if message.parent_type not in UNTRACKED_TYPES and message.channel is Channel.IOPUB:
            self._reported = _STATES.get(main_shell_state(message) or "", self._reported)
            self._active_ms = message.time_ms

    def _show_activity(self) -> None:
        if self._active_ms is None:
            return
        state = self.kernel.state
        if state in _STATES.values():  # else it begins or ends, whatever it does meanwhile
            state = self._reported
        self.active_at = self._clock.monotonic()
        self._set(state=state, last_activity_ms=self._active_ms)
        self._active_ms = None

    async def _exited(self, record: ProcessExited) -> None:
        if record.seq < self._process_seq:  # what was said before is not of this process
            self._reported = KernelState.IDLE
            if self.kernel.state is KernelState.STARTING:
                self._ask_until_ready()
            return
        self._exit_seq = record.seq
        self._reviving = self._is_to_revive(record.exit)
        self._died(record.exit)
        if self._reviving:
            self._begin(self._revive)
        if not self._restarting:
            await self._store_end()

    def _is_to_revive(self, end: KernelExit) -> bool:
        if self._restarting or self.forgotten or self.kernel.state is KernelState.STOPPING:
            return False
        return self._restart_policy.take(end)

    def _died(self, end: KernelExit) -> None:
        self.record = replace(self.record, exit=end, last_activity_ms=self.kernel.last_activity_ms)
        self._stop_asking()
        self._ended.set()
        if self._reviving:
            self._settled.clear()
            self._set(state=KernelState.RESTARTING, usage=None)
        elif not self._restarting:
            self._set(state=KernelState.DEAD, exit=end, usage=None)
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
        start=record.start,
        exit=record.exit,
    )
