"""The stream of an execution's events: what comes with what."""

import asyncio

import pytest

from jupyter_sessions_server.model import Code, ExecutionRecord
from jupyter_sessions_server.sessions.execution import RunningExecution
from jupyter_sessions_server.sessions.execution_events import events_of
from tests.memory_journal import MemoryJournal
from tests.sessions.journal_records import QUEUED, busy, idle, input_, reply, stream
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
