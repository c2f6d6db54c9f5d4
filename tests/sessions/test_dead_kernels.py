"""Sessions whose kernel is gone: they stay, and nobody is told otherwise by looking."""

import pytest

from jupyter_sessions_server.errors import SessionNotFound
from jupyter_sessions_server.model import ExitCause, KernelState
from tests.waiting import until


@pytest.fixture
async def bereft(sessions, kernels):
    """The session of a.ipynb, whose kernel was killed; that of b.ipynb lives."""
    session, _ = await sessions.create_session("a.ipynb", name="N")
    await sessions.create_session("b.ipynb", name="N")
    kernels.die(session.kernel_id, signal=11, stderr_tail="Segmentation fault\n")
    await until(lambda: sessions.kernel_culled(session.kernel_id))
    return session


async def test_a_session_outlives_its_kernel(sessions, bereft):
    """The document is still open; its kernel can be restarted or switched."""
    found = await sessions.get_session(path="a.ipynb")

    assert found == bereft
    assert await sessions.session_exists("a.ipynb")
    assert len((await sessions.list_sessions()).sessions) == 2


async def test_it_is_told_what_the_kernel_died_of(sessions, bereft):
    """A crash is told from a shutdown, with the last words."""
    kernel = sessions.kernel_of(bereft)

    assert kernel.state is KernelState.DEAD
    assert (kernel.exit.cause, kernel.exit.signal) == (ExitCause.SIGNALED, 11)
    assert kernel.exit.stderr_tail == "Segmentation fault\n"


async def test_live_only_leaves_it_out_of_lists(sessions, bereft):
    """As jupyter_server lists: only sessions that can run code, and all of those."""
    listed = (await sessions.list_sessions(live_only=True)).sessions

    assert [session.path for session in listed] == ["b.ipynb"]


async def test_live_only_does_not_find_it(sessions, bereft):
    """As in jupyter_server, to get it is an error that names what was asked for."""
    with pytest.raises(SessionNotFound) as raised:
        await sessions.get_session(session_id=bereft.session_id, live_only=True)

    assert raised.value.facts == {"session_id": bereft.session_id}


async def test_live_only_finds_the_oldest_that_lives(sessions, bereft):
    """A session that does not exist hides none that does."""
    found = await sessions.get_session(name="N", live_only=True)

    assert found.path == "b.ipynb"


async def test_live_only_says_that_the_path_has_none(sessions, bereft):
    """As in jupyter_server, asking is no error."""
    assert not await sessions.session_exists("a.ipynb", live_only=True)
    assert await sessions.session_exists("b.ipynb", live_only=True)


async def test_reads_never_write(sessions, bereft):
    """Looking at a session ends none: its row and the revision stay as they are."""
    before = await sessions.list_sessions()

    await sessions.list_sessions(live_only=True)
    await sessions.session_exists("a.ipynb", live_only=True)
    with pytest.raises(SessionNotFound):
        await sessions.get_session(path="a.ipynb", live_only=True)

    assert await sessions.list_sessions() == before
    assert before.sessions[0] == bereft


async def test_creating_its_path_again_returns_it_as_it_is(sessions, bereft, kernels):
    """Opening the document again shows that its kernel is dead, and starts none in silence."""
    again = await sessions.create_session("a.ipynb")

    assert again == (bereft, False)
    assert len(kernels.launches) == 2


async def test_its_kernel_can_be_restarted(sessions, bereft, kernel_manager):
    """The session goes on under the same ids."""
    await kernel_manager.restart_kernel(bereft.owner, bereft.kernel_id)
    await kernel_manager.settled(bereft.owner, bereft.kernel_id)

    assert sessions.kernel_of(bereft).state is KernelState.IDLE
    assert await sessions.get_session(path="a.ipynb", live_only=True) == bereft


async def test_its_kernel_can_be_switched(sessions, bereft, kernel_manager):
    """The dead kernel is then forgotten."""
    new = await sessions.update_session(bereft.session_id, kernel_name="python3")

    assert sessions.kernel_of(new).alive
    shown = [kernel.kernel_id for kernel in kernel_manager.list_kernels(bereft.owner)]
    assert bereft.kernel_id not in shown


async def test_a_kernel_that_was_shut_down_is_gone_too(sessions, bereft, kernel_manager):
    """Whoever ended it, the session tells it."""
    other = await sessions.get_session(path="b.ipynb")

    await kernel_manager.shutdown_kernel(other.owner, other.kernel_id)

    assert sessions.kernel_of(other).exit.cause is ExitCause.SHUT_DOWN
    assert not (await sessions.list_sessions(live_only=True)).sessions
