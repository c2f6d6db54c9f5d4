"""Which requests are new, as a store that writes alone knows without asking."""

import pytest

from jupyter_sessions_server.errors import RequestIdReused
from jupyter_sessions_server.ports import NewRequest
from jupyter_sessions_server.store.known_requests import KnownRequests
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.store.rows import session


def request(name="r1", **changes):
    return NewRequest(name, "fingerprint", **changes)


@pytest.fixture
def exclusive():
    return True


@pytest.fixture
def known(store):
    """The requests of an empty database; there is room for three."""
    return KnownRequests(store._reader, most=3)


def test_what_was_never_stored_is_new(known):
    """As almost every request is."""
    known.add("me", "r1", 1_000)

    assert known.is_new("me", request("r2"))
    assert known.is_new("bob", request("r1"))
    assert not known.is_new("me", request("r1"))


def test_what_there_is_no_room_for_may_have_been_there(known):
    """Then the database is asked, unless all that was dropped is too old to count."""
    for number in range(1, 5):
        known.add("me", f"r{number}", number * 1_000)

    assert not known.is_new("me", request("another", since_ms=1_000))
    assert known.is_new("me", request("another", since_ms=1_001))


def test_a_request_that_comes_again_is_as_new_as_the_last(known):
    """An id that was free again is not the first to be dropped."""
    for name in ("r1", "r2", "r3", "r1", "r4"):
        known.add("me", name, 1_000)

    assert not known.is_new("me", request("r1", since_ms=1_001))
    assert known.is_new("me", request("r2", since_ms=1_001))


async def test_a_store_knows_what_an_earlier_start_has_stored(store, file):
    """A retry may come after a restart of the server."""
    await store.insert(session("a"), request())
    await store.close()

    async with SqliteStore(file, exclusive=True) as reopened:
        assert await reopened.find_by_request("me", request()) == "s-a"


async def test_more_than_there_is_room_for_are_read_as_such(store):
    """The newest are known; of the others it is known that there are some."""
    for number in range(4):
        created_ms = (number + 1) * 1_000
        await store.insert(session(str(number), created_ms=created_ms), request(f"r{number}"))

    known = KnownRequests(store._reader, most=3)

    assert not known.is_new("me", request("r3", since_ms=5_000))
    assert not known.is_new("me", request("another", since_ms=1_000))
    assert known.is_new("me", request("another", since_ms=1_001))


async def test_a_store_knows_what_it_has_just_stored(store):
    """The retry of a request, and another one of the same id."""
    await store.insert(session("a"), request())

    assert await store.find_by_request("me", request()) == "s-a"
    with pytest.raises(RequestIdReused):
        await store.find_by_request("me", NewRequest("r1", "another"))
