"""The events of an execution: read from its kernel's journal, from any number on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from jupyter_sessions_server.model import (
    Accepted,
    ExecutionEvent,
    ExecutionRecord,
    Finished,
    Gap,
    GapReason,
    JournalRecord,
    Message,
    Missing,
    Output,
    Started,
)
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.messages import execution_state
from jupyter_sessions_server.sessions.outputs import is_output, output_of
from jupyter_sessions_server.sessions.tracker import ExecutionTracker

_HELD_SECONDS = 0.005
"""How long it is waited with the news that code has started for what it says."""


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events that were there at once, and where to resume after them; none if it was quiet.

    One resumes right after the last event: its end may have any greater number.
    """

    events: Sequence[ExecutionEvent]
    next_seq: int


async def events_of(
    running: RunningExecution,
    host: KernelHost,
    from_seq: int,
    *,
    until: int | None = None,
    quiet_seconds: float,
) -> AsyncGenerator[EventBatch, None]:
    """The events from a number on, until the execution has ended, and an empty batch when quiet.

    Or until the number before `until`, which is one that the journal has.
    """
    execution = running.execution
    if from_seq <= execution.first_seq:
        accepted = Accepted(execution.execution_id, execution.kernel_id)
        event = ExecutionEvent(execution.first_seq, execution.queued_ms, accepted)
        yield EventBatch([event], execution.first_seq + 1)
    place = max(from_seq, execution.first_seq + 1)
    held: list[ExecutionEvent] = []  # the start: what code says follows mostly at once
    now = asyncio.get_running_loop().time
    quiet_at = now() + quiet_seconds

    def patience() -> float:
        return _HELD_SECONDS if held else quiet_seconds

    async with aclosing(_records(running, host, place, until, patience)) as batches:
        async for batch in batches:
            tracker = running.tracker
            events = held + [event for told in batch for event in events_in(tracker, told)]
            held = events if batch and _is_start(events) else []
            if not held and (events or not batch or now() >= quiet_at):
                place = events[-1].seq + 1 if events else place
                yield EventBatch(events, place)
                quiet_at = now() + quiet_seconds
    if running.finished and (until is None or until >= running.execution.next_seq):
        held += [event for event in ending_of(running.record) if event.seq >= from_seq]
    if held:
        yield EventBatch(held, held[-1].seq + 1)


def _is_start(events: Sequence[ExecutionEvent]) -> bool:
    return len(events) == 1 and isinstance(events[0].output, Started)


async def _records(
    running: RunningExecution,
    host: KernelHost,
    seq: int,
    until: int | None,
    patience: Callable[[], float],
) -> AsyncGenerator[Sequence[JournalRecord], None]:
    """The journal's records before the one that ended it; [] when nothing came for so long."""

    def over() -> bool:
        ended = running.finished and seq >= _ending_seq(running.record)
        return ended or (until is not None and seq >= until)

    journal = host.read(running.execution.kernel_id, seq)
    coming: asyncio.Future[Sequence[JournalRecord]] | None = None
    try:
        while not over():
            coming = coming or asyncio.ensure_future(anext(journal, []))
            waited: list[asyncio.Future[Any]] = [coming]
            if not running.done.done():
                waited.append(running.done)
            await asyncio.wait(waited, timeout=patience(), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                if not running.done.done():
                    yield []
                continue
            batch, coming = coming.result(), None
            if not batch:  # the journal is no longer kept
                return
            await running.applied(batch[-1].seq)
            seq = batch[-1].seq + 1
            if running.finished:
                batch = _up_to(batch, _ending_seq(running.record) - 1)
            if batch:
                yield batch
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait([coming])
        await journal.aclose()


def _up_to(batch: Sequence[JournalRecord], last: int) -> list[JournalRecord]:
    """The records up to a number; a gap that reaches beyond it is cut there."""
    kept = [record for record in batch if record.seq <= last]
    following = batch[len(kept) :]
    if following and isinstance(following[0], Gap):
        gap = following[0]
        first = gap.seq - gap.count + 1
        if first <= last:
            kept.append(Gap(last, gap.time_ms, last - first + 1, gap.reason))
    return kept


def events_in(tracker: ExecutionTracker, told: JournalRecord) -> Iterator[ExecutionEvent]:
    """What a record of the journal is in the execution."""
    if isinstance(told, Gap) and tracker.may_miss(told):
        yield ExecutionEvent(told.seq, told.time_ms, Missing(told.count, told.reason))
    elif isinstance(told, Message) and told.parent_id == tracker.execution_id:
        output = _heard_output(tracker, told)
        if output is not None:
            yield ExecutionEvent(told.seq, told.time_ms, output)


def _heard_output(tracker: ExecutionTracker, message: Message) -> Output | None:
    if tracker.request.silent and message.msg_type in ("execute_input", "status"):
        return Started(0) if execution_state(message) == "busy" else None
    limit = tracker.limit_seq
    if limit is not None and message.seq >= limit and is_output(message):
        return None
    return output_of(message)


def _ending_seq(record: ExecutionRecord) -> int:
    """The number of the first event of `ending_of`."""
    return record.execution.next_seq - 1 - (record.trace.unheard_count > 0)


def ending_of(record: ExecutionRecord) -> Iterator[ExecutionEvent]:
    """What was not heard, and the end.

    The record that ends an execution is no event but this, and those not heard come before it.
    """
    execution, trace = record.execution, record.trace
    finished_ms = execution.finished_ms or execution.queued_ms
    if trace.unheard_count:
        missing = Missing(trace.unheard_count, GapReason.OUTPUT_LIMIT)
        yield ExecutionEvent(_ending_seq(record), finished_ms, missing)
    yield ExecutionEvent(execution.next_seq - 1, finished_ms, Finished(execution))
