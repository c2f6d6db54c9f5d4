"""Callers who leave, at every moment: nothing is left half done, and nothing is left over."""

import asyncio

import pytest

from jupyter_sessions_server.model import KernelDisposition
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.sessions.loop_turns import all_done, turns
from tests.sessions.parts import open_sessions
from tests.sessions.slow_parts import MemoryStore, SlowKernels

EVERY_MOMENT = pytest.mark.parametrize("moment", range(40))


@pytest.fixture
async def kernels(clock):
    return SlowKernels(clock)


@pytest.fixture
async def store():
    return MemoryStore()


@pytest.fixture
async def sessions(store, kernels, clock):
    async with open_sessions(store, kernels, clock) as opened:
        yield opened


async def leave(call, moment):
    """Begin a call and leave it after some turns; whether it had been answered."""
    caller = asyncio.create_task(call)
    await turns(moment)
    caller.cancel()
    [outcome] = await asyncio.gather(caller, return_exceptions=True)
    return not isinstance(outcome, asyncio.CancelledError)


async def assert_consistent(sessions, store, kernels):
    stored = (await sessions.list_sessions()).sessions
    used = {session.kernel_id for session in stored}
    kept = {record.kernel_id for record in await store.list_kernels() if record.kept}
    assert not list(sessions.pending)
    assert set(kernels.alive) - kept <= used, "a kernel runs that no session has"
    assert used <= set(kernels.alive), "a session's kernel does not run"
    assert used <= {record.kernel_id for record in await store.list_kernels()}


@EVERY_MOMENT
async def test_a_create_leaves_all_or_nothing(sessions, store, kernels, moment):
    """Who closes the window while a kernel starts pays for no kernel that he will never see."""
    answered = await leave(sessions.create_session("a.ipynb"), moment)

    await all_done()
    await assert_consistent(sessions, store, kernels)
    assert not answered or await sessions.session_exists("a.ipynb")
    assert len(kernels.alive) == len(store.kernels) == len(store.sessions)


@EVERY_MOMENT
async def test_one_of_two_who_leaves_takes_nothing_from_the_other(sessions, store, kernels, moment):
    """Two windows open a document; one is closed at once. The other gets its session."""
    other = asyncio.create_task(sessions.create_session("a.ipynb"))

    await leave(sessions.create_session("a.ipynb"), moment)

    session, _ = await other
    assert session.kernel_id in kernels.alive
    assert await sessions.get_session(path="a.ipynb") == session
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_the_first_of_two_who_leaves_takes_nothing_from_the_other(
    sessions, store, kernels, moment
):
    """Also when it is the one who began."""
    first = leave(sessions.create_session("a.ipynb"), moment)

    _, (session, _) = await asyncio.gather(first, sessions.create_session("a.ipynb"))

    assert session.kernel_id in kernels.alive
    assert await sessions.get_session(path="a.ipynb") == session
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_all_who_wait_may_leave_together(sessions, store, kernels, moment):
    """When the last one has gone nothing is left, as if there had been one."""
    await asyncio.gather(*(leave(sessions.create_session("a.ipynb"), moment) for _ in range(3)))

    await all_done()
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_after_a_cancelled_create_the_path_is_free(sessions, store, kernels, moment):
    """The next one who opens the document gets a session, whatever is being cleaned up."""
    await leave(sessions.create_session("a.ipynb", kernel_name="ir"), moment)

    session, _ = await sessions.create_session("a.ipynb", kernel_name="ir")

    await all_done()
    assert session.kernel_id in kernels.alive
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_a_create_that_was_to_share_a_kernel_leaves_it_running(
    sessions, store, kernels, moment
):
    """A console that is closed while it opens does not end the notebook's kernel."""
    notebook, _ = await sessions.create_session("a.ipynb")

    await leave(sessions.create_session("console", kernel_id=notebook.kernel_id), moment)

    await all_done()
    assert list(kernels.alive) == [notebook.kernel_id]
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_two_paths_on_one_new_kernel_of_which_one_leaves(sessions, store, kernels, moment):
    """The kernel that both were to share belongs to the one that stays."""
    staying = asyncio.create_task(sessions.create_session("a.ipynb", kernel_id="k1"))

    await leave(sessions.create_session("b.ipynb", kernel_id="k1"), moment)

    session, _ = await staying
    await all_done()
    assert session.kernel_id in kernels.alive
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_a_deletion_that_has_begun_is_finished(sessions, store, kernels, moment):
    """Who ends a session and closes the window has ended it; a kernel is never half dead."""
    session, _ = await sessions.create_session("a.ipynb")

    await leave(sessions.delete_session(session.session_id), moment)

    await all_done()
    assert (len(store.sessions), len(kernels.alive), len(store.kernels)) in ((0, 0, 0), (1, 1, 1))
    assert moment == 0 or not store.sessions
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
@pytest.mark.parametrize("previous", KernelDisposition)
async def test_an_update_is_made_whole(sessions, store, kernels, moment, previous):
    """A new path and a new kernel come together or not at all, whoever leaves."""
    old, _ = await sessions.create_session("a.ipynb")
    update = sessions.update_session(
        old.session_id, path="b.ipynb", kernel_name="ir", previous_kernel=previous
    )

    await leave(update, moment)

    await all_done()
    new = await sessions.get_session(session_id=old.session_id)
    assert (new.path == "b.ipynb") is (new.kernel_id != old.kernel_id)
    await assert_consistent(sessions, store, kernels)


@EVERY_MOMENT
async def test_a_rename_and_its_kernels_environment_come_together(sessions, store, kernels, moment):
    """A restarted kernel is told the path its document has, also if the window was closed."""
    old, _ = await sessions.create_session("a.ipynb")

    answered = await leave(sessions.update_session(old.session_id, path="b.ipynb"), moment)

    new = await sessions.get_session(session_id=old.session_id)
    known = sessions.kernel_manager.env_with(new.kernel_id, {})
    assert known["JPY_SESSION_NAME"] == new.path
    assert store.kernels[new.kernel_id].env == known
    assert not answered or new.path == "b.ipynb"


@EVERY_MOMENT
async def test_a_kernel_start_leaves_all_or_nothing(sessions, store, kernels, moment):
    """A kernel without a session is kept if its start was finished; else there is none."""
    await leave(sessions.kernel_manager.start_kernel("me", kept=True), moment)

    await all_done()
    shown = sessions.kernel_manager.list_kernels("me")
    assert len(shown) == len(kernels.alive) == len(store.kernels)
    assert all(record.kept for record in store.kernels.values())


@EVERY_MOMENT
async def test_a_create_over_a_database_leaves_all_or_nothing(kernels, clock, moment):
    """The same over the real store, whose writes take a thread's time."""
    async with SqliteStore() as database, open_sessions(database, kernels, clock) as sessions:
        answered = await leave(sessions.create_session("a.ipynb"), moment)

        await all_done()
        await assert_consistent(sessions, database, kernels)
        assert not answered or await sessions.session_exists("a.ipynb")
