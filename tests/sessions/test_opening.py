"""A server that starts: what becomes of the kernels of the one before."""

import asyncio

import pytest

from jupyter_sessions_server.errors import KernelNotFound
from jupyter_sessions_server.model import ExitCause, KernelState
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.store.sqlite import SqliteStore
from jupyter_sessions_server.work import tasks_of_block
from tests.fakes import FakeContents, FakeKernels
from tests.sessions.parts import kernel_manager_over, open_sessions
from tests.waiting import until

DEFAULT = "default"


@pytest.fixture
async def before(store, kernels, clock):
    """A server that ran, with sessions and a kernel of no session, and left its kernels alone."""
    async with open_sessions(store, kernels, clock) as sessions:
        for number in (1, 2):
            await sessions.create_session(f"{number}.ipynb", kernel_id=f"k{number}")
        await sessions.kernel_manager.start_kernel(DEFAULT, kernel_id="kept", kept=True)
        await until(lambda: all_idle(sessions.kernel_manager))


@pytest.fixture
def reopened(store, kernels, clock):
    """Starts a server over what is there now."""
    return lambda: open_sessions(store, kernels, clock)


def all_idle(manager):
    kernels = manager.list_kernels(DEFAULT)
    return all(kernel.state is KernelState.IDLE for kernel in kernels)


async def test_kernels_that_run_are_adopted(before, reopened, kernels):
    """An upgrade of the server costs nobody a variable."""
    async with reopened() as sessions:
        await until(lambda: all_idle(sessions.kernel_manager))

        shown = sessions.kernel_manager.list_kernels(DEFAULT)

    assert [kernel.kernel_id for kernel in shown] == ["k1", "k2", "kept"]
    assert len(kernels.launches) == 3


async def test_adopted_kernels_go_on_as_before(before, reopened, kernels):
    """They are followed, restarted and ended like those that this server started."""
    async with reopened() as sessions:
        await sessions.kernel_manager.restart_kernel(DEFAULT, "k1")
        await sessions.delete_session((await sessions.get_session(path="2.ipynb")).session_id)
        kernels.die("kept")
        await until(lambda: "kept" not in sessions.kernel_manager)

    assert list(kernels.alive) == ["k1"]


async def test_a_kernel_that_was_restarted_is_adopted_too(before, reopened, kernels):
    """That it ended once does not mean that it is dead."""
    async with reopened() as sessions:
        await sessions.kernel_manager.restart_kernel(DEFAULT, "k1")
    async with reopened() as sessions:
        await until(lambda: all_idle(sessions.kernel_manager))

        kernel = sessions.kernel_manager.get_kernel(DEFAULT, "k1")

    assert (kernel.state, kernel.restarts) == (KernelState.IDLE, 1)


async def test_the_end_of_a_kernel_meanwhile_is_told_by_its_journal(before, reopened, kernels):
    """The server need not have been there: its host was."""
    kernels.die("k1", signal=11, stderr_tail="Segmentation fault")

    async with reopened() as sessions:
        end = sessions.kernel_manager.get_kernel(DEFAULT, "k1").exit

    assert (end.cause, end.signal) == (ExitCause.SIGNALED, 11)
    assert end.stderr_tail == "Segmentation fault"


async def test_a_kernel_that_is_gone_without_a_word_is_lost(before, reopened, kernels, clock):
    """Nobody saw how; the session stays and says so."""
    kernels.vanish("k1")
    clock.ms += 5_000

    async with reopened() as sessions:
        kernel = sessions.kernel_manager.get_kernel(DEFAULT, "k1")
        session = await sessions.get_session(path="1.ipynb")

    assert (kernel.state, kernel.exit.cause) == (KernelState.DEAD, ExitCause.LOST)
    assert kernel.exit.exit_ms == clock.ms
    assert session.kernel_id == "k1"


async def test_that_it_is_lost_is_told_the_same_ever_after(before, reopened, kernels, clock):
    """It is stored when it is seen first."""
    kernels.vanish("k1")
    async with reopened() as sessions:
        first = sessions.kernel_manager.get_kernel(DEFAULT, "k1").exit
    clock.ms += 5_000

    async with reopened() as sessions:
        second = sessions.kernel_manager.get_kernel(DEFAULT, "k1").exit

    assert first == second


async def test_a_kernel_that_had_died_keeps_its_cause(store, kernels, clock, reopened):
    """A restart of the server does not blot out what happened."""
    async with reopened() as sessions:
        await sessions.create_session("a.ipynb", kernel_id="k1")
        kernels.die("k1", signal=11, stderr_tail="oh")
        await until(lambda: "k1" not in sessions.kernel_manager)
        await sessions.kernel_manager.close()

    async with reopened() as sessions:
        end = sessions.kernel_manager.get_kernel(DEFAULT, "k1").exit

    assert (end.cause, end.signal, end.stderr_tail) == (ExitCause.SIGNALED, 11, "oh")


