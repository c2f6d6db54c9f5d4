"""The stream of an execution's events: what comes with what."""

import asyncio
from contextlib import aclosing

import pytest

from jupyter_sessions_server.model import Code, ExecutionRecord, Finished, Missing
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.execution_events import events_of
from tests.memory_journal import MemoryJournal
from tests.sessions.journal_records import (
    QUEUED,
    busy,
    exited,
    gap,
    idle,
    input_,
    message,
    reply,
    stream,
)
from tests.sessions.loop_turns import turns


class Spoken:
    """An execution whose kernel says what it is told to; a host of one journal."""

    def __init__(self):
        self._journal = MemoryJournal(10**6)
        record = ExecutionRecord(QUEUED, Code("1+1"), sent=True)
        self.running = RunningExecution(record, output_limit_bytes=10**6, applied=self._applied)

    async def _applied(self, seq):
        """It is applied as it is said."""

    def say(self, *records):
        """Let the kernel say these, one after the other."""
        for make in records:
            self._journal.append(make)
            self.running.tracker.apply(make(self._journal.next_seq - 1))
        self.running.tell()

    def read(self, kernel_id, from_seq):
        """As a host does."""
        return self._journal.read(from_seq)


@pytest.fixture
async def spoken():
    return Spoken()


@pytest.fixture
async def batches(spoken):
    """What comes after `accepted`: the kinds of events, and where to resume."""
    stream = events_of(spoken.running, spoken, 2, quiet_seconds=10)

    async def following():
        batch = await anext(stream)
        return [type(event.output).__name__ for event in batch.events], batch.next_seq

    yield following
    await stream.aclose()


async def test_a_start_comes_with_what_follows_at_once(spoken, batches):
    """Short code is told in fewer messages."""
    spoken.say(busy(), input_())
    coming = asyncio.create_task(batches())
    await turns(5)
    spoken.say(stream("x"))

    assert await coming == (["Started", "StreamText"], 4)


async def test_a_start_is_told_though_nothing_follows(spoken, batches):
    """Who watches code that calculates for an hour knows that it does."""
    spoken.say(busy(), input_())

    assert await batches() == (["Started"], 3)


async def test_what_follows_later_comes_alone(spoken, batches):
    """And at once."""
    spoken.say(busy(), input_())
    await batches()

    spoken.say(stream("x"))

    assert await batches() == (["StreamText"], 4)


async def test_silent_code_is_told_in_one_batch(spoken, batches):
    """It has started, and it has ended."""
    spoken.say(busy(), input_())
    coming = asyncio.create_task(batches())
    await turns(5)
    spoken.say(reply(), idle())

    assert await coming == (["Started", "Finished"], 5)


async def test_it_is_told_to_be_alive_while_others_speak(spoken):
    """A stream that says nothing for long is cut by what is between."""
    async with aclosing(events_of(spoken.running, spoken, 2, quiet_seconds=0.02)) as batches:
        coming = asyncio.ensure_future(anext(batches))
        while not coming.done():
            spoken.say(stream("x", parent="another"))
            await asyncio.sleep(0.001)

    assert coming.result().events == []


async def test_what_is_told_so_far_has_no_end_that_came_later():
    """Its last words may not have been read yet."""
    spoken = Spoken()
    spoken.say(busy(), input_(), stream("x"))
    until = spoken.running.execution.next_seq
    async with aclosing(
        events_of(spoken.running, spoken, 0, until=until, quiet_seconds=10)
    ) as told:
        first = await anext(told)
        spoken.say(stream("y"), reply(), idle())
        events = [*first.events, *[event async for batch in told for event in batch.events]]

    kinds = [type(event.output).__name__ for event in events]
    assert kinds[:3] == ["Accepted", "Started", "StreamText"]
    assert "Finished" not in kinds


@pytest.mark.parametrize(
    "end", [[reply(), idle()], [exited()], [idle(), gap(), input_(parent="b")]]
)
async def test_numbers_rise_though_output_was_not_heard(spoken, end):
    """What tells of that has a number of its own, whatever came before it."""
    record = ExecutionRecord(QUEUED, Code("1+1", output_limit_bytes=1), sent=True)
    spoken.running = RunningExecution(record, output_limit_bytes=1, applied=spoken._applied)
    spoken.say(busy(), input_(), stream("over"), message("clear_output", {"wait": False}), *end)

    batches = [batch async for batch in events_of(spoken.running, spoken, 0, quiet_seconds=10)]

    events = [event for batch in batches for event in batch.events]
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    assert isinstance(events[-2].output, Missing)
    assert isinstance(events[-1].output, Finished)
    assert batches[-1].next_seq == numbers[-1] + 1


async def test_numbers_rise_where_the_end_is_in_a_gap(spoken):
    """Which nobody has told: a question has shown that it is over."""
    spoken.say(busy(), input_(), gap(), gap(), gap())
    spoken.running.tracker.end_in_gap(2_000)
    spoken.running.tell()

    batches = [batch async for batch in events_of(spoken.running, spoken, 0, quiet_seconds=10)]

    numbers = [event.seq for batch in batches for event in batch.events]
    assert numbers == sorted(set(numbers))
    assert [batch.next_seq for batch in batches] == sorted(batch.next_seq for batch in batches)
