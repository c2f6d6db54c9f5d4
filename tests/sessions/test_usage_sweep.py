"""What kernels take of the machine is shown, and a memory limit is held."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.model import ExitCause, KernelState, KernelUsage, Owner
from jupyter_sessions_server.sessions.usage import UsageSweep
from tests.waiting import until

ME = Owner("me")
KERNELS = KernelConfig(policies={"ir": KernelPolicy(memory_limit_bytes=1_000_000)})


@pytest.fixture
def config(config):
    """Kernels of "ir" may have a megabyte."""
    return replace(config, kernels=KERNELS)


@pytest.fixture
def sweep(kernel_manager, kernels):
    """Measures when it is told to."""
    return UsageSweep(kernel_manager=kernel_manager, host=kernels, config=KERNELS)


@pytest.fixture
async def k1(kernel_manager):
    """A kernel without a limit."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, "k1")


@pytest.fixture
async def limited(kernel_manager):
    """A kernel with one."""
    await kernel_manager.start_kernel(ME, kernel_id="limited", kernel_name="ir", kept=True)
    await kernel_manager.settled(ME, "limited")


async def test_what_a_kernel_takes_is_shown(k1, kernel_manager, kernels, sweep, clock):
    """One sees which notebook fills the machine."""
    kernels.memory["k1"] = 5_000_000
    before = kernel_manager.kernel("k1").usage

    await sweep.sweep()

    assert before is None
    assert kernel_manager.kernel("k1").usage == KernelUsage(5_000_000, 2.5, clock.ms)


async def test_a_dead_kernel_takes_nothing(k1, kernel_manager, kernels, sweep):
    """Old figures would be taken for new ones."""
    await sweep.sweep()
    kernels.die("k1")
    await until(lambda: not kernel_manager.kernel("k1").alive)

    await sweep.sweep()

    assert kernel_manager.kernel("k1").usage is None


async def test_a_new_process_is_not_shown_with_the_old_ones_figures(k1, kernel_manager, sweep):
    """Its memory is what the restart was for."""
    await sweep.sweep()

    await kernel_manager.restart_kernel(ME, "k1")

    assert kernel_manager.kernel("k1").usage is None


async def test_without_kernels_nobody_is_asked(kernel_manager, kernels, sweep):
    """An idle server stays idle."""
    await sweep.sweep()

    assert kernels.measured == 0


async def test_a_kernel_over_its_limit_is_ended(limited, kernel_manager, kernels, sweep, caplog):
    """Before it takes the machine down with all others; the log names it."""
    kernels.memory["limited"] = 1_000_001

    await sweep.sweep()

    kernel = kernel_manager.kernel("limited")
    assert (kernel.state, kernel.exit.cause) == (KernelState.DEAD, ExitCause.OUT_OF_MEMORY)
    assert caplog.messages == ["kernel over its memory limit limited 1000001 of 1000000 bytes"]


async def test_a_kernel_at_its_limit_lives_on(limited, kernels, sweep):
    """It may have all that it was given."""
    kernels.memory["limited"] = 1_000_000

    await sweep.sweep()

    assert kernels.alive


async def test_kernels_without_a_limit_take_what_they_want(k1, kernels, sweep):
    """None is the default."""
    kernels.memory["k1"] = 10**12

    await sweep.sweep()

    assert kernels.alive


class RestartedMeanwhile:
    """A host whose answer comes when the kernel has another process already."""

    def __init__(self, kernels, kernel_manager):
        self._kernels = kernels
        self._kernel_manager = kernel_manager

    async def usage(self):
        measured = await self._kernels.usage()
        await self._kernel_manager.restart_kernel(ME, "limited")
        return measured


async def test_a_process_does_not_end_for_what_the_one_before_it_took(
    limited, kernel_manager, kernels
):
    """The user has just restarted it, for that very reason."""
    kernels.memory["limited"] = 1_000_001
    host = RestartedMeanwhile(kernels, kernel_manager)

    await UsageSweep(kernel_manager=kernel_manager, host=host, config=KERNELS).sweep()

    assert list(kernels.alive) == ["limited"]
    assert kernel_manager.kernel("limited").usage is None


async def test_a_process_that_has_been_replaced_cannot_be_killed(limited, kernel_manager, kernels):
    """A name is not enough to kill by: the kernel has it still."""
    (supervisor,) = kernel_manager.supervisors()
    measured = supervisor.process
    await kernel_manager.restart_kernel(ME, "limited")

    await supervisor.kill(measured, ExitCause.OUT_OF_MEMORY)

    assert list(kernels.alive) == ["limited"]


async def test_a_failed_measurement_is_no_end_of_measuring(k1, kernels, sweep, caplog):
    """The host may be gone for a moment."""
    kernels.usage_error = OSError("no keeper")

    await sweep.sweep()

    assert "kernels not measured" in caplog.text


@pytest.fixture
async def run(kernel_manager, kernels, tasks):
    """Runs a sweep with this configuration until the test ends."""
    running = []

    def run(**options):
        config = replace(KERNELS, **options)
        sweep = UsageSweep(kernel_manager=kernel_manager, host=kernels, config=config)
        running.append(tasks.create_task(sweep.run()))

    yield run
    for each in running:
        each.cancel()


async def test_kernels_are_measured_again_and_again(k1, kernels, run):
    """The figures are of now."""
    run(usage_interval_seconds=0.001)

    await until(lambda: kernels.measured > 2)


@pytest.mark.slow
async def test_kernels_with_a_limit_are_measured_each_second(limited, kernels, run):
    """Ten seconds are long for a loop that appends to a list."""
    run(usage_interval_seconds=1_000)

    await until(lambda: kernels.measured > 1)


@pytest.mark.slow
async def test_without_one_they_are_not(k1, kernels, run):
    """Measuring costs a little of the machine, too."""
    run(usage_interval_seconds=1_000)

    await asyncio.sleep(2.5)  # there is nothing to wait for

    assert kernels.measured == 0
