"""Kernel.state and its companions: what a caller sees of a kernel at any time."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import executions_pb2
from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions_server.config import KernelConfig
from tests.waiting import until


@pytest.fixture
def seen(kernel_stub):
    """The kernel as it is now."""

    async def seen(kernel_id):
        return (await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel_id))).kernel

    return seen


async def test_a_kernel_is_busy_while_it_runs_code_and_idle_after_it(
    execution_stub, kernel, kernels, seen
):
    """A front end shows whether it is of any use to wait."""
    request = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    stream = aiter(execution_stub.Execute(request))
    await anext(stream)
    await kernels.running_code(kernel.kernel_id)
    busy = await seen(kernel.kernel_id)

    await kernels.interrupt(kernel.kernel_id)
    async for _ in stream:
        pass

    assert busy.state == pb.KERNEL_STATE_BUSY
    assert (await seen(kernel.kernel_id)).state == pb.KERNEL_STATE_IDLE


async def test_a_kernel_that_starts_is_ready_when_it_answers(kernel_stub, kernels, clock):
    """How long that took is told."""
    kernels.answers = False
    request = pb.StartKernelRequest(kernel_id="k", wait_ready=True)
    starting = kernel_stub.StartKernel(request)
    await kernels.begun(1)
    await until(lambda: kernels.requests)
    clock.ms += 1_250

    kernels.answer_now()

    kernel = (await starting).kernel
    assert kernel.state == pb.KERNEL_STATE_IDLE
    assert kernel.start.ready_duration.ToMilliseconds() == 1_250


async def test_a_kernel_that_is_shut_down_is_stopping_until_it_has_ended(
    kernel_stub, kernel, kernels, seen
):
    """An end may take its time, for code that tidies up."""
    kernels.may_stop.clear()
    ending = kernel_stub.ShutDownKernel(pb.ShutDownKernelRequest(kernel_id=kernel.kernel_id))
    await until(lambda: kernels.stopping)

    stopping = await seen(kernel.kernel_id)
    kernels.may_stop.set()

    assert stopping.state == pb.KERNEL_STATE_STOPPING
    assert (await ending).kernel.state == pb.KERNEL_STATE_DEAD


async def test_a_kernel_that_is_restarted_says_so(kernel_stub, kernel, kernels, seen):
    """Between two processes it is neither dead nor alive."""
    kernels.may_start.clear()
    restarting = kernel_stub.RestartKernel(pb.RestartKernelRequest(kernel_id=kernel.kernel_id))
    await kernels.held_up(1)

    between = await seen(kernel.kernel_id)
    kernels.may_start.set()

    assert between.state == pb.KERNEL_STATE_RESTARTING
    assert not between.HasField("exit")
    await restarting


async def test_a_kernel_that_starts_is_not_interrupted(kernel_stub, kernels):
    """A signal would end a process that is not ready for it."""
    kernels.answers = False
    await kernel_stub.StartKernel(pb.StartKernelRequest(kernel_id="k"))

    answer = await kernel_stub.InterruptKernel(pb.InterruptKernelRequest(kernel_id="k"))

    assert answer.kernel.state == pb.KERNEL_STATE_STARTING
    assert kernels.interrupts["k"] == 0


async def test_running_code_is_activity_and_looking_is_not(run, kernel, clock, seen):
    """Whoever ends kernels that nobody uses goes by this."""
    clock.ms += 60_000
    looked_at = await seen(kernel.kernel_id)

    await run(kernel_id=kernel.kernel_id, code="say hello")

    assert looked_at.last_activity_time == kernel.last_activity_time
    used = await seen(kernel.kernel_id)
    assert used.last_activity_time.ToMilliseconds() == clock.ms


async def test_a_dead_kernel_tells_when_and_of_what(kernel, kernels, clock, seen):
    """Its signal, and the last lines of its standard error."""
    clock.ms += 1000

    kernels.die(kernel.kernel_id, signal=11, stderr_tail="Segmentation fault\n")

    dead = await seen(kernel.kernel_id)
    assert dead.state == pb.KERNEL_STATE_DEAD
    assert dead.exit == pb.KernelExit(
        cause=pb.KERNEL_EXIT_CAUSE_SIGNALED,
        signal=11,
        stderr_tail="Segmentation fault\n",
        exit_time=dead.exit.exit_time,
    )
    assert dead.exit.exit_time.ToMilliseconds() == clock.ms


class TestWithoutPatience:
    """With a time that a start may take, and that passes."""

    @pytest.fixture
    def config(self, config):
        """A server that gives kernels a moment."""
        return replace(config, kernels=KernelConfig(start_seconds=0.05))

    async def test_a_kernel_that_never_answers_is_ended(self, kernel_stub, kernels):
        """A kernel that hangs at its start does not stay for ever."""
        kernels.answers = False

        answer = await kernel_stub.StartKernel(pb.StartKernelRequest(wait_ready=True))

        assert answer.kernel.state == pb.KERNEL_STATE_DEAD
        assert answer.kernel.exit.cause == pb.KERNEL_EXIT_CAUSE_NEVER_READY
        assert not kernels.alive
