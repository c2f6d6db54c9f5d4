"""How many statements each use case takes: what is dear is seen here when it creeps in."""

from dataclasses import replace
from itertools import groupby

import pytest

from jupyter_sessions_server.ports import NewRequest
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.store.rows import kernel, session

COMMIT = ["BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"]


@pytest.fixture
async def stored(store):
    """A session that is there."""
    return await store.insert(session("a"), None)


@pytest.fixture
def written(store, stored):
    """The statements that write, from now on: the first word of each."""
    told = []
    store._writer._connection.set_trace_callback(told.append)
    return told


@pytest.fixture
def read(store, stored):
    """The statements that read, from now on."""
    told = []
    store._reader.set_trace_callback(told.append)
    return told


def words(told):
    """The first ones."""
    return [text.split()[0] for text in told]


def statements(told):
    """The first words, but for what commits."""
    return [word for word in words(told) if word not in COMMIT]


def without_triggers(told):
    """What a trigger does is told as the statement that fired it, once more."""
    return [text for text, _ in groupby(told)]


async def test_a_creation_is_two_statements(store, written):
    """The revision, and the row; its change is written by the table."""
    await store.insert(session("b"), None)

    assert statements(without_triggers(written)) == ["UPDATE", "INSERT"]


async def test_a_creation_that_named_itself_is_one_more(store, written):
    """It is remembered; but for the first, which deletes what is too old to count."""
    await store.insert(session("b"), NewRequest("r1", "f", since_ms=0))
    first = statements(without_triggers(written))
    written.clear()
    await store.insert(session("c"), NewRequest("r2", "f", since_ms=0))

    assert first == ["UPDATE", "INSERT", "DELETE", "INSERT"]
    assert statements(without_triggers(written)) == ["UPDATE", "INSERT", "INSERT"]


async def test_an_update_is_two_statements(store, written, stored):
    """A rename is the revision, the row, and a commit."""
    await store.replace(replace(stored, path="b"))

    assert statements(without_triggers(written)) == ["UPDATE", "UPDATE"]


async def test_an_update_to_another_kernel_is_one_more(store, written, stored):
    """Most keep their kernel, and the rows that refer to it."""
    await store.replace(replace(stored, kernel_id="k2"))

    assert statements(without_triggers(written)) == ["UPDATE", "UPDATE", "UPDATE"]


async def test_a_deletion_is_two_statements(store, written, stored):
    """The revision, and the row."""
    await store.delete(stored)

    assert statements(without_triggers(written)) == ["UPDATE", "DELETE"]


async def test_saving_and_forgetting_a_kernel_is_one_statement(store, written):
    """Each."""
    await store.save_kernel(kernel("k3"))
    await store.forget_kernel("k3")

    assert statements(without_triggers(written)) == ["INSERT", "DELETE"]


async def test_each_change_is_one_transaction(store, written, stored):
    """All of it is there, or nothing."""
    await store.replace(replace(stored, path="b"))

    assert [word for word in words(written) if word in COMMIT] == ["BEGIN", "COMMIT"]


async def test_reads_are_one_statement_and_never_write(store, read, written, stored):
    """They ask for the revision, since others may write; the answer is in memory."""
    await store.get(stored.session_id)
    await store.find_by_path("me", "a")
    await store.list_sessions("me")
    await store.count_sessions()

    assert statements(read) == ["SELECT"] * 4
    assert written == []


async def test_where_nobody_else_writes_reads_ask_nothing(file):
    """The one server of a folder answers from memory alone, what it wrote itself included."""
    async with SqliteStore(file, exclusive=True) as store:
        await store.save_kernel(kernel())
        told = []
        store._reader.set_trace_callback(told.append)

        assert await store.find_by_request("me", NewRequest("r1", "f", since_ms=0)) is None
        stored = await store.insert(session("a"), None)
        renamed = await store.replace(replace(stored, path="b"))
        assert await store.find_by_path("me", "b") == renamed
        await store.delete(renamed)

        assert (await store.count_sessions(), await store.revision()) == (0, 3)
        assert told == []


async def test_catching_up_is_one_snapshot_of_few_statements(store, read, stored, file):
    """Whatever others have done since, it takes no more."""
    async with SqliteStore(file) as other:
        for path in "bcdef":
            await other.insert(session(path), None)

    await store.revision()

    assert statements(read) == ["SELECT"] * 5
    assert [text.split()[0] for text in read].count("BEGIN") == 1