async def test_a_lost_kernel_can_be_restarted(before, reopened, kernels):
    """With the environment and directory it had."""
    await kernels.stop("k1", ExitCause.EXITED, grace_seconds=0)

    async with reopened() as sessions:
        await sessions.kernel_manager.restart_kernel(DEFAULT, "k1")
        kernel = await sessions.kernel_manager.settled(DEFAULT, "k1")

    assert (kernel.state, kernel.restarts) == (KernelState.IDLE, 1)
    assert kernels.launches[-1] == kernels.launches[0]


async def test_a_rename_before_the_server_ended_is_known_after_it(before, reopened, kernels):
    """The kernel's next process knows the session's present name, whoever starts it."""
    async with reopened() as sessions:
        session = await sessions.get_session(path="1.ipynb")
        await sessions.update_session(session.session_id, path="new.ipynb")

    async with reopened() as sessions:
        await sessions.kernel_manager.restart_kernel(DEFAULT, "k1")

    assert kernels.launches[-1].env == {"JPY_SESSION_NAME": "new.ipynb"}


async def test_an_unused_kernel_that_runs_is_ended(store, kernels, clock, reopened):
    """A server that was killed between a kernel's start and its session leaves nothing over."""
    async with reopened() as sessions:
        await sessions.kernel_manager.start_kernel(DEFAULT, kernel_id="k1")

    async with reopened() as sessions:
        with pytest.raises(KernelNotFound):
            sessions.kernel_manager.get_kernel(DEFAULT, "k1")

    assert not kernels.alive
    assert not await store.list_kernels()


async def test_a_kernel_that_nobody_knows_is_ended(before, reopened, kernels, clock):
    """The server was killed before it could write it down."""
    async with tasks_of_block() as tasks, SqliteStore() as elsewhere:
        other = kernel_manager_over(tasks, elsewhere, kernels, clock)
        await other.start_kernel(DEFAULT, kernel_id="unknown", kept=True)

    async with reopened() as sessions:
        shown = sessions.kernel_manager.list_kernels(DEFAULT)

    assert "unknown" not in [kernel.kernel_id for kernel in shown]
    assert list(kernels.alive) == ["k1", "k2", "kept"]


async def test_an_unused_kernel_that_is_dead_is_forgotten(before, reopened, kernels, store):
    """Kept or not: there is nothing left of it to use."""
    await kernels.stop("kept", ExitCause.EXITED, grace_seconds=0)

    async with reopened() as sessions:
        shown = sessions.kernel_manager.list_kernels(DEFAULT)

    assert [kernel.kernel_id for kernel in shown] == ["k1", "k2"]
    assert [record.kernel_id for record in await store.list_kernels()] == ["k1", "k2"]


async def test_a_session_deleted_with_a_lost_kernel_forgets_it(before, reopened, kernels, store):
    """Also where the host has never heard of that kernel."""
    await kernels.stop("k1", ExitCause.EXITED, grace_seconds=0)
    await kernels.forget("k1")

    async with reopened() as sessions:
        session = await sessions.get_session(path="1.ipynb")
        await sessions.delete_session(session.session_id)

    assert "k1" not in [record.kernel_id for record in await store.list_kernels()]


async def test_sessions_are_as_they_were(before, reopened, store):
    """A restart of the server is no change of any session."""
    sessions_before = await store.list_sessions(DEFAULT)
    revision = await store.revision()

    async with reopened() as sessions:
        page = await sessions.list_sessions()

    assert (page.sessions, page.revision) == (sessions_before, revision)


async def test_a_second_session_manager_on_the_same_file_finds_the_sessions(clock, tmp_path, tasks):
    """Two of them over one database and one kernel manager see the same."""
    file = tmp_path / "sessions.sqlite"
    async with SqliteStore(file) as one_store, SqliteStore(file) as other_store:
        one, other = (
            SessionManager(
                tasks=tasks,
                store=store,
                kernel_manager=kernel_manager_over(tasks, store, FakeKernels(clock), clock),
                contents_manager=FakeContents(),
                clock=clock,
            )
            for store in (one_store, other_store)
        )

        session, _ = await one.create_session("a.ipynb")

        assert await other.get_session(session_id=session.session_id) == session


async def test_a_server_stops_while_a_kernel_restarts(domain, kernels):
    """It does not wait for a process that may take a minute to start."""
    manager = domain.sessions.kernel_manager
    kernel_id, _ = await manager.start_kernel(DEFAULT, kept=True)
    kernels.may_start.clear()
    restarting = asyncio.create_task(manager.restart_kernel(DEFAULT, kernel_id))
    await kernels.held_up(1)
    restarting.cancel()

    async with asyncio.timeout(5):
        await manager.close()

    assert manager.get_kernel(DEFAULT, kernel_id).state is KernelState.RESTARTING
