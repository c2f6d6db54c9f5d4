"""A session as jupyter_server shows it."""

import json

import pytest

from jupyter_sessions_server.model import KernelDisposition


async def test_a_notebook_has_exactly_these_keys(sessions):
    """Programs written for jupyter_server find what they look for, and nothing strange."""
    session, _ = await sessions.create_session("a/b.ipynb", name="B")

    model = sessions.row_to_model(session)

    assert set(model) == {"id", "path", "name", "type", "kernel", "notebook"}
    assert model["id"] == session.session_id
    assert (model["path"], model["name"], model["type"]) == ("a/b.ipynb", "B", "notebook")
    assert model["notebook"] == {"path": "a/b.ipynb", "name": "B"}


@pytest.mark.parametrize("type_", ["file", "console", "notegbook"])
async def test_only_notebooks_have_the_notebook_key(sessions, type_):
    """A console is no notebook; and any text is a type."""
    session, _ = await sessions.create_session("a.py", type=type_)

    model = sessions.row_to_model(session)

    assert "notebook" not in model
    assert model["type"] == type_


async def test_a_name_that_was_not_given_is_none(sessions):
    """An empty name and none are not the same."""
    session, _ = await sessions.create_session("a.ipynb")

    model = sessions.row_to_model(session)

    assert model["name"] is None
    assert model["notebook"] == {"path": "a.ipynb", "name": None}


async def test_the_kernel_has_exactly_these_keys(sessions, kernel_manager):
    """What a kernel menu shows: which kernel, what it does, since when, and who is connected."""
    session, _ = await sessions.create_session("a.ipynb", kernel_name="ir")
    await kernel_manager.settled(session.owner, session.kernel_id)

    kernel = sessions.row_to_model(session)["kernel"]

    assert kernel == {
        "id": session.kernel_id,
        "name": "ir",
        "connections": 0,
        "last_activity": "2023-11-14T22:13:20.000000Z",
        "execution_state": "idle",
    }


async def test_times_are_in_utc_and_say_so(sessions, clock):
    """A browser in another time zone shows the right hour."""
    clock.ms = 1_700_000_000_123
    session, _ = await sessions.create_session("a.ipynb")

    kernel = sessions.row_to_model(session)["kernel"]

    assert kernel["last_activity"] == "2023-11-14T22:13:20.123000Z"


async def test_the_kernel_is_shown_as_it_is_now(sessions, kernels):
    """The state is the kernel's, not one that was stored with the session."""
    kernels.answers = False
    session, _ = await sessions.create_session("a.ipynb")

    kernel = sessions.row_to_model(session)["kernel"]

    assert kernel["execution_state"] == "starting"


async def test_a_dead_kernel_is_shown_as_dead(sessions, kernel_manager):
    """A session whose kernel is gone can be shown too."""
    session, _ = await sessions.create_session("a.ipynb")
    await kernel_manager.shutdown_kernel(session.owner, session.kernel_id)

    kernel = sessions.row_to_model(session)["kernel"]

    assert kernel["execution_state"] == "dead"


async def test_the_notebook_key_follows_a_new_path(sessions):
    """After a rename nothing speaks of the old path."""
    session, _ = await sessions.create_session("a.ipynb", name="A")

    renamed = await sessions.update_session(session.session_id, path="b.ipynb")

    assert sessions.row_to_model(renamed)["notebook"] == {"path": "b.ipynb", "name": "A"}


async def test_the_model_is_json(sessions):
    """It goes to a browser as it is."""
    session, _ = await sessions.create_session("ä.ipynb", name="Ä")
    await sessions.delete_session(session.session_id, kernel=KernelDisposition.KEEP)

    model = sessions.row_to_model(session)

    assert json.loads(json.dumps(model)) == model
