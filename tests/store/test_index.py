"""The sessions in memory: they follow the database, whoever writes it."""

from dataclasses import replace

import pytest

from jupyter_sessions_server.store.database import connect
from jupyter_sessions_server.store.index import SessionIndex
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.store.rows import session


@pytest.fixture
async def other(file, store):
    """A second store on the same file."""
    async with SqliteStore(file) as opened:
        yield opened


@pytest.fixture
def index(file, store):
    """An index that has read nothing yet."""
    connection = connect(file)
    yield SessionIndex(connection)
    connection.close()


async def test_a_second_store_sees_what_the_first_one_did(store, other):
    """Each change, as soon as it is committed."""
    a = await store.insert(session("a"), None)
    seen_after_insert = await other.get(a.session_id)
    b = await store.replace(replace(a, path="b", kernel_id="k2"))
    seen_after_update = await other.find_by_path("me", "b")
    await store.delete(b)

    assert (seen_after_insert, seen_after_update) == (a, b)
    assert await other.get(a.session_id) is None
    assert await other.find_by_kernel("k2") == []
    assert await other.revision() == 3


async def test_two_stores_write_one_after_the_other(store, other):
    """Revisions are the database's, so no two changes have the same."""
    stored = [
        await (store, other)[number % 2].insert(session(str(number)), None) for number in range(6)
    ]

    assert [s.revision for s in stored] == [1, 2, 3, 4, 5, 6]
    assert await store.list_sessions("me") == await other.list_sessions("me") == stored


async def test_a_store_that_is_behind_does_not_overwrite(store, other):
    """The database decides by the revision, not the memory of one store."""
    old = await store.insert(session("a"), None)
    await other.replace(replace(old, name="N"))

    assert await store.replace(replace(old, name="M")) is None
    assert (await store.get(old.session_id)).name == "N"


async def test_it_takes_over_only_what_changed(store, index, file):
    """Catching up costs what has happened, not what there is."""
    for number in range(5):
        await store.insert(session(str(number)), None)
    index.catch_up()
    before = {id_: index.get(id_) for id_ in (f"s-{number}" for number in range(5))}
    await store.replace(replace(before["s-3"], name="N"))

    index.catch_up()

    same = [id_ for id_, known in before.items() if index.get(id_) is known]
    assert same == ["s-0", "s-1", "s-2", "s-4"]
    assert index.get("s-3").name == "N"


async def test_nothing_new_is_one_question(store, index):
    """Most reads find nothing changed."""
    await store.insert(session("a"), None)
    index.catch_up()
    told = []
    index._connection.set_trace_callback(told.append)

    index.catch_up()

    assert told == ["SELECT value FROM revision_counter"]


async def test_sessions_that_swapped_their_paths_are_found_by_the_new_ones(store, index):
    """Three renames that are read at once."""
    a = await store.insert(session("a"), None)
    b = await store.insert(session("b"), None)
    index.catch_up()
    aside = await store.replace(replace(a, path="aside"))
    b = await store.replace(replace(b, path="a"))
    a = await store.replace(replace(aside, path="b"))

    index.catch_up()

    assert (index.find_by_path("me", "a"), index.find_by_path("me", "b")) == (b, a)
    assert index.find_by_path("me", "aside") is None


async def test_a_path_that_went_to_another_session_is_the_others(store, index):
    """A deletion and a creation that are read at once."""
    old = await store.insert(session("a"), None)
    index.catch_up()
    await store.delete(old)
    new = await store.insert(session("a", session_id="new"), None)

    index.catch_up()

    assert index.find_by_path("me", "a") == new
    assert index.of_owner("me") == [new]


async def test_an_id_that_was_used_again_is_the_new_session(store, index):
    """It was deleted, and it is there; at its new place in the order."""
    old = await store.insert(session("a"), None)
    between = await store.insert(session("b"), None)
    index.catch_up()
    await store.delete(old)
    new = await store.insert(session("c", session_id=old.session_id), None)

    index.catch_up()

    assert index.get(old.session_id) == new
    assert index.of_owner("me") == [between, new]


async def test_order_is_by_creation_however_it_was_read(store, index):
    """An update does not move a session to the end of the list."""
    a = await store.insert(session("a"), None)
    await store.insert(session("b"), None)
    index.catch_up()
    await store.replace(replace(a, name="N"))
    await store.insert(session("c"), None)

    index.catch_up()

    assert [s.path for s in index.of_owner("me")] == ["a", "b", "c"]


@pytest.mark.parametrize("left", [0, 1])
async def test_changes_that_are_trimmed_make_it_read_all(store, index, query, left):
    """An index that is far behind cannot know what was deleted meanwhile, so it begins anew."""
    gone = await store.insert(session("gone"), None)
    stays = await store.insert(session("stays"), None)
    index.catch_up()
    await store.delete(gone)
    late = await store.insert(session("late"), None)
    query("DELETE FROM change WHERE revision <= ?", 4 - left)

    index.catch_up()

    assert index.of_owner("me") == [stays, late]
    assert index.find_by_path("me", "gone") is None


async def test_the_newest_changes_are_kept(store, query):
    """A hundred thousand of them; the others take no room for ever."""
    query("UPDATE revision_counter SET value = 249998")
    query("INSERT INTO change VALUES (150000, 'DELETED', 'x', 'me', 'x')")
    query("INSERT INTO change VALUES (150001, 'DELETED', 'x', 'me', 'x')")
    await store.insert(session("a"), None)

    await store.insert(session("b"), None)

    kept = [revision for (revision,) in query("SELECT revision FROM change ORDER BY revision")]
    assert kept == [150_001, 249_999, 250_000]
