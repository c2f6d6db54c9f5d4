"""What a session's kernel is told: its working directory, and JPY_SESSION_NAME."""

import pytest


@pytest.mark.parametrize(
    ("path", "cwd"),
    [
        ("a/b/c.ipynb", "/root/a/b"),
        ("a/b", "/root/a/b"),
        ("c.ipynb", "/root"),
        ("", "/root"),
    ],
)
async def test_a_kernel_works_beside_its_document(sessions, kernels, path, cwd):
    """`open("data.csv")` in a notebook means the file beside it."""
    await sessions.start_kernel_for_session(sessions.new_session_id(), path, None, "python3")

    assert kernels.launches[0].cwd == cwd


async def test_a_working_directory_that_was_asked_for_is_taken(sessions, kernels):
    """A caller may know better than the path."""
    await sessions.create_session("a/b.ipynb", cwd="/elsewhere")

    assert kernels.launches[0].cwd == "/elsewhere"


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("a/b.ipynb", None, "a/b.ipynb"),
        ("a/b.ipynb", "", "a/b.ipynb"),
        ("a/b.ipynb", "My notebook", "/root/a/My notebook"),
        ("/a/b.ipynb", None, "/a/b.ipynb"),
        ("b.ipynb", "b.ipynb", "/root/b.ipynb"),
    ],
)
async def test_a_kernel_knows_the_session_by_its_path_or_name(sessions, kernels, path, name, told):
    """Code can tell which notebook it is in."""
    await sessions.create_session(path, name=name)

    assert kernels.launches[0].env["JPY_SESSION_NAME"] == told
    assert await sessions.get_kernel_env(path, name) == {"JPY_SESSION_NAME": told}


async def test_a_callers_variables_reach_the_kernel(sessions, kernels):
    """All but the one that is the session's own."""
    await sessions.create_session("a.ipynb", env={"A": "1", "JPY_SESSION_NAME": "mine"})

    assert kernels.launches[0].env == {"A": "1", "JPY_SESSION_NAME": "a.ipynb"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"path": "c/d.ipynb"}, "c/d.ipynb"),
        ({"name": "N"}, "/root/a/N"),
        ({"path": "c/d.ipynb", "name": "N"}, "/root/c/N"),
    ],
)
async def test_a_renamed_session_is_known_by_its_new_name_after_a_restart(
    sessions, kernel_manager, kernels, change, told
):
    """A running process cannot be told; the next one is."""
    session, _ = await sessions.create_session("a/b.ipynb", env={"A": "1"})
    await sessions.update_session(session.session_id, **change)

    await kernel_manager.restart_kernel(session.owner, session.kernel_id)

    assert kernels.launches[-1].env == {"A": "1", "JPY_SESSION_NAME": told}
    assert kernels.launches[-1].cwd == "/root/a"


async def test_a_kernel_that_a_session_is_switched_to_learns_its_name(
    sessions, kernel_manager, kernels
):
    """After any change of a session, its kernel's next process knows the session by its name."""
    kernel_id, _ = await kernel_manager.start_kernel("default", kept=True)
    session, _ = await sessions.create_session("a.ipynb")
    await sessions.update_session(session.session_id, kernel_id=kernel_id)

    await kernel_manager.restart_kernel("default", kernel_id)

    assert kernels.launches[-1].env == {"JPY_SESSION_NAME": "a.ipynb"}


async def test_a_new_kernel_of_a_session_knows_its_new_path(sessions, kernels):
    """A switch and a rename in one change."""
    session, _ = await sessions.create_session("a.ipynb")

    await sessions.update_session(session.session_id, path="b/c.ipynb", kernel_name="ir")

    assert kernels.launches[-1].env == {"JPY_SESSION_NAME": "b/c.ipynb"}
    assert kernels.launches[-1].cwd == "/root/b"
