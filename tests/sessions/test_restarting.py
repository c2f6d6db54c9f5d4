"""Restarts: another process under the same id."""

import asyncio

import pytest

from jupyter_sessions_server.errors import KernelStartFailed
from jupyter_sessions_server.model import ExitCause, KernelState
from tests.fakes import FakeKernels
from tests.sessions.supervised import Supervised
from tests.waiting import until


@pytest.fixture
async def running(tasks, kernels, clock):
    """A kernel that is ready."""
    it = Supervised(tasks, kernels, clock)
    await it.start()
    return it


async def restart(it, *, only_if_dead=False):
    await it.supervisor.restart(only_if_dead=only_if_dead)
    await it.supervisor.settled()


async def test_a_restart_keeps_the_id_and_counts(running, kernels, clock):
    """The same kernel to all who know it, with a new process."""
    clock.ms += 1_000

    await restart(running)

    assert (running.kernel.kernel_id, running.kernel.restarts) == ("k1", 1)
    assert (running.kernel.state, running.kernel.exit) == (KernelState.IDLE, None)
    assert running.kernel.start_ms == clock.ms
    assert len(kernels.launches) == 2


async def test_a_restart_is_saved(running):
    """A server that starts later knows how often and when."""
    await restart(running)

    saved = running.saved[-1]

    assert (saved.restarts, saved.exit) == (1, None)
    assert saved.start_ms == running.kernel.start_ms


async def test_a_kernel_is_restarting_while_its_process_is_replaced(running, kernels, tasks):
    """It is neither dead nor ready, and code waits for it."""
    kernels.may_start.clear()
    restarting = tasks.create_task(restart(running))
    await kernels.held_up(1)
    meanwhile = running.kernel

    kernels.may_start.set()
    await restarting

    assert (meanwhile.state, meanwhile.exit) == (KernelState.RESTARTING, None)
    assert meanwhile.alive


async def test_a_dead_kernel_is_started_again(running, kernels):
    """After a crash one goes on with the same session."""
    kernels.die("k1")
    await until(lambda: not running.kernel.alive)

    await restart(running)

    assert running.kernel.state is KernelState.IDLE
    assert running.kernel.restarts == 1


async def test_a_kernel_that_died_before_it_was_ready_can_be_restarted(running, kernels):
    """A second attempt is a fresh one."""
    kernels.answers = False
    await running.supervisor.restart(only_if_dead=False)
    kernels.die("k1")
    await running.supervisor.settled()

    kernels.answers = True
    await restart(running)

    assert running.kernel.state is KernelState.IDLE


async def test_with_only_if_dead_a_kernel_that_runs_is_left_alone(running, kernels):
    """Several callers who find it dead start it once."""
    kernels.die("k1")
    await until(lambda: not running.kernel.alive)

    await asyncio.gather(*(restart(running, only_if_dead=True) for _ in range(3)))

    assert running.kernel.restarts == 1
    assert len(kernels.launches) == 2


async def test_restarts_side_by_side_come_one_after_the_other(running, kernels):
    """Never are there two processes for one kernel."""
    await asyncio.gather(*(restart(running) for _ in range(3)))

    assert running.kernel.restarts == 3
    assert list(kernels.alive) == ["k1"]


async def test_a_restart_that_cannot_start_leaves_the_kernel_dead(running, kernels):
    """The old process is gone, and the error says why there is no new one."""
    kernels.unstartable = {"python3"}

    with pytest.raises(KernelStartFailed):
        await restart(running)

    assert (running.kernel.state, running.kernel.restarts) == (KernelState.DEAD, 0)
    assert running.kernel.exit.cause is ExitCause.SHUT_DOWN
    assert (running.saved[-1].exit, running.saved[-1].restarts) == (running.kernel.exit, 0)


async def test_after_a_failed_restart_another_may_succeed(running, kernels):
    """Once the program is installed again, the kernel comes back."""
    kernels.unstartable = {"python3"}
    with pytest.raises(KernelStartFailed):
        await restart(running)

    kernels.unstartable = set()
    await restart(running)

    assert (running.kernel.state, running.kernel.restarts) == (KernelState.IDLE, 1)


async def test_a_process_killed_while_a_restart_ends_it_is_restarted(running, kernels, tasks):
    """It was to end anyway."""
    kernels.may_stop.clear()
    restarting = tasks.create_task(restart(running))
    await until(lambda: kernels.stopping)

    kernels.die("k1")
    kernels.may_stop.set()
    await restarting

    assert running.kernel.state is KernelState.IDLE


