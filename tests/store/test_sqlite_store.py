"""The store, through the port: each method is one transaction."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import SessionAlreadyExists
from tests.store.rows import session

pytestmark = pytest.mark.parametrize("exclusive", [False, True], ids=["shared", "exclusive"])

CHANGES = "SELECT revision, kind, session_id, owner, path FROM change ORDER BY revision"


async def test_a_session_comes_back_as_it_was_stored(store):
    """Every field, in every script of the world."""
    given = session("ä/\u6587.ipynb", name="Ünï\n", type="x", labels={"ключ": "значение"})

    stored = await store.insert(given, None)

    assert stored == replace(given, revision=1, create_revision=1)
    assert await store.get(given.session_id) == stored


@pytest.mark.parametrize("name", [None, "", "N"])
async def test_no_name_and_an_empty_one_are_two_things(store, name):
    """None was given, or an empty one was."""
    stored = await store.insert(session(name=name), None)

    assert (await store.get(stored.session_id)).name == name


async def test_an_empty_store_has_nothing(store):
    """And says so without errors."""
    assert await store.get("s") is None
    assert await store.find_by_path("me", "a") is None
    assert (await store.list_sessions("me"), await store.find_by_kernel("k1")) == ([], [])
    assert (await store.count_sessions(), await store.revision()) == (0, 0)


async def test_sessions_are_found_by_path_owner_and_kernel(store):
    """In the order of their creation."""
    a = await store.insert(session("a", kernel_id="k2"), None)
    b = await store.insert(session("b"), None)
    c = await store.insert(session("c", kernel_id="k2"), None)
    other = await store.insert(session("a", owner="bob", session_id="s-bob"), None)

    assert await store.find_by_path("me", "a") == a
    assert await store.find_by_path("bob", "a") == other
    assert await store.list_sessions("me") == [a, b, c]
    assert await store.find_by_kernel("k2") == [a, c]
    assert await store.count_sessions() == 4


@pytest.mark.parametrize(
    "rival", [session("a", session_id="s2"), session("b", session_id="s-a", owner="bob")]
)
async def test_a_path_and_an_id_are_one_sessions(store, query, rival):
    """The table decides; and nothing is changed, the revision included."""
    there = await store.insert(session("a"), None)

    with pytest.raises(SessionAlreadyExists) as raised:
        await store.insert(rival, None)

    assert raised.value.session == there
    assert (await store.count_sessions(), await store.revision()) == (1, 1)
    assert len(query(CHANGES)) == 1


async def test_of_inserts_side_by_side_of_one_path_one_succeeds(store):
    """Also when they come in one commit."""
    outcomes = await asyncio.gather(
        *(store.insert(session("a", session_id=str(number)), None) for number in range(20)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, SessionAlreadyExists) for outcome in outcomes) == 19
    assert (await store.count_sessions(), await store.revision()) == (1, 1)


async def test_a_replacement_changes_what_may_change(store):
    """Whose it is and when it was created stay, whatever is handed in."""
    old = await store.insert(session("a"), None)
    given = replace(
        old, path="b", name="N", type="file", labels={"a": "b"}, kernel_id="k2", updated_ms=2_000
    )

    stored = await store.replace(given)

    assert stored == replace(given, revision=2)
    assert await store.get(old.session_id) == stored
    assert await store.find_by_path("me", "a") is None


@pytest.mark.parametrize("changes", [{"revision": 7}, {"revision": 0}, {"session_id": "unknown"}])
async def test_a_replacement_of_what_is_not_there_is_none(store, query, changes):
    """A stale revision changes nothing, and spends no revision."""
    old = await store.insert(session("a"), None)

    stored = await store.replace(replace(old, name="N", **changes))

    assert stored is None
    assert await store.get(old.session_id) == old
    assert (await store.revision(), len(query(CHANGES))) == (1, 1)


async def test_a_replacement_onto_a_taken_path_is_refused(store, query):
    """And nothing is changed."""
    a = await store.insert(session("a"), None)
    b = await store.insert(session("b"), None)

    with pytest.raises(SessionAlreadyExists) as raised:
        await store.replace(replace(a, path="b"))

    assert raised.value.session == b
    assert await store.get(a.session_id) == a
    assert (await store.revision(), len(query(CHANGES))) == (2, 2)


async def test_of_replacements_side_by_side_of_one_revision_one_succeeds(store):
    """No change is lost under another."""
    old = await store.insert(session("a"), None)

    outcomes = await asyncio.gather(
        *(store.replace(replace(old, name=str(number))) for number in range(10))
    )

    assert sum(outcome is not None for outcome in outcomes) == 1
    assert await store.revision() == 2


async def test_a_replacement_may_change_its_kernels_environment(store):
    """A new name, and what the kernel is told of it, come together."""
    old = await store.insert(session("a"), None)

    await store.replace(replace(old, path="b"), {"JPY_SESSION_NAME": "b"})

    envs = {record.kernel_id: record.env for record in await store.list_kernels()}
    assert envs == {"k1": {"JPY_SESSION_NAME": "b"}, "k2": {}}


async def test_a_replacement_that_fails_leaves_the_kernels_environment(store):
    """All or nothing."""
    a = await store.insert(session("a"), None)
    await store.insert(session("b"), None)

    stale = await store.replace(replace(a, revision=7), {"A": "1"})
    with pytest.raises(SessionAlreadyExists):
        await store.replace(replace(a, path="b"), {"A": "1"})

    assert stale is None
    assert [record.env for record in await store.list_kernels()] == [{}, {}]


async def test_a_deletion_has_a_revision(store):
    """Who watches learns of it in its place."""
    stored = await store.insert(session("a"), None)

    revision = await store.delete(stored)

    assert revision == 2 == await store.revision()
    assert await store.get(stored.session_id) is None


async def test_a_deletion_of_what_is_not_there_is_none(store, query):
    """Neither twice, nor at a stale revision."""
    stored = await store.insert(session("a"), None)
    stale = await store.delete(replace(stored, revision=7))
    await store.delete(stored)

    assert (stale, await store.delete(stored)) == (None, None)
    assert (await store.revision(), len(query(CHANGES))) == (2, 2)


async def test_each_change_leaves_one_row_of_what_it_was(store, query):
    """Written by the table itself, so that none can be forgotten."""
    a = await store.insert(session("a"), None)
    b = await store.replace(replace(a, path="b"))
    await store.delete(b)

    assert query(CHANGES) == [
        (1, "CREATED", "s-a", "me", "a"),
        (2, "UPDATED", "s-a", "me", "b"),
        (3, "DELETED", "s-a", "me", "b"),
    ]


async def test_an_id_may_be_used_again_after_its_session_is_gone(store):
    """A client that chooses ids is not told that its own is taken by nothing."""
    first = await store.insert(session("a"), None)
    await store.delete(first)

    second = await store.insert(session("b", session_id=first.session_id), None)

    assert await store.list_sessions("me") == [second]
    assert second.create_revision == 3
