"""What a kernel said, numbered, in memory and bounded."""

import asyncio
from contextlib import aclosing

import pytest

from jupyter_sessions_server.kernels.memory_journal import MemoryJournal
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    Gap,
    GapReason,
    KernelExit,
    Message,
    ProcessExited,
)

SIZE = 1_000
"""Of a message of ours, with what the journal takes for itself."""


def message(seq):
    """A message that takes `SIZE` bytes."""
    return Message(
        seq=seq, time_ms=seq * 10, channel=Channel.IOPUB, msg_type="stream", msg_id=f"m{seq}",
        parent_id="", parent_type="", header=b"", parent_header=b"", metadata=b"",
        content=b"x" * 500, buffers=(),
    )  # fmt: skip


def journal_of(count, limit_bytes=1_000 * SIZE):
    """A journal to which so many messages were written."""
    journal = MemoryJournal(limit_bytes)
    for _ in range(count):
        journal.append(message)
    return journal


async def read(journal, from_seq, count):
    """The first records from a number on."""
    records = []
    async with aclosing(journal.read(from_seq)) as batches:
        async for batch in batches:
            records += batch
            if len(records) >= count:
                return records
    return records


def numbers(records):
    return [record.seq for record in records]


async def test_records_are_numbered_from_one():
    """Each with the next number, none left out."""
    journal = journal_of(3)

    assert journal.next_seq == 4
    assert numbers(await read(journal, 1, 3)) == [1, 2, 3]


@pytest.mark.parametrize(("from_seq", "first"), [(0, 1), (1, 1), (2, 2), (3, 3)])
async def test_a_reader_begins_where_it_wants(from_seq, first):
    """A reconnect misses nothing and repeats nothing."""
    records = await read(journal_of(3), from_seq, 4 - first)

    assert records[0] == message(first)


async def test_a_reader_at_the_end_gets_what_comes():
    """Many at a time, if many have come."""
    journal = journal_of(2)
    batches = journal.read(3)
    waiting = asyncio.create_task(anext(batches))
    await asyncio.sleep(0)
    before = waiting.done()

    journal.append(message)
    journal.append(message)

    assert not before
    assert numbers(await waiting) == [3, 4]
    await batches.aclose()


async def test_a_reader_may_wait_for_a_number_that_is_yet_to_come():
    """What comes before it is not told."""
    journal = journal_of(1)
    waiting = asyncio.create_task(read(journal, 4, 1))
    for _ in range(4):
        await asyncio.sleep(0)
        journal.append(message)

    assert numbers(await waiting) == [4]


async def test_each_reader_reads_at_its_own_pace():
    """A slow one holds up neither the kernel nor the others."""
    journal = journal_of(1)
    slow = journal.read(1)
    await anext(slow)

    for _ in range(100):
        journal.append(message)

    assert numbers(await read(journal, 1, 101)) == list(range(1, 102))
    assert (await anext(slow))[0] == message(2)
    await slow.aclose()


async def test_one_batch_is_not_everything_at_once():
    """A reader of a long journal lets others have their turn, and is told all of it."""
    journal = journal_of(5_000, limit_bytes=10_000 * SIZE)
    batches = [batch async for batch in closed(journal).read(1)]

    assert len(batches) > 1
    assert [seq for batch in batches for seq in numbers(batch)] == list(range(1, 5_001))


def closed(journal):
    journal.close()
    return journal


async def test_the_oldest_go_when_there_are_too_many_bytes():
    """A kernel that prints for ever does not fill the memory."""
    journal = journal_of(20, limit_bytes=10 * SIZE)

    records = await read(journal, 11, 10)

    assert numbers(records) == list(range(11, 21))
    assert journal.next_seq == 21


@pytest.mark.parametrize("from_seq", [1, 5, 10])
async def test_what_went_is_told_by_its_number(from_seq):
    """The gap has the exact count, and the number of the last record that is missing."""
    journal = journal_of(20, limit_bytes=10 * SIZE)

    gap, first, *_ = await read(journal, from_seq, 11)

    assert gap == Gap(10, first.time_ms, 11 - from_seq, GapReason.TRIMMED)
    assert first == message(11)


async def test_a_reader_that_was_too_slow_is_told_of_its_gap():
    """It had read some; what it missed is counted from there."""
    journal = journal_of(5, limit_bytes=10 * SIZE)
    slow = journal.read(1)
    await anext(slow)

    for _ in range(25):
        journal.append(message)
    [gap] = await anext(slow)
    rest = await anext(slow)

    assert (gap.seq, gap.count) == (20, 15)
    assert numbers(rest) == list(range(21, 31))
    await slow.aclose()


async def test_a_message_that_is_larger_than_all_is_kept_alone():
    """The last thing a kernel said is always there."""
    journal = journal_of(3, limit_bytes=1)

    records = await read(journal, 1, 2)

    assert (records[0].count, records[1:]) == (2, [message(3)])


async def test_the_end_of_a_process_is_a_record_like_others():
    """A restarted kernel's journal goes on after it."""
    journal = journal_of(1)
    end = KernelExit(ExitCause.SIGNALED, 20, signal=9)
    journal.append(lambda seq: ProcessExited(seq, 20, end))
    journal.append(message)

    records = await read(journal, 1, 3)

    assert [type(record) for record in records] == [Message, ProcessExited, Message]


async def test_a_closed_journal_is_read_to_its_end():
    """What was said before it closed is told, then the reader ends."""
    journal = closed(journal_of(3))

    assert [numbers(batch) async for batch in journal.read(2)] == [[2, 3]]
    assert [batch async for batch in journal.read(4)] == []


async def test_closing_ends_readers_that_wait():
    """Nobody waits for a kernel that is forgotten."""
    journal = journal_of(1)
    waiting = [asyncio.create_task(read(journal, 2, 1)) for _ in range(3)]
    await asyncio.sleep(0)

    journal.close()

    assert await asyncio.gather(*waiting) == [[], [], []]


async def test_a_reader_that_leaves_leaves_nothing_behind():
    """A thousand lost connections cost nothing."""
    journal = journal_of(1)
    for _ in range(10):
        waiting = asyncio.create_task(read(journal, 2, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    assert not journal._readers


async def test_a_record_that_cannot_be_made_takes_no_number():
    """A malformed message is no gap."""
    journal = journal_of(1)

    with pytest.raises(ZeroDivisionError):
        journal.append(lambda _: 1 / 0)
    journal.append(message)

    assert numbers(await read(journal, 1, 2)) == [1, 2]