async def test_a_new_process_that_dies_at_once_is_dead(running, kernels):
    """Its end is not taken for the old one's."""
    kernels.answers = False
    await running.supervisor.restart(only_if_dead=False)

    kernels.die("k1", signal=4)
    await running.supervisor.settled()

    assert running.kernel.exit.signal == 4
    assert running.kernel.restarts == 1


class HastyKernels(FakeKernels):
    """Processes end before the host has told that they run, from the second on."""

    async def start(self, launch):
        started = await super().start(launch)
        if len(self.launches) > 1:
            self.die(launch.kernel_id, signal=6)
            await until(lambda: self.seen() == self.next_seq(launch.kernel_id))
        return started


async def test_a_new_process_that_dies_before_its_start_is_told_is_dead(tasks, clock):
    """A host on another machine may tell of the end first; nobody waits for what is gone."""
    kernels = HastyKernels(clock)
    it = Supervised(tasks, kernels, clock)
    kernels.seen = lambda: it.supervisor.next_seq
    await it.start()

    await restart(it)

    assert (it.kernel.state, it.kernel.exit.signal) == (KernelState.DEAD, 6)
    assert it.saved[-1].exit == it.kernel.exit


async def test_a_shutdown_during_a_restart_ends_the_new_process(running, kernels, tasks):
    """The later order counts, and the earlier one is carried out first."""
    kernels.may_start.clear()
    restarting = tasks.create_task(running.supervisor.restart(only_if_dead=False))
    await kernels.held_up(1)
    ending = tasks.create_task(running.supervisor.shut_down(ExitCause.SHUT_DOWN))

    kernels.may_start.set()
    await asyncio.gather(restarting, ending)

    assert running.kernel.state is KernelState.DEAD
    assert not kernels.alive


async def test_variables_set_meanwhile_are_those_of_the_new_process(running, kernels):
    """A renamed notebook's kernel learns its name when it is restarted."""
    running.supervisor.set_env({"JPY_SESSION_NAME": "b.ipynb"})

    await restart(running)

    assert kernels.launches[0].env == {"A": "1"}
    assert kernels.launches[1].env == {"JPY_SESSION_NAME": "b.ipynb"}


async def test_a_kernel_that_is_kept_already_is_not_saved_again(running):
    """A write to the disk that changes nothing is left out."""
    await running.supervisor.keep()
    await running.supervisor.keep()

    assert [record.kept for record in running.saved] == [True]


async def test_an_end_of_an_earlier_process_is_not_the_present_ones(running, tasks, kernels, clock):
    """A server that adopts a kernel reads its whole journal, in which it has ended before."""
    await restart(running)
    later = Supervised(tasks, kernels, clock, record=running.saved[-1])

    later.supervisor.adopt(kernels.next_seq("k1"))
    await later.supervisor.settled()
    await later.read_all()

    assert later.kernel.state is KernelState.IDLE
    assert not later.saved


async def test_an_adopted_kernel_that_is_busy_is_busy(running, tasks, kernels, clock):
    """It goes on with what it was doing while no server watched, and does not answer."""
    running.tell("busy")
    kernels.answers = False
    later = Supervised(tasks, kernels, clock)

    later.supervisor.adopt(kernels.next_seq("k1"))
    await later.supervisor.settled()
    await later.read_all()

    assert later.kernel.state is KernelState.BUSY


async def test_an_adopted_kernel_that_never_was_idle_is_busy(tasks, kernels, clock):
    """Code came first, and the server was killed: the next one does not call it never ready."""
    kernels.answers = False
    it = Supervised(tasks, kernels, clock)
    await it.supervisor.start()
    it.tell("busy")
    later = Supervised(tasks, kernels, clock)

    later.supervisor.adopt(kernels.next_seq("k1"))
    await later.supervisor.settled()

    assert later.kernel.state is KernelState.BUSY


async def test_what_a_process_before_said_does_not_make_the_present_one_ready(
    running, tasks, kernels, clock
):
    """A server that adopts a kernel reads of both, in one journal."""
    kernels.answers = False
    await running.supervisor.restart(only_if_dead=False)
    later = Supervised(tasks, kernels, clock)
    later.supervisor.adopt(kernels.next_seq("k1"))
    await later.read_all()
    before = later.kernel.state

    kernels.answer_now()
    await later.supervisor.settled()

    assert before is KernelState.STARTING
    assert later.kernel.state is KernelState.IDLE
