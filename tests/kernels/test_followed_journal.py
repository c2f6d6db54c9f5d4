"""A journal as the server reads it: once for all at its end, from the disk for the others."""

import asyncio
import json
from pathlib import Path

import pytest

from jupyter_sessions_server.journal import JournalWriter, Kind, Limits
from jupyter_sessions_server.kernels import followed_journal
from jupyter_sessions_server.kernels.followed_journal import FollowedJournal
from jupyter_sessions_server.kernels.messages import DELIMITER
from jupyter_sessions_server.model import (
    ExitCause,
    Gap,
    GapReason,
    Message,
    ProcessExited,
    ProcessStarted,
)
from tests.waiting import until

EXITED = {
    "event": "exited", "cause": "SIGNALED", "exit_code": None, "signal": 9, "stderr_tail": "oh",
}  # fmt: skip
SMALL = Limits(segment_bytes=100_000, kernel_bytes=500_000, total_bytes=10_000_000)


class Followed:
    """A journal, its writer, and its follower."""

    def __init__(self, directory, limits=Limits()):  # noqa: B008 - a tuple of numbers
        self.writer = JournalWriter(directory, limits)
        self.ends: list[ProcessExited] = []
        self.journal = FollowedJournal(directory, self.ends.append)

    def say(self, text):
        """Let the kernel publish a text; the follower is not told."""
        parent = b'{"msg_id": "p", "msg_type": "execute_request"}'
        header = b'{"msg_id": "m", "msg_type": "stream"}'
        frames = [b"topic", DELIMITER, b"signature", header, parent, b"{}", text.encode()]
        self.writer.append(Kind.IOPUB, frames)

    def tell(self, event):
        """Write an event of the kernel's process."""
        self.writer.append(Kind.EVENT, [json.dumps(event).encode()])

    async def caught_up(self):
        """Let the follower read all there is."""
        async with asyncio.timeout(10):
            while self.journal.next_seq < self.writer.next_seq:
                self.journal.catch_up()
                await asyncio.sleep(0)

    async def texts(self, from_seq, count):
        """So many texts from a number on."""
        found = []
        async for batch in self.journal.read(from_seq):
            found += [record.content.decode() for record in batch if isinstance(record, Message)]
            if len(found) >= count:
                return found
        return found


@pytest.fixture
async def followed(tmp_path):
    opened = Followed(tmp_path / "k1")
    yield opened
    opened.journal.close()
    opened.writer.close()


async def test_what_comes_is_read_by_all_who_wait(followed):
    """Two windows on one kernel see the same."""
    readers = [asyncio.create_task(followed.texts(1, 2)) for _ in range(2)]
    await asyncio.sleep(0)

    followed.say("a")
    followed.say("b")
    await followed.caught_up()

    assert await asyncio.gather(*readers) == [["a", "b"], ["a", "b"]]


async def test_who_is_at_the_end_gets_what_was_parsed_once(followed):
    """A message costs the same for one reader and for ten."""
    followed.say("a")
    await followed.caught_up()

    first, second = [await anext(followed.journal.read(1)) for _ in range(2)]

    assert first[0] is second[0]


async def test_what_was_said_before_it_was_followed_is_read_from_the_disk(tmp_path):
    """A server that starts hands out what was said while there was none."""
    earlier = Followed(tmp_path / "k1")
    for number in range(1_000):
        earlier.say(str(number))

    now = Followed(tmp_path / "k1")

    assert now.journal.next_seq == 1_001
    assert await now.texts(1, 1_000) == [str(number) for number in range(1_000)]
    assert (await now.texts(998, 3)) == ["997", "998", "999"]


async def test_one_call_reads_on_until_the_end(tmp_path):
    """Over files and pieces of files: nobody calls again before something is written."""
    followed = Followed(tmp_path / "k1", SMALL)
    for number in range(30):
        followed.say(f"{number:05}" * 2_000)

    followed.journal.catch_up()

    await until(lambda: followed.journal.next_seq == 31)
    followed.journal.close()
    followed.writer.close()


async def test_a_slow_reader_costs_no_memory(followed):
    """What it has not read stays on the disk, and it gets all of it."""
    reader = followed.journal.read(1)
    for number in range(100):
        followed.say(f"{number:05}" * 2_000)
    await followed.caught_up()

    held = sum(record.size for record in followed.journal._recent)
    texts = [text[:5] for text in await followed.texts(1, 100)]

    assert held <= followed_journal._RECENT_BYTES
    assert texts == [f"{number:05}" for number in range(100)]
    await reader.aclose()


async def test_a_reader_learns_exactly_what_was_trimmed(tmp_path):
    """A number that is gone is counted, never passed over."""
    followed = Followed(tmp_path / "k1", SMALL)
    for number in range(200):
        followed.say(f"{number:05}" * 2_000)
    await followed.caught_up()

    batches = [batch async for batch in first_batches(followed, 2)]

    gap, first = batches[0][0], [record for batch in batches for record in batch][1]
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.TRIMMED
    assert gap.seq == gap.count > 100
    assert first.content.startswith(f"{gap.count:05}".encode())


async def first_batches(followed, count):
    """The first batches that a reader from the beginning gets."""
    reader = followed.journal.read(1)
    for _ in range(count):
        yield await anext(reader)
    await reader.aclose()


async def test_an_end_is_told_once_it_is_read(followed):
    """So the host knows that the process is no more."""
    followed.tell({"event": "started", "mode": "COLD", "cold_reason": ""})
    followed.tell(EXITED)
    await followed.caught_up()

    [batch] = [batch async for batch in first_batches(followed, 1)]

    [end] = followed.ends
    assert batch == [ProcessStarted(1, batch[0].time_ms), end]
    assert (end.seq, end.exit.cause, end.exit.signal) == (2, ExitCause.SIGNALED, 9)
    assert (end.exit.exit_code, end.exit.stderr_tail) == (None, "oh")


@pytest.mark.parametrize(
    ("kind", "frame"), [(Kind.SHELL, b"no message"), (Kind.EVENT, b'{"event": "strange"}')]
)
async def test_a_record_that_cannot_be_read_counts_as_missing(followed, kind, frame):
    """One message of a strange kernel does not hide those after it, nor is it passed over."""
    followed.say("a")
    followed.writer.append(kind, [frame])
    followed.say("b")
    await followed.caught_up()

    [batch] = [batch async for batch in first_batches(followed, 1)]

    assert batch[1] == Gap(2, batch[1].time_ms, 1, GapReason.NOT_RECORDED)
    assert [batch[0].content, batch[2].content] == [b"a", b"b"]


async def test_readers_end_when_it_is_closed(followed):
    """With the rest, if they are to have it."""
    followed.say("a")
    reader = asyncio.create_task(followed.texts(1, 3))
    await asyncio.sleep(0)
    followed.say("b")

    followed.journal.close(read_rest=True)

    assert await reader == ["a", "b"]


def open_files():
    """The numbers of the files that this process has open, and what each is."""
    return {each.name: each.readlink() for each in Path("/proc/self/fd").iterdir() if each.exists()}


async def test_a_reader_that_leaves_while_it_reads_the_disk_leaves_nothing_open(tmp_path):
    """A file that its thread opened would be open for ever."""
    followed = Followed(tmp_path / "k1")
    for _ in range(2_000):
        followed.say("x" * 1_000)
    await followed.caught_up()
    before = open_files()

    for turns in range(50):
        reading = asyncio.create_task(followed.texts(1, 10_000))
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])

    assert open_files() == before
    followed.journal.close()
    followed.writer.close()
