"""Culling: kernels that nobody uses end, and so do those whose time is over."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.model import Code, ExitCause, KernelState, Owner
from jupyter_sessions_server.sessions.idle import KernelCuller
from tests.waiting import until

ME = Owner("me")
HOUR = 3600


@pytest.fixture
def policy():
    """Kernels are ended after an hour."""
    return KernelPolicy(idle_cull_seconds=HOUR)


@pytest.fixture
def config(config, policy):
    """All kernels have the policy, but those of "ir"."""
    return replace(config, kernels=KernelConfig(policy=policy, policies={"ir": KernelPolicy()}))


@pytest.fixture
def culler(kernel_manager, clock, config):
    """Culls when it is told to."""
    return KernelCuller(kernel_manager=kernel_manager, clock=clock, config=config.kernels)


@pytest.fixture
async def session(sessions, kernel_manager):
    """A session whose kernel "k1" is idle."""
    created, _ = await sessions.create_session("a.ipynb", kernel_id="k1", owner=ME)
    await kernel_manager.settled(ME, "k1")
    return created


@pytest.fixture
async def busy(domain, session, kernels):
    """Its kernel runs code that waits, and nobody reads what it says."""
    async with aclosing(domain.executions.execute(ME, "k1", Code("wait"))) as batches:
        await anext(batches)
        await kernels.running_code("k1")
    await until(lambda: domain.sessions.kernel_of(session).state is KernelState.BUSY)


async def test_a_kernel_that_was_idle_for_long_is_ended(sessions, session, culler, clock, kernels):
    """Its memory is of use to others; its session stays, and tells the cause."""
    clock.go_on(HOUR)

    await culler.cull()

    kernel = sessions.kernel_of(await sessions.get_session(path="a.ipynb", owner=ME))
    assert (kernel.state, kernel.exit.cause) == (KernelState.DEAD, ExitCause.CULLED)
    assert sessions.kernel_culled("k1")
    assert not kernels.alive


async def test_a_kernel_that_was_idle_for_less_lives_on(session, culler, clock, kernels):
    """It may be needed in a moment."""
    clock.go_on(HOUR - 1)

    await culler.cull()

    assert kernels.alive


async def test_idleness_counts_from_the_last_thing_it_did(session, domain, culler, clock, kernels):
    """Not from its start."""
    clock.go_on(HOUR - 1)
    batches = domain.executions.execute(ME, "k1", Code("say hello"))
    assert [batch async for batch in batches]
    clock.go_on(HOUR - 1)

    await culler.cull()

    assert kernels.alive


async def test_a_jump_of_the_date_ends_nothing(session, culler, clock, kernels):
    """A laptop that wakes up and asks for the time does not lose my variables."""
    clock.ms += 10 * HOUR * 1000

    await culler.cull()

    assert kernels.alive


async def test_an_idle_kernel_with_a_waiting_caller_lives_on(
    session, domain, culler, clock, kernels
):
    """The kernel says that it is idle, but somebody waits for what it says."""
    kernels.answers = False
    async with aclosing(domain.executions.execute(ME, "k1", Code("0"))) as batches:
        await anext(batches)
        clock.go_on(HOUR)
        await culler.cull()
        before = set(kernels.alive)

    await culler.cull()

    assert (before, set(kernels.alive)) == ({"k1"}, set())


async def test_a_kernel_that_is_about_to_get_a_session_lives_on(
    session, kernel_manager, culler, clock, kernels
):
    """Else the new session would begin with a dead kernel."""
    clock.go_on(HOUR)

    async with kernel_manager.claim("k1"):
        await culler.cull()

    assert kernels.alive


@pytest.mark.parametrize("policy", [KernelPolicy(idle_cull_seconds=HOUR, cull_connected=True)])
async def test_with_cull_connected_nobody_who_waits_keeps_it_alive(
    session, domain, culler, clock, kernels
):
    """A forgotten browser tab is no reason to keep a kernel for ever."""
    kernels.answers = False
    async with aclosing(domain.executions.execute(ME, "k1", Code("0"))) as batches:
        await anext(batches)
        clock.go_on(HOUR)

        await culler.cull()

        assert not kernels.alive


async def test_a_busy_kernel_lives_on(busy, culler, clock, kernels):
    """A long computation need not say anything."""
    clock.go_on(HOUR)

    await culler.cull()

    assert kernels.alive


@pytest.mark.parametrize("policy", [KernelPolicy(idle_cull_seconds=HOUR, cull_busy=True)])
async def test_with_cull_busy_a_busy_kernel_that_says_nothing_is_ended(
    busy, culler, clock, kernels
):
    """It hangs, as far as anybody can tell."""
    clock.go_on(HOUR)

    await culler.cull()

    assert not kernels.alive


async def test_a_kernel_that_starts_is_not_idle(kernel_manager, culler, clock, kernels):
    """Slow is not unused."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    clock.go_on(HOUR)

    await culler.cull()

    assert kernels.alive


@pytest.mark.parametrize("policy", [KernelPolicy(ttl_seconds=HOUR)])
async def test_a_kernel_whose_time_is_over_ends_whatever_it_does(busy, culler, clock, kernels):
    """A limit on age is a promise to whoever pays for the machine."""
    clock.go_on(HOUR - 1)
    await culler.cull()
    before = set(kernels.alive)
    clock.go_on(1)

    await culler.cull()

    assert (before, set(kernels.alive)) == ({"k1"}, set())


@pytest.mark.parametrize("policy", [KernelPolicy(ttl_seconds=HOUR)])
async def test_a_restart_begins_a_new_life(session, kernel_manager, culler, clock, kernels):
    """The age is that of the process."""
    clock.go_on(HOUR)
    await kernel_manager.restart_kernel(ME, "k1")

    await culler.cull()

    assert kernels.alive


async def test_kernelspecs_have_policies_of_their_own(kernel_manager, culler, clock, kernels):
    """Some are dear to start again."""
    for kernel_name in ("python3", "ir"):
        await kernel_manager.start_kernel(
            ME, kernel_id=kernel_name, kernel_name=kernel_name, kept=True
        )
        await kernel_manager.settled(ME, kernel_name)
    clock.go_on(HOUR)

    await culler.cull()

    assert list(kernels.alive) == ["ir"]


async def test_a_culled_kernel_of_no_session_is_forgotten(kernel_manager, culler, clock):
    """As one that was shut down: nobody would ever look at it again."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, "k1")
    clock.go_on(HOUR)

    await culler.cull()

    assert kernel_manager.list_kernels(ME) == []


async def test_each_culling_is_a_line_of_the_log(session, culler, clock, caplog):
    """Whoever misses a kernel finds out why it went."""
    caplog.set_level(logging.INFO, "jupyter_sessions_server.sessions.idle")
    clock.go_on(HOUR + 5)

    await culler.cull()

    (line,) = caplog.messages
    assert line == "kernel culled k1 IDLE age 3605 s"


async def test_kernels_are_looked_at_again_and_again(kernel_manager, session, clock, kernels):
    """Nobody has to ask."""
    config = KernelConfig(policy=KernelPolicy(idle_cull_seconds=HOUR), cull_interval_seconds=0.001)
    culler = KernelCuller(kernel_manager=kernel_manager, clock=clock, config=config)
    running = asyncio.create_task(culler.run())
    clock.go_on(HOUR)

    await until(lambda: not kernels.alive)
    running.cancel()


async def test_without_a_policy_there_is_nothing_to_do(kernel_manager, clock):
    """No task wakes up for nothing."""
    culler = KernelCuller(kernel_manager=kernel_manager, clock=clock, config=KernelConfig())

    await culler.run()
