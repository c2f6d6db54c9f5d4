"""The session manager's names and reads, as jupyter_server's session manager has them."""

import inspect

import pytest

from jupyter_sessions_server.errors import SessionNotFound
from jupyter_sessions_server.sessions.manager import SessionManager

METHODS = [
    "create_session", "save_session", "get_session", "update_session", "delete_session",
    "list_sessions", "session_exists", "new_session_id", "start_kernel_for_session",
    "get_kernel_env", "kernel_culled", "row_to_model", "close",
]  # fmt: skip
KEYS = {"session_id", "path", "name", "type", "kernel_id"}


@pytest.mark.parametrize("name", METHODS)
def test_it_has_the_methods_of_jupyter_servers_session_manager(name):
    """Who knows that one finds his way here."""
    assert callable(getattr(SessionManager, name))


async def test_a_session_is_found_by_its_id(sessions):
    """Its id names it for its whole life."""
    created, _ = await sessions.create_session("a.ipynb", name="A", type="notebook")

    found = await sessions.get_session(session_id=created.session_id)

    assert found == created


@pytest.mark.parametrize("key", sorted(KEYS))
async def test_a_session_is_found_by_any_key(sessions, key):
    """Whoever knows one thing of a session can find it."""
    await sessions.create_session("a.ipynb", name="A", type="notebook")
    wanted, _ = await sessions.create_session("b", name="B", type="console")

    found = await sessions.get_session(**{key: getattr(wanted, key)})

    assert found == wanted


@pytest.mark.parametrize("key", sorted(KEYS))
async def test_all_keys_must_match(sessions, key):
    """Several keys narrow the search down; they never widen it."""
    session, _ = await sessions.create_session("a.ipynb", name="A", type="notebook")
    keys = {name: getattr(session, name) for name in KEYS}
    found = await sessions.get_session(**keys)

    with pytest.raises(SessionNotFound):
        await sessions.get_session(**{**keys, key: "another"})

    assert found == session


async def test_of_several_sessions_the_oldest_is_found(sessions):
    """The answer does not depend on chance."""
    oldest, _ = await sessions.create_session("b.ipynb", name="N")
    await sessions.create_session("a.ipynb", name="N")

    found = await sessions.get_session(name="N")

    assert found == oldest


async def test_a_lookup_by_a_key_there_is_not_is_a_type_error(sessions):
    """A mistake in a program is told as one, not as a missing session."""
    with pytest.raises(TypeError):
        await sessions.get_session(bad_id="a")


async def test_a_lookup_by_no_key_is_a_type_error(sessions):
    """Any session is none in particular."""
    await sessions.create_session("a.ipynb")

    with pytest.raises(TypeError):
        await sessions.get_session()


async def test_a_lookup_without_a_match_names_the_keys(sessions):
    """The message is the one that jupyter_server's users know."""
    with pytest.raises(SessionNotFound) as raised:
        await sessions.get_session(session_id="s1", path="it's")

    assert str(raised.value) == """Session not found: session_id='s1', path="it's\""""
    assert raised.value.facts == {"session_id": "s1", "path": "it's"}


async def test_a_path_has_a_session_or_not(sessions):
    """Only the very path counts."""
    await sessions.create_session("a/b.ipynb")

    exists = [await sessions.session_exists(path) for path in ("a/b.ipynb", "b.ipynb", "a", "")]

    assert exists == [True, False, False, False]


async def test_sessions_are_listed_in_the_order_of_their_creation(sessions):
    """Each with what it was given, and a kernel of its own."""
    given = [("c.ipynb", "notebook", None), ("a.py", "file", "foo"), ("b", "console", "foo")]
    for path, type_, name in given:
        await sessions.create_session(path, type=type_, name=name, kernel_name="python3")

    listed = (await sessions.list_sessions()).sessions

    assert [(session.path, session.type, session.name) for session in listed] == given
    assert len({session.kernel_id for session in listed}) == 3


def test_every_new_session_id_is_another(sessions):
    """Ids are never reused."""
    assert len({sessions.new_session_id() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("name", ["create_session", "update_session", "delete_session"])
def test_no_method_takes_just_any_keyword(name):
    """A wrong keyword is a TypeError, from Python itself."""
    kinds = {p.kind for p in inspect.signature(getattr(SessionManager, name)).parameters.values()}

    assert inspect.Parameter.VAR_KEYWORD not in kinds


async def test_reads_change_nothing(sessions):
    """Looking costs nothing and disturbs nobody."""
    session, _ = await sessions.create_session("a.ipynb")
    before = await sessions.list_sessions()

    await sessions.get_session(path="a.ipynb")
    await sessions.session_exists("a.ipynb")

    assert await sessions.list_sessions() == before
    assert before.revision == session.revision
