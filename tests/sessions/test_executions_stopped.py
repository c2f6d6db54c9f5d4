"""Code that is ended before its time, while other things go wrong."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import KernelHostUnavailable
from jupyter_sessions_server.model import Channel, ExecutionState, StopStep
from tests.sessions.loop_turns import turns
from tests.sessions.running_code import ME
from tests.sessions.servers import all_of, begin, end_of
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server that waits a moment after an interrupt."""
    return replace(config, kernels=replace(config.kernels, interrupt_grace_seconds=0.05))


@pytest.fixture
async def running(domain, kernel_manager, kernels):
    """Code that runs and has no end; its id."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, "k1")
    id_ = await begin(domain, "wait")
    await kernels.running_code("k1")
    await until(lambda: domain.executions._running[id_].tracker.started_ms)
    return id_


async def test_one_whose_interrupt_failed_can_be_cancelled_again(domain, kernels, running):
    """Repeating is safe, and of use."""
    kernels.reachable = False
    with pytest.raises(KernelHostUnavailable):
        await domain.executions.cancel(ME, running)
    kernels.reachable = True

    cancelled = await domain.executions.cancel(ME, running)

    assert cancelled.state is ExecutionState.CANCELLED
    assert cancelled.stop_step is StopStep.INTERRUPTED


async def test_all_who_cancel_one_wait_for_the_same_end(domain, kernels, running):
    """It is interrupted once."""
    cancel = domain.executions.cancel
    cancelled = await asyncio.gather(*(cancel(ME, running) for _ in range(5)))

    assert len(set(map(repr, cancelled))) == 1
    assert kernels.interrupts["k1"] == 1


async def test_a_process_that_cannot_be_replaced_loses_what_waits(
    domain, kernel_manager, kernels, running
):
    """The one that was to end has ended; neither those behind it nor later ones wait for ever."""
    kernels.stubborn = True
    kernels.unstartable.add("python3")
    waiting = await begin(domain, "say x")

    cancelled = await domain.executions.cancel(ME, running)
    lost = end_of(await all_of(domain, waiting))
    kernels.unstartable.clear()
    await kernel_manager.restart_kernel(ME, "k1")
    after = end_of(await all_of(domain, await begin(domain, "say y")))

    assert cancelled.state is ExecutionState.CANCELLED
    assert lost.state is ExecutionState.LOST
    assert after.state is ExecutionState.SUCCEEDED


async def test_a_restart_in_between_is_enough(domain, kernel_manager, kernels, running):
    """The process that somebody has just got is not replaced once more."""
    kernels.stubborn = True
    kernels.may_stop.clear()
    cancelling = asyncio.ensure_future(domain.executions.cancel(ME, running))
    await until(lambda: kernels.interrupts["k1"])
    restarting = asyncio.ensure_future(kernel_manager.restart_kernel(ME, "k1"))
    await asyncio.sleep(0.1)  # for longer than the grace, which is real
    kernels.may_stop.set()
    await restarting
    cancelled = await cancelling

    assert len(kernels.launches) == 2
    assert cancelled.state is ExecutionState.CANCELLED
    assert cancelled.stop_step is StopStep.INTERRUPTED


async def test_one_that_ends_before_its_process_is_replaced_costs_nobody_a_kernel(
    domain, kernel_manager, kernels, running
):
    """The next one runs in it by then."""
    following = await begin(domain, "wait", stop_on_error=False)
    kernels.stubborn = True
    async with held_up_specs(kernel_manager) as asked:
        cancelling = asyncio.ensure_future(domain.executions.cancel(ME, running))
        await asked.wait()
        kernels.stubborn = False
        await kernels.interrupt("k1")
        await kernels.running_code("k1")
    cancelled = await cancelling

    assert cancelled.stop_step is StopStep.INTERRUPTED
    assert (await domain.executions.get(ME, following)).state is ExecutionState.RUNNING
    assert len(kernels.launches) == 1


@asynccontextmanager
async def held_up_specs(kernel_manager):
    """In the block whoever looks for a kernelspec waits; the event is set when somebody does."""
    find = kernel_manager.specs.find
    asked, may_find = asyncio.Event(), asyncio.Event()

    async def find_later(kernel_name):
        asked.set()
        await may_find.wait()
        return await find(kernel_name)

    kernel_manager.specs.find = find_later
    yield asked
    may_find.set()


@pytest.fixture
def silent_kernels(kernels):
    """Kernels that tell no input of silent code: ipykernel is one."""
    say = kernels.say

    def say_less(kernel_id, parent, channel, msg_type, content):
        if msg_type != "execute_input":
            say(kernel_id, parent, channel, msg_type, content)

    kernels.say = say_less
    return kernels


@pytest.fixture
async def silent(domain, kernel_manager, silent_kernels):
    """Begins silent code that has no end; its id."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)

    async def silent(**options):
        id_ = await begin(domain, "wait", silent=True, **options)
        await silent_kernels.running_code("k1")
        return id_

    return silent


async def test_silent_code_is_told_to_have_started(domain, silent, silent_kernels):
    """With the kernel's busy status; there is no counter to tell."""
    id_ = await silent()
    await until(lambda: domain.executions._running[id_].tracker.started_ms)
    running = await domain.executions.get(ME, id_)
    await silent_kernels.interrupt("k1")
    events = await all_of(domain, id_)

    assert (running.state, running.execution_count) == (ExecutionState.RUNNING, 0)
    kinds = [type(event.output).__name__ for event in events]
    assert kinds == ["Accepted", "Started", "CodeError", "Finished"]


async def test_silent_code_can_be_cancelled(domain, silent):
    """As any other."""
    assert (await domain.executions.cancel(ME, await silent())).state is ExecutionState.CANCELLED


async def test_silent_code_has_its_timeout(domain, silent):
    """As any other."""
    end = end_of(await all_of(domain, await silent(timeout_ms=20)))

    assert end.state is ExecutionState.TIMED_OUT


async def test_a_kernel_that_tells_silent_input_has_started_once(domain, kernel_manager, kernels):
    """Some do."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)

    events = await all_of(domain, await begin(domain, "say x", silent=True))

    kinds = [type(event.output).__name__ for event in events]
    assert kinds == ["Accepted", "Started", "StreamText", "Finished"]


async def test_gaps_are_asked_about_once_at_a_time(domain, kernels, running, clock):
    """However many of them come while the kernel is busy."""
    kernels.answers = False
    before = len(kernels.requests)

    for _ in range(100):
        kernels.leave_gap("k1")
        await turns(2)

    assert len(kernels.requests) - before == 1
    assert {channel for _, channel, _ in kernels.requests[before:]} == {Channel.SHELL}
