"""Creating requests that named themselves, as the store remembers them."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import (
    RequestIdReused,
    SessionAlreadyExists,
    SessionNotFound,
)
from jupyter_sessions_server.ports import NewRequest
from jupyter_sessions_server.store.sqlite import TRIM_REQUESTS_EVERY, SqliteStore
from tests.store.rows import session

REQUEST = NewRequest("r1", "fingerprint", since_ms=0)
ANOTHER = NewRequest("r1", "another fingerprint", since_ms=0)


async def test_a_request_is_known_by_the_session_it_created(store):
    """Its retry gets that session."""
    await store.insert(session("a"), REQUEST)

    assert await store.find_by_request("me", REQUEST) == "s-a"


async def test_a_request_that_never_came_is_unknown(store):
    """As is one without an id, whatever it created."""
    await store.insert(session("a"), None)

    assert await store.find_by_request("me", REQUEST) is None


async def test_a_request_belongs_to_its_owner(store):
    """Others may use the same id."""
    await store.insert(session("a"), REQUEST)

    assert await store.find_by_request("bob", ANOTHER) is None


async def test_another_request_of_the_same_id_is_refused(store):
    """When it is looked up, and when it is stored."""
    await store.insert(session("a"), REQUEST)

    with pytest.raises(RequestIdReused):
        await store.find_by_request("me", ANOTHER)
    with pytest.raises(RequestIdReused):
        await store.insert(session("b"), ANOTHER)

    assert (await store.count_sessions(), await store.revision()) == (1, 1)


async def test_a_request_is_remembered_when_its_session_is_gone(store):
    """A late retry is told what became of it."""
    stored = await store.insert(session("a"), REQUEST)
    await store.delete(stored)

    assert await store.find_by_request("me", REQUEST) == "s-a"
    with pytest.raises(SessionNotFound):
        await store.insert(session("a"), REQUEST)


async def test_a_failed_insert_leaves_no_request_behind(store):
    """What was refused may be tried again under the same id."""
    await store.insert(session("a"), None)
    with pytest.raises(SessionAlreadyExists):
        await store.insert(session("a", session_id="s2"), REQUEST)

    await store.insert(session("b"), REQUEST)

    assert await store.find_by_request("me", REQUEST) == "s-b"


@pytest.mark.parametrize(("since_ms", "known"), [(999, True), (1_000, True), (1_001, False)])
async def test_a_request_is_known_until_it_is_too_old(store, since_ms, known):
    """Whoever asks says how far back it may be; nothing else need have come meanwhile."""
    await store.insert(session("a"), REQUEST)

    found = await store.find_by_request("me", replace(REQUEST, since_ms=since_ms))

    assert (found is not None) is known


async def test_an_id_that_is_too_old_is_free_again(store):
    """For another request, which then has it."""
    await store.insert(session("a"), REQUEST)
    later = replace(ANOTHER, since_ms=1_001)

    await store.insert(session("b", created_ms=9_000), later)

    assert await store.find_by_request("me", later) == "s-b"


@pytest.mark.parametrize(("since_ms", "kept"), [(1_000, True), (1_001, False)])
async def test_requests_that_are_too_old_are_trimmed(store, file, query, since_ms, kept):
    """They take no room for ever: the first creation of each start cleans up."""
    await store.insert(session("a"), REQUEST)
    await store.close()

    later = NewRequest("r2", "fingerprint", since_ms=since_ms)
    async with SqliteStore(file) as reopened:
        await reopened.insert(session("b", created_ms=9_000), later)

    left = [request_id for (request_id,) in query("SELECT request_id FROM request")]
    assert ("r1" in left) is kept
    assert "r2" in left


async def test_requests_are_trimmed_now_and_then(store, query):
    """A server that runs for months cleans up too, and not at each creation."""
    requests = [NewRequest(f"r{number}", "f", since_ms=0) for number in range(TRIM_REQUESTS_EVERY)]
    await asyncio.gather(*(store.insert(session(each.request_id), each) for each in requests))

    late = NewRequest("late", "f", since_ms=1_001)
    await store.insert(session("late", created_ms=9_000), late)

    assert query("SELECT request_id FROM request") == [("late",)]
