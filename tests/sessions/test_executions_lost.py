"""Code whose kernel ends before it does."""

import asyncio
from contextlib import aclosing

import pytest

from jupyter_sessions_server.model import Code, ExecutionState, ExitCause, StopStep
from tests.sessions.running_code import ME, events_of, requests_to
from tests.waiting import until

SUCCEEDED = ExecutionState.SUCCEEDED


@pytest.fixture
def executions(domain):
    """Runs code."""
    return domain.executions


@pytest.fixture
async def kernel_id(kernel_manager):
    """A kernel that is ready."""
    started, _ = await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, started)
    return started


async def test_a_kernel_that_dies_before_it_was_ready_loses_the_code(
    executions, kernel_manager, kernels
):
    """The last event says so, and how the kernel ended."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    running = asyncio.create_task(events_of(executions, "say x"))
    await until(lambda: executions._running)

    kernels.die("k1")
    events = await running

    finished = events[-1].output.execution
    assert finished.state is ExecutionState.LOST
    assert finished.kernel_exit.cause is ExitCause.SIGNALED
    assert not requests_to(kernels)


async def test_a_kernel_that_is_shut_down_before_it_was_ready_loses_the_code(
    executions, kernel_manager, kernels
):
    """It is forgotten at once; whoever waits for its output still gets an end."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    running = asyncio.create_task(events_of(executions, "say x"))
    await until(lambda: executions._running)

    await kernel_manager.shutdown_kernel(ME, "k1")
    events = await running

    finished = events[-1].output.execution
    assert finished.state is ExecutionState.LOST
    assert finished.kernel_exit.cause is ExitCause.SHUT_DOWN


async def test_a_kernel_that_is_shut_down_meanwhile_loses_the_code(
    executions, kernel_manager, kernels, kernel_id
):
    """Its journal ends, and the stream with it."""
    running = asyncio.create_task(events_of(executions, "wait"))
    await kernels.running_code(kernel_id)

    await kernel_manager.shutdown_kernel(ME, kernel_id)
    events = await running

    assert events[-1].output.execution.state is ExecutionState.LOST
    assert events[-1].output.execution.kernel_exit.cause is ExitCause.SHUT_DOWN


async def test_a_restart_loses_the_code_and_the_next_runs(
    executions, kernel_manager, kernels, kernel_id
):
    """A kernel that hangs is brought back."""
    running = asyncio.create_task(events_of(executions, "wait"))
    await kernels.running_code(kernel_id)

    await kernel_manager.restart_kernel(ME, kernel_id)
    lost = await running
    after = await events_of(executions, "say x")

    assert lost[-1].output.execution.state is ExecutionState.LOST
    assert after[-1].output.execution.state is ExecutionState.SUCCEEDED


async def test_code_sent_while_a_kernel_restarts_runs_in_the_new_process(
    executions, kernel_manager, kernels, kernel_id
):
    """It waits, as for a kernel that starts."""
    kernels.may_start.clear()
    restarting = asyncio.create_task(kernel_manager.restart_kernel(ME, kernel_id))
    await kernels.held_up(1)
    running = asyncio.create_task(events_of(executions, "say x"))

    kernels.may_start.set()
    await restarting

    assert (await running)[-1].output.execution.state is ExecutionState.SUCCEEDED


async def test_one_that_was_dropped_stays_so_when_the_kernel_dies(
    executions, kernel_manager, kernels
):
    """It has had its end, and its events have had their last number."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    running = asyncio.create_task(events_of(executions, "say x"))
    await until(lambda: executions._running)
    [id_] = executions._running
    dropped = await executions.cancel(ME, id_)
    await running

    kernels.die("k1")
    await until(lambda: not kernel_manager.get_kernel(ME, "k1").alive)
    await asyncio.sleep(0)

    assert await executions.get(ME, id_) == dropped


async def test_requests_of_one_id_at_the_same_moment_run_once(executions, kernels, kernel_id):
    """None of them can know of the others before it is stored."""

    async def run():
        batches = executions.execute(ME, "k1", Code("say x"), request_id="r")
        async with aclosing(batches):
            return [event async for batch in batches for event in batch.events]

    heard = await asyncio.gather(*(run() for _ in range(20)))

    assert all(events == heard[0] for events in heard)
    assert len(requests_to(kernels)) == 1


async def test_code_that_the_kernel_has_done_with_and_not_replied_to_has_failed(
    executions, kernels, kernel_id
):
    """An interrupt just before the reply leaves a kernel that is idle, and says no more."""
    kernels.replies = False
    running = asyncio.create_task(events_of(executions, "wait"))
    await kernels.running_code(kernel_id)

    await kernels.interrupt(kernel_id)
    events = await running

    finished = events[-1].output.execution
    assert (finished.state, finished.error) == (ExecutionState.FAILED, None)
    kernels.replies = True
    assert (await events_of(executions, "pass"))[-1].output.execution.state is SUCCEEDED


async def test_a_cancellation_without_a_reply_is_one_all_the_same(executions, kernels, kernel_id):
    """It does not take a new process to end what has ended."""
    kernels.replies = False
    running = asyncio.create_task(events_of(executions, "wait"))
    await kernels.running_code(kernel_id)
    (execution,) = (await executions.list_executions(ME, kernel_id)).executions

    cancelled = await executions.cancel(ME, execution.execution_id)
    await running

    assert cancelled.state is ExecutionState.CANCELLED
    assert cancelled.stop_step is StopStep.INTERRUPTED
    assert len(kernels.launches) == 1
