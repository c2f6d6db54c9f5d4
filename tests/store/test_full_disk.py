"""A disk that is full: nothing is changed, and when there is room again all goes on."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import StorageFull
from tests.store.rows import EXIT, kernel, session

BIG = {"a": "x" * 100_000}


@pytest.fixture
async def full(store):
    """The store, which has a session and no room for another page."""
    await store.insert(session("there"), None)
    set_room(store, 0)
    return store


def set_room(store, pages):
    """Let the database grow by so many pages at most."""

    def operation(connection):
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {now + pages:d}")

    operation(store._writer._connection)


async def test_a_write_that_finds_no_room_is_refused_and_changes_nothing(full, query):
    """The caller knows that he may try again, since nothing was done."""
    with pytest.raises(StorageFull):
        await full.insert(session("b", labels=BIG), None)

    assert [s.path for s in await full.list_sessions("me")] == ["there"]
    assert await full.revision() == 1
    assert query("SELECT count(*) FROM change") == [(1,)]


async def test_reads_go_on_when_the_disk_is_full(full):
    """Nobody is locked out of what there is."""
    with pytest.raises(StorageFull):
        await full.insert(session("b", labels=BIG), None)

    assert (await full.find_by_path("me", "there")).path == "there"
    assert len(await full.list_kernels()) == 2


async def test_writes_go_on_when_there_is_room_again(full):
    """Without a restart of the server; and no revision is left out."""
    with pytest.raises(StorageFull):
        await full.insert(session("b", labels=BIG), None)

    set_room(full, 10_000)
    stored = await full.insert(session("b", labels=BIG), None)

    assert stored.revision == 2
    assert await full.get(stored.session_id) == stored


async def test_of_writes_in_one_commit_each_is_done_or_refused(full):
    """Whatever SQLite undoes by itself: what a caller was told is what is there."""
    outcomes = await asyncio.gather(
        *(
            full.insert(session(str(number), labels=BIG if number % 2 else {}), None)
            for number in range(6)
        ),
        return_exceptions=True,
    )

    told = [outcome.path for outcome in outcomes if not isinstance(outcome, Exception)]
    assert all(isinstance(outcomes[number], StorageFull) for number in (1, 3, 5))
    assert [s.path for s in await full.list_sessions("me")] == ["there", *told]
    assert await full.revision() == 1 + len(told)


async def test_kernels_are_not_half_saved(full):
    """The same for what is stored of kernels."""
    with pytest.raises(StorageFull):
        await full.save_kernel(
            kernel("k1", restarts=5, exit=replace(EXIT, stderr_tail="x" * 100_000))
        )

    assert (await full.list_kernels())[0] == kernel("k1")
