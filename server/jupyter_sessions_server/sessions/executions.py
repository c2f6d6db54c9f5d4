"""Runs code in kernels, and hands out what it said."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from jupyter_sessions_server.model import (
    Accepted,
    Channel,
    Execution,
    ExecutionEvent,
    ExecutionId,
    ExecutionState,
    Finished,
    JournalRecord,
    KernelExit,
    KernelId,
    Owner,
    Request,
    SessionId,
)
from jupyter_sessions_server.ports import Clock, KernelHost
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.projection import ExecutionProjection
from jupyter_sessions_server.work import Work


@dataclass(frozen=True, slots=True)
class Code:
    """What to run, and how: the content of an execute_request."""

    code: str
    silent: bool = False
    store_history: bool = True
    user_expressions: Mapping[str, str] = field(default_factory=dict)
    stop_on_error: bool = True

    def to_request(self) -> Request:
        """The message to the kernel."""
        content = {
            "code": self.code,
            "silent": self.silent,
            "store_history": self.store_history,
            "user_expressions": dict(self.user_expressions),
            "allow_stdin": False,
            "stop_on_error": self.stop_on_error,
        }
        return request("execute_request", content)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events that were there at once, and where to resume after them."""

    events: Sequence[ExecutionEvent]
    next_seq: int


Journal = AsyncGenerator[Sequence[JournalRecord], None]


class _NeverSent(Exception):
    """The kernel died before the code was sent."""

    def __init__(self, end: KernelExit) -> None:
        super().__init__(end.cause.value)
        self.end = end


class Executions:
    """Runs code in kernels; what it says is read from the kernel's journal."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        kernel_manager: KernelManager,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._host = host
        self._kernels = kernel_manager
        self._clock = clock

    async def execute(
        self, owner: Owner, kernel_id: KernelId, code: Code, session_id: SessionId | None = None
    ) -> AsyncGenerator[EventBatch, None]:
        """Run the code; its events until it has finished. It goes on if nobody reads them.

        Raises KernelNotFound, KernelDead.
        """
        self._kernels.require_alive(owner, kernel_id)
        with self._kernels.used(kernel_id):
            async with aclosing(self._run(owner, kernel_id, code, session_id)) as batches:
                async for batch in batches:
                    yield batch

    async def _run(
        self, owner: Owner, kernel_id: KernelId, code: Code, session_id: SessionId | None
    ) -> AsyncGenerator[EventBatch, None]:
        message = code.to_request()
        sending = Work(self._tasks, self._send_when_ready(owner, kernel_id, message))
        seq = self._kernels.next_seq(kernel_id)
        execution = Execution(
            execution_id=ExecutionId(message.msg_id),
            kernel_id=kernel_id,
            session_id=session_id,
            code=code.code,
            state=ExecutionState.QUEUED,
            queued_ms=self._clock.now_ms(),
            first_seq=seq - 1,  # that of `accepted`, which no record of the journal stands for
            next_seq=seq,
        )
        accepted = Accepted(execution.execution_id, kernel_id)
        yield EventBatch([ExecutionEvent(seq - 1, execution.queued_ms, accepted)], seq)
        try:
            journal = await sending.wait()
        except _NeverSent as error:
            yield self._lost(execution, error.end)
            return
        async with aclosing(self._events(execution, journal)) as batches:
            async for batch in batches:
                yield batch

    async def _send_when_ready(
        self, owner: Owner, kernel_id: KernelId, message: Request
    ) -> Journal:
        """Send it once the kernel is not STARTING; the journal, from where its answer may be."""
        kernel = await self._kernels.settled(owner, kernel_id)
        if kernel.exit is not None:  # it may be forgotten already
            raise _NeverSent(kernel.exit)
        journal = self._host.read(kernel_id, self._kernels.next_seq(kernel_id))
        await self._host.send(kernel_id, Channel.SHELL, message)
        return journal

    async def _events(
        self, execution: Execution, journal: Journal
    ) -> AsyncGenerator[EventBatch, None]:
        projection = ExecutionProjection(execution)
        async with aclosing(journal):
            async for records in journal:
                events = [event for record in records for event in projection.apply(record)]
                if events:
                    yield EventBatch(events, projection.execution.next_seq)
                if projection.finished:
                    return

    def _lost(self, execution: Execution, end: KernelExit) -> EventBatch:
        now = self._clock.now_ms()
        ended = replace(execution, state=ExecutionState.LOST, finished_ms=now, kernel_exit=end)
        event = ExecutionEvent(execution.next_seq, now, Finished(ended))
        return EventBatch([event], execution.next_seq)
