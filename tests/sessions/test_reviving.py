"""The restart policy: a kernel that died by itself is started again, within a limit."""

import pytest

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.errors import StorageFull
from jupyter_sessions_server.model import ExitCause, KernelExit, KernelState
from jupyter_sessions_server.sessions.restart_policy import RestartPolicy
from tests.sessions.loop_turns import turns
from tests.sessions.supervised import Supervised
from tests.waiting import until

TWICE = KernelConfig(policy=KernelPolicy(restart_limit=2))


def ended(cause, exit_code=None):
    return KernelExit(cause, 0, exit_code=exit_code)


@pytest.fixture
async def running(tasks, kernels, clock):
    """A kernel that is ready, and is restarted twice a minute."""
    it = Supervised(tasks, kernels, clock, config=TWICE)
    await it.start()
    return it


async def dead(it):
    """Wait until the kernel is dead; its exit."""
    await until(lambda: not it.kernel.alive)
    return it.kernel.exit


async def revived(it, restarts):
    """Wait until it has been restarted this many times, and is ready."""
    await until(lambda: (it.kernel.restarts, it.kernel.state) == (restarts, KernelState.IDLE))


@pytest.mark.parametrize(
    ("end", "restarted"),
    [
        (ended(ExitCause.EXITED, 1), True),
        (ended(ExitCause.SIGNALED), True),
        (ended(ExitCause.OUT_OF_MEMORY), True),
        (ended(ExitCause.EXITED, 0), False),
        (ended(ExitCause.SHUT_DOWN, 0), False),
        (ended(ExitCause.SHUT_DOWN, 1), False),
        (ended(ExitCause.CULLED), False),
        (ended(ExitCause.NEVER_READY), False),
        (ended(ExitCause.LOST), False),
    ],
)
def test_what_died_by_itself_is_restarted(clock, end, restarted):
    """What was meant to end is not."""
    assert RestartPolicy(1, clock).take(end) is restarted


def test_the_limit_is_per_minute(clock):
    """A kernel that dies once a day is always restarted; one that cannot live is given up."""
    policy, end = RestartPolicy(2, clock), ended(ExitCause.SIGNALED)

    at_once = [policy.take(end) for _ in range(3)]
    clock.go_on(59)
    still = policy.take(end)
    clock.go_on(1)
    later = [policy.take(end) for _ in range(3)]

    assert (at_once, still, later) == ([True, True, False], False, [True, True, False])


def test_a_jump_of_the_date_restarts_nothing(clock):
    """A clock that is set again and again would lift the limit."""
    policy = RestartPolicy(1, clock)
    policy.take(ended(ExitCause.SIGNALED))
    clock.ms += 3_600_000

    assert not policy.take(ended(ExitCause.SIGNALED))


async def test_a_kernel_that_dies_is_restarted(running, kernels):
    """Who comes back from lunch finds a kernel, and a count that tells what happened."""
    kernels.die("k1")

    await revived(running, 1)

    assert (len(kernels.launches), running.saved[-1].restarts) == (2, 1)


async def test_it_is_never_dead_in_between(running, kernels):
    """Nobody is told to restart what is being restarted."""
    kernels.die("k1")
    await revived(running, 1)

    states = [kernel.state.value for kernel in running.shown]

    assert "dead" not in states
    assert "restarting" in states


async def test_over_the_limit_it_stays_dead_with_its_cause(running, kernels):
    """A kernel that cannot live is not started for ever."""
    for restarts in (1, 2):
        kernels.die("k1", signal=6)
        await revived(running, restarts)
    kernels.die("k1", signal=11)

    end = await dead(running)

    assert (end.cause, end.signal) == (ExitCause.SIGNALED, 11)
    assert len(kernels.launches) == 3


async def test_a_kernel_that_is_shut_down_stays_dead(running, kernels):
    """It was meant to end."""
    await running.supervisor.shut_down(ExitCause.SHUT_DOWN)

    assert (await dead(running)).cause is ExitCause.SHUT_DOWN
    assert len(kernels.launches) == 1


async def test_a_kernel_that_dies_while_it_is_shut_down_stays_dead(running, kernels, tasks):
    """Whoever ended it must not find it alive."""
    kernels.may_stop.clear()
    ending = tasks.create_task(running.supervisor.shut_down(ExitCause.SHUT_DOWN))
    await until(lambda: kernels.stopping)

    kernels.die("k1")
    kernels.may_stop.set()
    await ending

    assert (await dead(running)).cause is ExitCause.SIGNALED
    assert len(kernels.launches) == 1


class ShutDownAtOnce(Supervised):
    """A kernel that is shut down when its end is about to be stored."""

    async def _save(self, record):
        await super()._save(record)
        if record.exit is not None:
            await self.supervisor.shut_down(ExitCause.SHUT_DOWN)


async def test_a_shutdown_comes_before_a_restart_that_has_not_begun(tasks, kernels, clock):
    """The kernel died a moment before it was shut down: there is nothing to bring back."""
    it = ShutDownAtOnce(tasks, kernels, clock, config=TWICE)
    await it.start()

    kernels.die("k1")

    assert (await dead(it)).cause is ExitCause.SIGNALED
    await turns(5)
    assert (it.kernel.state, len(kernels.launches)) == (KernelState.DEAD, 1)


async def test_a_restart_that_fails_leaves_it_dead_with_its_cause(running, kernels, caplog):
    """The program is gone meanwhile; what the kernel died of is still told."""
    kernels.unstartable = {"python3"}
    kernels.die("k1", signal=11)

    end = await dead(running)

    assert (end.cause, end.signal) == (ExitCause.SIGNALED, 11)
    assert "kernel start failed python3: no such program" in caplog.text


async def test_a_full_disk_does_not_keep_it_dead(running, kernels, caplog):
    """It runs, and that is told; what is stored of it is old."""
    running.save_error = StorageFull()
    kernels.die("k1")

    await revived(running, 1)

    await until(lambda: "kernel not revived k1: the disk" in caplog.text)
    assert (running.kernel.state, list(kernels.alive)) == (KernelState.IDLE, ["k1"])


async def test_by_default_a_kernel_stays_dead(tasks, kernels, clock):
    """Whoever wants it back says so."""
    it = Supervised(tasks, kernels, clock)
    await it.start()
    kernels.die("k1")

    assert (await dead(it)).cause is ExitCause.SIGNALED
