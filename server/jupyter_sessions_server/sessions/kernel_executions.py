"""KernelExecutions: what runs in one kernel, what waits for it, what ends it before its time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import (
    ExecutionQueueFull,
    JupyterSessionsError,
    StorageFull,
)
from jupyter_sessions_server.model import (
    Channel,
    Code,
    Execution,
    ExecutionId,
    ExecutionRecord,
    ExecutionState,
    ExitCause,
    Gap,
    JournalRecord,
    KernelExit,
    KernelId,
    Message,
    Owner,
    ProcessExited,
    Request,
    StopStep,
)
from jupyter_sessions_server.ports import Clock, KernelHost
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.messages import parse_json
from jupyter_sessions_server.sessions.probe import KernelProbe
from jupyter_sessions_server.sessions.stopping import Stopper
from jupyter_sessions_server.work import Work, begin

_REPLY_SECONDS = 1.0
"""How long after a kernel is idle again its reply, on another channel, may come."""
_SEND_AGAIN_SECONDS = 1.0
"""After so long what could not be sent is sent again."""

log = logging.getLogger(__name__)


class KernelExecutions:
    """Hands executions to the kernel one after the other, and follows all that run in it.

    One at a time, so that each that waits can be dropped alone, and none is lost in the kernel's
    own queue when it is restarted.
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
        changed: Callable[[RunningExecution], None],
        save: Callable[[], Awaitable[None]],
        is_known: Callable[[ExecutionId], bool],
        found: Callable[[ExecutionRecord], RunningExecution],
    ) -> None:
        """`changed` is called for each that has changed; `found` for each of other front ends.

        `save` stores what has changed; `is_known` tells whether an execution is stored.
        """
        self._kernel_id = kernel_id
        self._owner = owner
        self._tasks = tasks
        self._host = host
        self._kernels = kernel_manager
        self._clock = clock
        self._config = config
        self._changed = changed
        self._save = save
        self._is_known = is_known
        self._found = found
        self._running: dict[ExecutionId, RunningExecution] = {}
        self._pump: Work[None] | None = None
        self._probe = KernelProbe(kernel_id, host)
        self._submitted = 0  # that are being stored, and then wait
        self._all_taken = asyncio.Event()  # and there are none
        self._all_taken.set()
        self.taking_on = asyncio.Lock()
        """One after the other, so that they run in the order in which they came."""
        self._stopper = Stopper(
            kernel_id,
            owner,
            tasks=tasks,
            host=host,
            kernel_manager=kernel_manager,
            clock=clock,
            config=config,
            can_drop=self._can_drop,
            may_run_unheard=self._may_run_unheard,
            drop=self._drop,
            save=self._save_changed,
        )
        self._failed_seq = 0  # of the last failure that aborted those taken on before it
        self._gap_came = False
        self._finding_lost: Work[None] | None = None
        self._inherited: list[RunningExecution] = []
        """An earlier server's own, in its order, until it is known which it has handed over."""
        self._last_exit: KernelExit | None = None

    @property
    def waiting_count(self) -> int:
        """How many were not handed to the kernel yet."""
        return sum(1 for _ in self._waiting())

    def _waiting(self) -> Iterator[RunningExecution]:
        return (each for each in self._running.values() if each.waits)

    def load(self, running: RunningExecution) -> None:
        """Know it; what the journal tells of it is applied, and nothing is handed over yet."""
        self._running[running.tracker.execution_id] = running
        if not running.record.taken_up:
            self._inherited.append(running)

    def resume(self, end: KernelExit | None) -> None:
        """Go on with what was loaded; if the kernel has ended, all of it has."""
        if end is None:
            for running in self._running.values():
                self._stopper.watch_time(running)
                if running.tracker.awaits_reply:
                    self._watch_reply(running)
                if (state := running.record.stop_state) is not None:
                    self._stopper.begin(running, state)
            if any(running.tracker.after_gap for running in self._running.values()):
                self._after_gap()
            self._go_on()
            return
        for running in list(self._running.values()):
            self._lose(running, end)

    @contextmanager
    def place_for_one_more(self) -> Iterator[None]:
        """Until the block ends one is about to be added; raises ExecutionQueueFull."""
        in_kernel = any(each.tracker.was_sent for each in self._running.values())
        before = self.waiting_count + self._submitted - (not in_kernel)  # the first does not wait
        if before >= self._config.queue_limit:
            raise ExecutionQueueFull(self._kernel_id, self._config.queue_limit)
        self._submitted += 1
        self._all_taken.clear()
        try:
            yield
        finally:
            self._submitted -= 1
            if not self._submitted:
                self._all_taken.set()

    def add(self, running: RunningExecution) -> None:
        """Take it on: it is handed to the kernel when its turn comes."""
        self._running[running.tracker.execution_id] = running
        if running.tracker.next_seq <= self._failed_seq:  # while it was being stored
            running.tracker.finish(ExecutionState.ABORTED, self._clock.now_ms())
            self._settle(running)
        self._go_on()

    async def close(self) -> None:
        """The kernel is no more, and so is what waits for it or runs in it."""
        await self._all_taken.wait()
        for running in list(self._running.values()):
            self._lose(running, self._last_exit)

    def _go_on(self) -> None:
        if self._pump is None and self._running:
            self._pump = begin(self._tasks, self._run_all(), "handing executions to a kernel")

    async def _run_all(self) -> None:
        """Hand them over one after the other, until there are none."""
        try:
            # What an earlier server handed over is then heard of, unless the kernel is busy.
            last = self._host.next_seq(self._kernel_id) - 1
            await self._kernels.applied(self._kernel_id, last)
            while (running := self._next()) is not None:
                if running is self._in_doubt():
                    await self._find_out(running)
                elif running.waits:
                    await self._hand_over(running)
                if not running.record.taken_up:
                    self._inherited.clear()
                await running.ended()
        finally:
            self._pump = None

    def _next(self) -> RunningExecution | None:
        """What was handed over, else the first that waits."""
        own = (each for each in self._running.values() if not each.finished)
        return min(own, key=lambda each: each.waits, default=None)

    async def _hand_over(self, running: RunningExecution) -> None:
        try:
            kernel = await self._kernels.ready_for_code(self._owner, self._kernel_id)
        except JupyterSessionsError:  # it is forgotten
            self._lose(running, self._last_exit)
            return
        async with self._stopper.interrupting:  # what was to end another is not for this one
            pass
        if running.finished:  # it was dropped, or lost, meanwhile
            return
        if (state := running.record.stop_state) is not None:
            self._drop(running, state)
        elif kernel.exit is not None:
            self._lose(running, kernel.exit)
        else:
            while not await self._try_to_send(running):
                await running.ended_within(_SEND_AGAIN_SECONDS)

    async def _try_to_send(self, running: RunningExecution) -> bool:
        """Send it, unless it has ended; False if that failed, and it still waits."""
        if running.finished:
            return True
        message = execute_request(running.tracker.execution_id, running.tracker.request)
        self._note_sent(running, sent=True)
        try:
            await self._host.send(self._kernel_id, Channel.SHELL, message)
        except Exception:  # the machine's, such as too many open files: others wait behind it
            log.exception("code not sent", extra={"kernel_id": self._kernel_id})
            self._note_sent(running, sent=False)
        return running.tracker.was_sent

    def _note_sent(self, running: RunningExecution, *, sent: bool) -> None:
        running.tracker.sent(sent)
        self._changed(running)

    def _lose(self, running: RunningExecution, end: KernelExit | None) -> None:
        if running.finished:
            return
        now = self._clock.now_ms()
        running.tracker.lose(end or KernelExit(ExitCause.LOST, now), now)
        self._settle(running)

    async def _find_out(self, running: RunningExecution) -> None:
        """An earlier server may have handed it over, and nothing was heard of it: hand it over?

        When the kernel answers what it is asked now, it has done all that it got before. After a
        gap that does not show whether it has done this, and it must not be done twice.
        """
        await self._probe.ask_until(lambda: running.heard_of or running.finished)
        if running.heard_of or running.finished:
            return
        if running.tracker.after_gap:
            await self._end_in_gap(running)
        else:
            await self._hand_over(running)

    def apply(self, record: JournalRecord) -> None:
        """Learn from a record of the kernel's journal."""
        if isinstance(record, Message):
            self._apply_message(record)
        elif isinstance(record, ProcessExited):
            self._process_ended(record)
        elif isinstance(record, Gap):
            self._apply_to_sent(record)
            doubtful = self._in_doubt()
            if doubtful is not None and doubtful.waits:
                self._apply(doubtful, record)
            self._after_gap()

    def _apply_message(self, message: Message) -> None:
        running = self._running.get(ExecutionId(message.parent_id))
        if running is not None and running.waits:
            running.tracker.sent()  # by an earlier server, which did not store that any more
        if message.msg_type == "execute_input":
            if running is None and message.parent_type == "execute_request":
                running = self._take_up(message)
            self._apply_to_sent(message)
        elif running is not None:
            self._apply(running, message)
        self._probe.hear(message)

    def _apply_to_sent(self, record: JournalRecord) -> None:
        for running in list(self._running.values()):
            if running.tracker.was_sent:
                self._apply(running, record)

    def _apply(self, running: RunningExecution, record: JournalRecord) -> None:
        tracker = running.tracker
        before = tracker.version, tracker.next_seq, tracker.limit_seq
        awaited = tracker.awaits_reply
        tracker.apply(record)
        if tracker.awaits_reply and not awaited:
            self._watch_reply(running)
        if tracker.version != before[0]:
            self._stopper.watch_time(running)
            if tracker.limit_seq != before[2]:
                self._over_limit(running)
            self._settle(running, record.seq)
        elif tracker.next_seq != before[1]:
            self._changed(running)

    def _over_limit(self, running: RunningExecution) -> None:
        if running.tracker.request.interrupt_at_limit:
            self._stopper.begin(running, ExecutionState.CANCELLED)

    def _settle(self, running: RunningExecution, seq: int | None = None) -> None:
        """Tell of what has changed, by the record of this number, and of the end if it has ended.

        One that failed aborts what was taken on before that record: whenever it is read again, by
        another server too, they are the same.
        """
        self._tell([running, *self._take_out(running, seq)])

    async def _settle_decided(self, running: RunningExecution) -> None:
        """The same for an end that no record tells: it is stored before it is told."""
        ended = [running, *self._take_out(running, None)]
        try:
            with suppress(StorageFull):
                await self._save()
        finally:
            self._tell(ended)

    def _tell(self, changed: Iterable[RunningExecution]) -> None:
        for running in changed:
            running.tell()
        self._probe.wake()

    def _take_out(self, running: RunningExecution, seq: int | None) -> list[RunningExecution]:
        """Note what has changed; if it has ended, it and those that it has aborted are gone."""
        self._changed(running)
        if not running.finished:
            return []
        self._running.pop(running.tracker.execution_id, None)
        failed = running.execution.state is ExecutionState.FAILED
        if not failed or not running.tracker.request.stop_on_error:
            return []
        self._failed_seq = self._failed_seq if seq is None else seq
        waiting = [each for each in self._waiting() if seq is None or each.tracker.next_seq <= seq]
        for each in waiting:
            each.tracker.finish(ExecutionState.ABORTED, self._clock.now_ms())
            self._take_out(each, None)
        return waiting

    def _process_ended(self, record: ProcessExited) -> None:
        self._last_exit = record.exit
        replaced = self._stopper.replacing or any(map(_is_replaced_for, self._running.values()))
        self._apply_to_sent(record)
        self._probe.process_ended()
        if not replaced:
            for waiting in list(self._waiting()):
                if record.seq >= waiting.tracker.next_seq:  # else it is of a process before
                    self._lose(waiting, record.exit)

    def _take_up(self, message: Message) -> RunningExecution | None:
        """Another front end runs code, or what is stored already is read again."""
        execution_id = ExecutionId(message.parent_id)
        if not execution_id or self._is_known(execution_id):
            return None
        code = parse_json(message.content).get("code")
        execution = Execution(
            execution_id=execution_id,
            kernel_id=self._kernel_id,
            session_id=None,
            code=code if isinstance(code, str) else "",
            state=ExecutionState.QUEUED,
            queued_ms=message.time_ms,
            first_seq=message.seq - 1,
            next_seq=message.seq,
            owner=self._owner,
        )
        plain = Code(execution.code, stop_on_error=False)
        running = self._found(ExecutionRecord(execution, plain, taken_up=True, sent=True))
        self._running[execution_id] = running
        return running

    def _after_gap(self) -> None:
        """The end of what runs may be in the gap: then an answer shows that it is over."""
        self._gap_came = True
        if self._finding_lost is None and any(
            each.tracker.was_sent for each in self._running.values()
        ):
            what = "finding executions that ended in a gap"
            self._finding_lost = begin(self._tasks, self._find_lost(), what)

    async def _find_lost(self) -> None:
        try:
            while self._gap_came:
                self._gap_came = False
                await self._end_lost(
                    [each for each in self._running.values() if each.tracker.was_sent]
                )
        finally:
            self._finding_lost = None

    async def _end_lost(self, sent: Sequence[RunningExecution]) -> None:
        await self._probe.ask_until(lambda: all(each.finished for each in sent))
        for running in sent:
            if not running.finished:
                await self._end_in_gap(running)

    async def _end_in_gap(self, running: RunningExecution) -> None:
        running.tracker.end_in_gap(self._clock.now_ms())
        await self._settle_decided(running)

    def _watch_reply(self, running: RunningExecution) -> None:
        begin(self._tasks, self._await_reply(running), "waiting for a kernel's reply")

    async def _await_reply(self, running: RunningExecution) -> None:
        """End it if there will be no reply.

        A kernel that is interrupted at a bad moment, just before its reply, gives none.
        """
        if await running.ended_within(_REPLY_SECONDS):
            return
        await self._probe.ask_until(lambda: running.finished)
        if running.tracker.awaits_reply:
            running.tracker.end_unanswered(self._clock.now_ms())
            await self._settle_decided(running)

    async def stop(self, running: RunningExecution, state: ExecutionState) -> None:
        """End it before its time; returns when it has ended. See Stopper."""
        await self._stopper.stop(running, state)

    def _can_drop(self, running: RunningExecution) -> bool:
        return running.waits and running is not self._in_doubt()

    def _may_run_unheard(self, running: RunningExecution) -> bool:
        """Whether its beginning is in a gap, as far as is known: nothing else runs."""
        others = (each for each in self._running.values() if each is not running)
        runs = any(each.started.done() and not each.finished for each in others)
        return running.tracker.after_gap and not runs

    def _in_doubt(self) -> RunningExecution | None:
        """The one that an earlier server may have handed over, if that is yet to be found out.

        It can only be the first of that server's own that has not ended.
        """
        first = next((each for each in self._inherited if not each.finished), None)
        return None if first is None or first.heard_of else first

    def _drop(self, running: RunningExecution, state: ExecutionState) -> None:
        running.tracker.stop(state, StopStep.DROPPED)
        running.tracker.finish(state, self._clock.now_ms())
        self._settle(running)

    async def send_input(self, running: RunningExecution, value: str) -> None:
        """Answer the question that it waits with."""
        question = running.execution.pending_input
        running.tracker.asks(None)
        answer = request("input_reply", {"value": value})
        try:
            await self._host.send(self._kernel_id, Channel.STDIN, answer)
        except BaseException:
            running.tracker.asks(question)
            raise
        with suppress(StorageFull):  # then another server may show it as not answered
            await self._save_changed(running)

    async def _save_changed(self, running: RunningExecution) -> None:
        """Store now what another server could not learn from the journal."""
        self._changed(running)
        await self._save()


def _is_replaced_for(running: RunningExecution) -> bool:
    """Whether the kernel's process is replaced to end it, by an earlier server too."""
    return running.tracker.was_sent and running.execution.stop_step is StopStep.KERNEL_RESTARTED


def execute_request(execution_id: ExecutionId, code: Code) -> Request:
    """The message to the kernel.

    Errors never abort what the kernel has in its own queue: what waits for an execution is known
    here, and aborted here.
    """
    content = {
        "code": code.code,
        "silent": code.silent,
        "store_history": code.store_history,
        "user_expressions": dict(code.user_expressions),
        "allow_stdin": code.allow_stdin,
        "stop_on_error": False,
    }
    return request("execute_request", content, msg_id=execution_id)
