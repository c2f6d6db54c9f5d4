"""Executions: code that is run in kernels, what became of it, and what it said."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import (
    ExecutionNotFound,
    InputNotRequested,
    JupyterSessionsError,
    RequestIdReused,
    StorageFull,
)
from jupyter_sessions_server.model import (
    Code,
    Execution,
    ExecutionId,
    ExecutionRecord,
    ExecutionState,
    ExitCause,
    JournalRecord,
    KernelExit,
    KernelId,
    Owner,
    SessionId,
)
from jupyter_sessions_server.ports import LAST_EXECUTION, Clock, ExecutionStore, KernelHost
from jupyter_sessions_server.requests import new_id
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.execution_events import EventBatch, events_of
from jupyter_sessions_server.sessions.kernel_executions import KernelExecutions
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.work import Work, begin, repeat, run_to_end

MOST_PAGE_BYTES = 16 * 1024 * 1024
"""Of executions that are listed together; one that is larger is a page of its own."""
CLEAN_SECONDS = 600.0
"""How often it is looked for what has been kept long enough."""


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """A page of executions, newest first."""

    executions: Sequence[Execution]
    next_place: int | None
    """Where the next page begins, if there is one."""


class Executions:
    """Runs code in kernels. An execution of another owner does not exist for a caller."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        kernel_manager: KernelManager,
        store: ExecutionStore,
        clock: Clock,
        config: KernelConfig,
        quiet_seconds: float = 15.0,
    ) -> None:
        """After `quiet_seconds` without an event a stream says that it is alive."""
        self._tasks = tasks
        self._host = host
        self._kernels = kernel_manager
        self._store = store
        self._clock = clock
        self._config = config
        self._quiet_seconds = quiet_seconds
        self._running: dict[ExecutionId, RunningExecution] = {}
        self._changed: dict[ExecutionId, RunningExecution] = {}
        self._saving = asyncio.Lock()
        self._by_kernel: dict[KernelId, KernelExecutions] = {}
        self._found_unsaved = False  # of other front ends: they have no place in the list yet
        self._closing = False

    def load(self) -> None:
        """Know the executions of an earlier server that have not ended; before kernels are read."""
        for record in self._store.unfinished():
            running = self._open(record)
            execution = record.execution
            self._running[execution.execution_id] = running
            self._of_kernel(execution.kernel_id, execution.owner).load(running)

    def resume(self) -> None:
        """Go on with them, now that it is known which kernels live."""
        for kernel_id, of_kernel in list(self._by_kernel.items()):
            kernel = self._kernels.find(kernel_id)
            lost = KernelExit(ExitCause.LOST, self._clock.now_ms())
            of_kernel.resume(lost if kernel is None else kernel.exit)

    def apply(self, kernel_id: KernelId, owner: Owner, record: JournalRecord) -> None:
        """Learn from a record of a kernel's journal; each is to be applied once, in order."""
        self._of_kernel(kernel_id, owner).apply(record)

    async def save(self) -> None:
        """Store what has changed; what is being stored already is waited for."""
        async with self._saving:
            changed, self._changed = self._changed, {}
            self._found_unsaved = False
            if not changed:
                return
            try:
                await self._store.save([running.record for running in changed.values()])
            except BaseException:
                self._changed = {**changed, **self._changed}
                raise
            for execution_id, running in changed.items():
                if running.finished and execution_id not in self._changed:
                    self._running.pop(execution_id, None)

    def close(self) -> None:
        """The server ends: executions go on, and callers who hang up now do not cancel them."""
        self._closing = True

    async def forget(self, kernel_id: KernelId, owner: Owner) -> bool:
        """The kernel is no more; whether what it said is kept: if anybody ran code in it."""
        of_kernel = self._by_kernel.pop(kernel_id, None)
        if of_kernel is not None:
            await of_kernel.close()
        await self.save()
        records, _ = self._store.page(kernel_id, LAST_EXECUTION, (), 1, 0)
        if not records or self._config.retention_seconds <= 0:
            await self._store.purge(kernel_id)
            return False
        await self._store.end_kernel(kernel_id, owner, self._clock.now_ms())
        return True

    async def make_way(self, kernel_id: KernelId) -> bool:
        """Remove what is kept of a kernel that is no more; whether there was anything."""
        if not self._store.is_ended(kernel_id):
            return False
        await self._store.purge(kernel_id)
        return True

    async def run(self) -> None:
        """Remove, every now and then, what was kept long enough; until cancelled."""
        await repeat(self._clean, CLEAN_SECONDS, "removing what was kept long enough")

    async def _clean(self) -> None:
        kept_ms = int(self._config.retention_seconds * 1000)
        for kernel_id in self._store.ended_before(self._clock.now_ms() - kept_ms):
            await self._kernels.purge(kernel_id)

    async def execute(
        self,
        owner: Owner,
        kernel_id: KernelId,
        code: Code,
        session_id: SessionId | None = None,
        *,
        request_id: str = "",
        accepted: Callable[[ExecutionId], None] | None = None,
        cancel_on_disconnect: bool = False,
    ) -> AsyncGenerator[EventBatch, None]:
        """Run the code; its events until it has finished. It goes on if nobody reads them.

        `accepted` is told its id as soon as it has one, even if the caller is cancelled meanwhile.
        Raises KernelNotFound, KernelDead, ExecutionQueueFull, RequestIdReused.
        """

        async def submit() -> RunningExecution:
            running = await self._submit(owner, kernel_id, code, session_id, request_id)
            if accepted is not None:
                accepted(running.tracker.execution_id)
            return running

        submitted = Work(self._tasks, submit())
        try:
            running = await submitted.settle()
            with self._kernels.used(kernel_id):
                async with aclosing(self._events(running, 0)) as batches:
                    async for batch in batches:
                        yield batch
        finally:
            if cancel_on_disconnect and not self._closing:
                begin(self._tasks, self._cancel_submitted(submitted), "cancelling an execution")

    async def attach(
        self, owner: Owner, execution_id: ExecutionId, from_seq: int
    ) -> AsyncGenerator[EventBatch, None]:
        """The events from a number on, until it has finished; raises ExecutionNotFound."""
        running = self._get(owner, execution_id)
        with self._kernels.used(running.execution.kernel_id):
            async with aclosing(self._events(running, from_seq)) as batches:
                async for batch in batches:
                    yield batch

    async def get(self, owner: Owner, execution_id: ExecutionId) -> Execution:
        """The execution; raises ExecutionNotFound."""
        return (await self._get_caught_up(owner, execution_id)).execution

    async def events_so_far(
        self, owner: Owner, execution_id: ExecutionId, from_seq: int
    ) -> AsyncGenerator[EventBatch, None]:
        """The events that there are now, from a number on; raises ExecutionNotFound."""
        running = await self._get_caught_up(owner, execution_id)
        until = running.execution.next_seq
        async with aclosing(self._events(running, from_seq, until)) as batches:
            async for batch in batches:
                yield batch

    async def list_executions(
        self,
        owner: Owner,
        kernel_id: KernelId,
        states: Collection[ExecutionState] = (),
        before: int = LAST_EXECUTION,
        limit: int = 100,
    ) -> ExecutionPage:
        """A kernel's executions, newest first; raises KernelNotFound."""
        self._kernels.get_kernel(owner, kernel_id)
        await self._kernels.caught_up(kernel_id)
        with suppress(StorageFull):  # then it shows what was stored last
            await self.save()
        records, next_place = self._store.page(kernel_id, before, states, limit, MOST_PAGE_BYTES)
        return ExecutionPage([record.execution for record in records], next_place)

    async def cancel(self, owner: Owner, execution_id: ExecutionId) -> Execution:
        """End it; the execution as it ended. It goes on to the end if the caller leaves."""
        running = await self._get_caught_up(owner, execution_id)
        await run_to_end(self._tasks, self._cancel(running))
        return running.execution

    async def _cancel_submitted(self, submitted: Work[RunningExecution]) -> None:
        """Its caller may have gone before it was taken on; if it is not, there is nothing to do."""
        with suppress(JupyterSessionsError):
            await self._cancel(await submitted.wait())

    async def _cancel(self, running: RunningExecution) -> None:
        execution = running.execution
        if not execution.finished:
            of_kernel = self._of_kernel(execution.kernel_id, execution.owner)
            await of_kernel.stop(running, ExecutionState.CANCELLED)

    async def send_input(
        self, owner: Owner, execution_id: ExecutionId, input_request_id: str, value: str
    ) -> None:
        """Answer the question it waits with; raises InputNotRequested."""
        running = await self._get_caught_up(owner, execution_id)
        question = running.execution.pending_input
        if question is None or input_request_id not in ("", question.input_request_id):
            raise InputNotRequested(execution_id)
        of_kernel = self._of_kernel(running.execution.kernel_id, running.execution.owner)
        await of_kernel.send_input(running, value)

    def _events(
        self, running: RunningExecution, from_seq: int, until: int | None = None
    ) -> AsyncGenerator[EventBatch, None]:
        return events_of(
            running, self._host, from_seq, until=until, quiet_seconds=self._quiet_seconds
        )

    def _get(self, owner: Owner, execution_id: ExecutionId) -> RunningExecution:
        running = self._running.get(execution_id)
        if running is None:
            record = self._store.find(execution_id)
            if record is None:
                raise ExecutionNotFound(execution_id)
            running = self._open(record)
        if running.execution.owner != owner:
            raise ExecutionNotFound(execution_id)
        return running

    async def _get_caught_up(self, owner: Owner, execution_id: ExecutionId) -> RunningExecution:
        """The same, and as an earlier server may have told of it, which need not be stored."""
        running = self._get(owner, execution_id)
        if not running.finished:
            await self._kernels.caught_up(running.execution.kernel_id)
        return running

    async def _submit(
        self,
        owner: Owner,
        kernel_id: KernelId,
        code: Code,
        session_id: SessionId | None,
        request_id: str,
    ) -> RunningExecution:
        """Take it on, or find what an earlier request of the same id began."""
        fingerprint = _fingerprint(session_id or kernel_id, code) if request_id else ""
        await self._kernels.caught_up(kernel_id)
        try:  # most are new: only what cannot be taken on is looked for
            self._kernels.require_alive(owner, kernel_id)
            of_kernel = self._of_kernel(kernel_id, owner)
            with of_kernel.place_for_one_more():
                execution = self._new_execution(owner, kernel_id, code, session_id)
                running = self._open(ExecutionRecord(execution, code, request_id, fingerprint))
                await self._take_on(of_kernel, running)
        except JupyterSessionsError:
            earlier = self._find_by_request(owner, request_id) if request_id else None
            if earlier is None:
                raise
            if earlier.record.fingerprint != fingerprint:
                raise RequestIdReused(request_id) from None
            return earlier
        return running

    async def _take_on(self, of_kernel: KernelExecutions, running: RunningExecution) -> None:
        """Store it, then run it: who was told its id finds it, whatever happens.

        What other front ends began before it is stored before it: the list keeps that order.
        """
        execution_id = running.tracker.execution_id
        async with of_kernel.taking_on:
            if self._found_unsaved:
                await self.save()
            self._running[execution_id] = running
            try:
                await self._store.add(running.record)
            except BaseException:
                del self._running[execution_id]
                raise
            of_kernel.add(running)
        if running.finished:  # aborted, which its caller is told next
            with suppress(StorageFull):
                await self.save()

    def _find_by_request(self, owner: Owner, request_id: str) -> RunningExecution | None:
        record = self._store.find_by_request(owner, request_id)
        return None if record is None else self._get(owner, record.execution.execution_id)

    def _new_execution(
        self, owner: Owner, kernel_id: KernelId, code: Code, session_id: SessionId | None
    ) -> Execution:
        seq = self._kernels.next_seq(kernel_id)
        return Execution(
            execution_id=ExecutionId(new_id()),
            kernel_id=kernel_id,
            session_id=session_id,
            code=code.code,
            state=ExecutionState.QUEUED,
            queued_ms=self._clock.now_ms(),
            first_seq=seq - 1,  # that of `accepted`, which no record of the journal stands for
            next_seq=seq,
            owner=owner,
        )

    def _of_kernel(self, kernel_id: KernelId, owner: Owner) -> KernelExecutions:
        if kernel_id not in self._by_kernel:
            self._by_kernel[kernel_id] = KernelExecutions(
                kernel_id,
                owner,
                tasks=self._tasks,
                host=self._host,
                kernel_manager=self._kernels,
                clock=self._clock,
                config=self._config,
                changed=self._note,
                save=self.save,
                is_known=self._is_known,
                found=self._take_up,
            )
        return self._by_kernel[kernel_id]

    def _open(self, record: ExecutionRecord) -> RunningExecution:
        kernel_id = record.execution.kernel_id

        async def applied(seq: int) -> None:
            await self._kernels.applied(kernel_id, seq)

        limit = self._config.output_limit_bytes
        return RunningExecution(record, output_limit_bytes=limit, applied=applied)

    def _note(self, running: RunningExecution) -> None:
        """It has changed, and is to be stored soon."""
        self._changed[running.tracker.execution_id] = running

    def _is_known(self, execution_id: ExecutionId) -> bool:
        return execution_id in self._running or self._store.contains(execution_id)

    def _take_up(self, record: ExecutionRecord) -> RunningExecution:
        """Another front end runs code."""
        running = self._open(record)
        self._running[record.execution.execution_id] = running
        self._note(running)
        self._found_unsaved = True
        return running


def _fingerprint(target: SessionId | KernelId, code: Code) -> str:
    """Tells one request from another; the order of a map's keys is no difference."""
    expressions = dict(sorted(code.user_expressions.items()))
    asked = repr((target, replace(code, user_expressions=expressions)))
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()
