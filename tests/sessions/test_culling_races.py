"""Culling beside other things that happen to the same kernel, and to the server."""

from dataclasses import replace

import pytest

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.errors import StorageFull
from jupyter_sessions_server.model import ExitCause, KernelState, Owner
from jupyter_sessions_server.sessions.idle import KernelCuller
from tests.sessions.parts import open_sessions
from tests.waiting import until

ME = Owner("me")
HOUR = 3600
KERNELS = KernelConfig(policy=KernelPolicy(idle_cull_seconds=HOUR, ttl_seconds=3 * HOUR))


@pytest.fixture
def config(config):
    """Kernels are ended after an hour of idleness, or three hours in all."""
    return replace(config, kernels=KERNELS)


@pytest.fixture
def culler(kernel_manager, clock):
    """Culls when it is told to."""
    return KernelCuller(kernel_manager=kernel_manager, clock=clock, config=KERNELS)


@pytest.fixture
async def session(sessions, kernel_manager):
    """A session whose kernel "k1" is idle."""
    created, _ = await sessions.create_session("a.ipynb", kernel_id="k1", owner=ME)
    await kernel_manager.settled(ME, "k1")
    return created


async def test_a_kernel_that_is_restarted_meanwhile_lives_on(
    session, kernel_manager, culler, clock, kernels, tasks
):
    """The culler waited for its turn, and what it came for is gone."""
    clock.go_on(3 * HOUR)
    kernels.may_start.clear()
    tasks.create_task(kernel_manager.restart_kernel(ME, "k1"))
    await kernels.held_up(1)
    culling = tasks.create_task(culler.cull())

    kernels.may_start.set()
    await culling

    await kernel_manager.settled(ME, "k1")
    assert kernel_manager.kernel("k1").state is KernelState.IDLE


async def test_a_kernel_that_is_being_shut_down_is_not_culled(
    session, kernel_manager, culler, clock, kernels, tasks
):
    """What it died of is what came first."""
    clock.go_on(HOUR)
    kernels.may_stop.clear()
    ending = tasks.create_task(kernel_manager.shutdown_kernel(ME, "k1"))
    await until(lambda: kernels.stopping)

    await culler.cull()
    kernels.may_stop.set()

    assert (await ending).exit.cause is ExitCause.SHUT_DOWN


async def test_kernels_end_side_by_side(kernel_manager, culler, clock, kernels, tasks):
    """One that is slow to end does not hold the others up."""
    for kernel_id in ("k1", "k2", "k3"):
        await kernel_manager.start_kernel(ME, kernel_id=kernel_id, kept=True)
        await kernel_manager.settled(ME, kernel_id)
    clock.go_on(HOUR)
    kernels.may_stop.clear()
    culling = tasks.create_task(culler.cull())

    await until(lambda: len(kernels.stopping) == 3)
    kernels.may_stop.set()

    await culling
    assert not kernels.alive


async def test_a_kernel_that_cannot_be_ended_does_not_keep_others_alive(
    kernel_manager, culler, clock, kernels, caplog
):
    """The error is in the log, and at the next look it is tried again."""
    for kernel_id in ("k1", "k2"):
        await kernel_manager.start_kernel(ME, kernel_id=kernel_id, kept=True)
        await kernel_manager.settled(ME, kernel_id)
    clock.go_on(HOUR)
    kernels.stop_errors["k1"] = StorageFull()

    await culler.cull()

    assert list(kernels.alive) == ["k1"]
    assert "kernel not culled" in caplog.text


async def test_a_new_server_gives_idle_kernels_another_hour(store, clock, kernels):
    """It cannot know whether the clock was set while it was not there."""
    async with open_sessions(store, kernels, clock, kernel_config=KERNELS) as sessions:
        await sessions.create_session("a.ipynb", kernel_id="k1")
    clock.go_on(HOUR)

    async with open_sessions(store, kernels, clock, kernel_config=KERNELS) as sessions:
        culler = KernelCuller(kernel_manager=sessions.kernel_manager, clock=clock, config=KERNELS)
        await until(lambda: sessions.kernel_manager.kernel("k1").state is KernelState.IDLE)
        await culler.cull()
        before = set(kernels.alive)
        clock.go_on(HOUR)
        await culler.cull()

    assert (before, set(kernels.alive)) == ({"k1"}, set())


async def test_a_new_server_knows_the_age_of_kernels(store, clock, kernels):
    """A limit on age is not lifted by a restart of the server."""
    async with open_sessions(store, kernels, clock, kernel_config=KERNELS) as sessions:
        await sessions.create_session("a.ipynb", kernel_id="k1")
    clock.go_on(3 * HOUR)

    async with open_sessions(store, kernels, clock, kernel_config=KERNELS) as sessions:
        culler = KernelCuller(kernel_manager=sessions.kernel_manager, clock=clock, config=KERNELS)
        await culler.cull()

    assert not kernels.alive
