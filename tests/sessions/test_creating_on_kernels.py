"""Creating sessions on kernels that the caller names."""

import asyncio

import pytest

from jupyter_sessions_server.errors import KernelAlreadyExists, KernelDead


async def test_a_known_kernel_is_attached_to(sessions, kernels):
    """A console joins the notebook's kernel, and no process is started."""
    notebook, _ = await sessions.create_session("a.ipynb")

    console, _ = await sessions.create_session("console", kernel_id=notebook.kernel_id)

    assert console.kernel_id == notebook.kernel_id
    assert len(kernels.launches) == 1


async def test_an_unknown_kernel_id_is_the_new_kernels_id(sessions, kernels):
    """Who chooses an id gets exactly it."""
    session, _ = await sessions.create_session("a.ipynb", kernel_id="k1", kernel_name="ir")

    assert session.kernel_id == "k1"
    assert kernels.alive["k1"].kernel_name == "ir"


async def test_a_kernel_id_of_another_kernelspec_is_refused(sessions):
    """The id is taken by a kernel of another kind, and the message says which."""
    await sessions.create_session("a.ipynb", kernel_id="k1", kernel_name="python3")

    with pytest.raises(KernelAlreadyExists) as raised:
        await sessions.create_session("b.ipynb", kernel_id="k1", kernel_name="ir")

    assert raised.value.facts == {"kernel_id": "k1", "kernel_name": "python3"}
    assert not await sessions.session_exists("b.ipynb")


async def test_a_dead_kernel_is_not_attached_to(sessions, kernel_manager):
    """A session begins with a kernel that runs; a dead one is restarted first."""
    session, _ = await sessions.create_session("a.ipynb")
    await kernel_manager.shutdown_kernel(session.owner, session.kernel_id)

    with pytest.raises(KernelDead):
        await sessions.create_session("b.ipynb", kernel_id=session.kernel_id)

    assert not await sessions.session_exists("b.ipynb")


async def test_paths_that_begin_with_one_new_kernel_share_it(sessions, kernels):
    """A notebook and its console, opened at once on a kernel id that is new."""
    both = await asyncio.gather(
        sessions.create_session("a.ipynb", kernel_id="k1"),
        sessions.create_session("console", kernel_id="k1"),
    )

    assert [creation.session.kernel_id for creation in both] == ["k1", "k1"]
    assert len(kernels.launches) == 1
