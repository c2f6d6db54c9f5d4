"""The thread that writes: operations that wait together are committed together."""

import asyncio
import sqlite3
import threading

import pytest

from jupyter_sessions_server.errors import ServerStopping
from jupyter_sessions_server.store.writer import Writer
from tests.waiting import until

INSERT = "INSERT INTO word (word) VALUES (?)"


@pytest.fixture
def connection(tmp_path):
    """A connection to a database of words, each of which may be there once."""
    opened = sqlite3.connect(
        tmp_path / "words.sqlite", isolation_level=None, check_same_thread=False
    )
    opened.execute("CREATE TABLE word (word TEXT NOT NULL UNIQUE) STRICT")
    yield opened
    opened.close()


@pytest.fixture
async def writer(connection):
    """A writer over it."""
    opened = Writer(connection)
    yield opened
    await opened.close()


@pytest.fixture
def statements(connection):
    """What the writer's connection is told, from now on."""
    told = []
    connection.set_trace_callback(told.append)
    return told


def add(word):
    return lambda connection: connection.execute(INSERT, (word,)).rowcount


def words(connection):
    return [word for (word,) in connection.execute("SELECT word FROM word ORDER BY rowid")]


class HeldUp:
    """Keeps the writer's thread busy with an operation that waits, until the block ends."""

    def __init__(self, writer):
        self._begun, self._may_end = threading.Event(), threading.Event()
        self._task = asyncio.create_task(writer.run(self._operate))

    def _operate(self, connection):
        self._begun.set()
        assert self._may_end.wait(10)

    async def __aenter__(self):
        await until(self._begun.is_set)

    async def __aexit__(self, *exc_info):
        self._may_end.set()
        await self._task


async def test_an_operation_is_on_disk_when_it_is_answered(writer, connection, tmp_path):
    """Another process sees it from then on."""
    assert await writer.run(add("a")) == 1

    other = sqlite3.connect(tmp_path / "words.sqlite")
    assert words(other) == ["a"]
    other.close()


async def test_operations_that_wait_together_share_a_commit(writer, statements):
    """A hundred creations wait for the disk once, not a hundred times."""
    async with HeldUp(writer):
        waiting = [asyncio.create_task(writer.run(add(str(number)))) for number in range(100)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert statements.count("BEGIN IMMEDIATE") == 2
    assert statements.count("COMMIT") == 2


async def test_a_commit_has_a_largest_size(writer, statements):
    """Under a flood the first callers are answered before the last have come."""
    async with HeldUp(writer):
        waiting = [asyncio.create_task(writer.run(add(str(number)))) for number in range(600)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert statements.count("COMMIT") == 4


async def test_operations_are_carried_out_in_their_order(writer, connection):
    """What was handed in first is done first, across commits too."""
    async with HeldUp(writer):
        waiting = [asyncio.create_task(writer.run(add(f"{number:03}"))) for number in range(300)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert words(connection) == sorted(words(connection))


async def test_an_operation_that_fails_undoes_only_itself(writer, connection):
    """What one caller may not do does not fail his neighbours."""

    def half(connection):
        connection.execute(INSERT, ("half",))
        raise ValueError("failed")

    async with HeldUp(writer):
        wanted = [add("a"), half, add("a"), add("b")]
        waiting = [asyncio.create_task(writer.run(operation)) for operation in wanted]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [int, ValueError, sqlite3.IntegrityError, int]
    assert words(connection) == ["a", "b"]


async def test_a_cancelled_callers_operation_takes_place(writer, connection):
    """Hence requests may be repeated: who has gone does not know whether it was done."""
    async with HeldUp(writer):
        gone = asyncio.create_task(writer.run(add("a")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
    await writer.run(add("b"))

    assert gone.cancelled()
    assert words(connection) == ["a", "b"]


async def test_who_settles_and_is_cancelled_waits_for_the_end(writer, connection):
    """What he undoes then is there, and what he lets go of is not used any more."""
    async with HeldUp(writer):
        leaving = asyncio.create_task(writer.settle(add("a")))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving], timeout=0)
        left_early = leaving.done()
    await asyncio.wait([leaving])

    assert not left_early
    assert leaving.cancelled()
    assert words(connection) == ["a"]


async def test_who_settles_in_vain_and_is_cancelled_is_only_cancelled(writer):
    """Nobody is told of the failure, and no future complains that it was not looked at."""
    async with HeldUp(writer):
        leaving = asyncio.create_task(writer.settle(lambda _: 1 / 0))
        await asyncio.sleep(0)
        leaving.cancel()

    await asyncio.wait([leaving])
    assert leaving.cancelled()


async def test_an_error_of_a_cancelled_callers_operation_disturbs_nobody(writer):
    """There is nobody to be told."""
    async with HeldUp(writer):
        gone = asyncio.create_task(writer.run(lambda _: 1 / 0))
        await asyncio.sleep(0)
        gone.cancel()

    assert await writer.run(add("a")) == 1


async def test_commits_are_told_in_their_order_before_callers_are(writer):
    """Memory is never behind what a caller knows, nor behind one who has gone."""
    told = []
    async with HeldUp(writer):
        calls = [
            asyncio.create_task(writer.run(lambda _, n=number: n, told.append))
            for number in range(300)
        ]
        await asyncio.sleep(0)
        calls[1].cancel()
    await calls[0]
    told_by_then = list(told)

    await asyncio.wait(calls)
    assert told_by_then[0] == 0
    assert told == list(range(300))


async def test_what_failed_is_not_told_as_committed(writer):
    """It is not there."""
    told = []

    with pytest.raises(ZeroDivisionError):
        await writer.run(lambda _: 1 / 0, told.append)

    assert told == []


async def test_the_loop_goes_on_while_the_disk_is_slow(writer):
    """A write blocks those who wait for it, and nobody else."""
    async with HeldUp(writer):
        waiting = asyncio.create_task(writer.run(add("a")))
        await asyncio.sleep(0)

        assert not waiting.done()
    assert await waiting == 1


async def test_a_commit_that_fails_fails_for_all_in_it(writer, connection, tmp_path):
    """Nobody is told that something is on disk which is not."""
    connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "words.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    outcomes = await asyncio.gather(
        writer.run(add("a")), writer.run(add("b")), return_exceptions=True
    )
    other.execute("ROLLBACK")
    other.close()

    assert [type(outcome) for outcome in outcomes] == [sqlite3.OperationalError] * 2
    assert await writer.run(add("c")) == 1
    assert words(connection) == ["c"]


async def test_closing_finishes_what_waits(connection):
    """What was taken on is done."""
    writer = Writer(connection)
    waiting = [asyncio.create_task(writer.run(add(str(number)))) for number in range(300)]
    await asyncio.sleep(0)

    await writer.close()

    assert len(await asyncio.gather(*waiting)) == 300
    assert len(words(connection)) == 300


async def test_a_closed_writer_takes_nothing_on(connection):
    """A caller who comes too late is told so, instead of waiting for ever."""
    writer = Writer(connection)
    await writer.close()

    with pytest.raises(ServerStopping):
        await writer.run(add("a"))

    assert words(connection) == []
