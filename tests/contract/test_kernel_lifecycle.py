"""RestartKernel, InterruptKernel and ShutDownKernel."""

import asyncio

import pytest

from jupyter_sessions.v1 import executions_pb2, sessions_pb2
from jupyter_sessions.v1 import kernels_pb2 as pb
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def restart(kernel_stub, kernel):
    """Calls RestartKernel for the kernel."""

    def restart(**fields):
        request = pb.RestartKernelRequest(kernel_id=kernel.kernel_id, **fields)
        return kernel_stub.RestartKernel(request)

    return restart


async def test_a_restart_keeps_the_id_and_starts_a_new_process(restart, kernel, kernels, clock):
    """Variables are gone; whoever knows the kernel still finds it."""
    clock.ms += 1000

    restarted = (await restart(wait_ready=True)).kernel

    assert restarted.kernel_id == kernel.kernel_id
    assert (restarted.state, restarted.restart_count) == (pb.KERNEL_STATE_IDLE, 1)
    assert restarted.start_time.ToMilliseconds() == clock.ms
    assert [launch.kernel_id for launch in kernels.launches] == [kernel.kernel_id] * 2


async def test_a_restart_has_directory_environment_and_kernelspec_of_the_first_start(
    kernel_stub, kernels
):
    """A restart is the same kernel once more, not a new one by today's settings."""
    request = pb.StartKernelRequest(kernel_id="k", kernel_name="ir", cwd="/x", env={"A": "B"})
    await kernel_stub.StartKernel(request)

    await kernel_stub.RestartKernel(pb.RestartKernelRequest(kernel_id="k"))

    first, second = kernels.launches
    assert second == first


async def test_a_restart_need_not_wait_until_the_kernel_is_ready(restart, kernels):
    """The answer comes when the process runs."""
    kernels.answers = False

    restarted = (await restart()).kernel

    assert restarted.state == pb.KERNEL_STATE_STARTING


async def test_a_dead_kernel_is_started_again(restart, kernel, kernels):
    """Its exit is forgotten with that."""
    kernels.die(kernel.kernel_id)

    restarted = (await restart(wait_ready=True)).kernel

    assert restarted.state == pb.KERNEL_STATE_IDLE
    assert not restarted.HasField("exit")
    assert list(kernels.alive) == [kernel.kernel_id]


async def test_only_if_dead_leaves_a_living_kernel_alone(restart, kernel, kernels):
    """A restart that came too late must not cost anybody their variables."""
    answer = await restart(only_if_dead=True)

    assert answer.kernel == kernel
    assert len(kernels.launches) == 1


async def test_of_several_who_find_a_kernel_dead_one_starts_it(restart, kernel, kernels):
    """All windows on a kernel notice at once that it died."""
    kernels.die(kernel.kernel_id)

    answers = await asyncio.gather(*(restart(only_if_dead=True) for _ in range(5)))

    assert {answer.kernel.restart_count for answer in answers} == {1}
    assert len(kernels.launches) == 2


async def test_a_restart_goes_on_when_its_caller_hangs_up(hang_up, restart, kernel, kernels):
    """A kernel is never left between two processes."""
    kernels.may_start.clear()
    call = restart()
    await kernels.held_up(1)

    await hang_up(call)
    kernels.may_start.set()

    await kernels.begun(2)
    assert list(kernels.alive) == [kernel.kernel_id]


@pytest.mark.covers("KernelService.RestartKernel", "KERNELSPEC_NOT_FOUND")
async def test_a_restart_without_the_kernelspec_changes_nothing(
    restart, kernel, kernel_stub, specs
):
    """The kernel that runs is not ended for one that cannot be started."""
    del specs.specs["python3"]

    refusal = await refused(restart())

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    assert refusal.facts == {"kernel_name": "python3"}
    found = await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel.kernel_id))
    assert found.kernel == kernel


@pytest.mark.covers("KernelService.RestartKernel", "KERNEL_START_FAILED")
async def test_a_restart_that_fails_leaves_the_kernel_dead(restart, kernel, kernel_stub, kernels):
    """It can be restarted when its program is mended."""
    kernels.unstartable.add("python3")

    refusal = await refused(restart())

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_START_FAILED")
    found = await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel.kernel_id))
    assert found.kernel.state == pb.KERNEL_STATE_DEAD
    assert found.kernel.HasField("exit")
    kernels.unstartable.clear()
    assert (await restart(wait_ready=True)).kernel.state == pb.KERNEL_STATE_IDLE


async def test_an_interrupt_stops_the_code_and_keeps_the_kernel(
    kernel_stub, execution_stub, kernel, kernels
):
    """As Ctrl-C does."""
    code = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    batches = aiter(execution_stub.Execute(code))
    await kernels.running_code(kernel.kernel_id)

    await kernel_stub.InterruptKernel(pb.InterruptKernelRequest(kernel_id=kernel.kernel_id))

    events = [event async for batch in batches for event in batch.events]
    assert events[-1].finished.execution.error.ename == "KeyboardInterrupt"
    found = await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel.kernel_id))
    assert found.kernel.restart_count == 0


async def test_an_interrupt_of_an_idle_kernel_does_no_harm(kernel_stub, kernel):
    """People press the button twice."""
    request = pb.InterruptKernelRequest(kernel_id=kernel.kernel_id)

    answers = [await kernel_stub.InterruptKernel(request) for _ in range(2)]

    assert [answer.kernel for answer in answers] == [kernel, kernel]


@pytest.mark.covers("KernelService.InterruptKernel", "KERNEL_DEAD")
async def test_a_dead_kernel_cannot_be_interrupted(kernel_stub, kernel, kernels):
    """Nothing runs, and the caller should know."""
    kernels.die(kernel.kernel_id)
    request = pb.InterruptKernelRequest(kernel_id=kernel.kernel_id)

    refusal = await refused(kernel_stub.InterruptKernel(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": kernel.kernel_id, "cause": "SIGNALED"}


async def test_a_kernel_without_a_session_is_shut_down_and_forgotten(kernel_stub, kernel, kernels):
    """The answer is the last that is heard of it."""
    request = pb.ShutDownKernelRequest(kernel_id=kernel.kernel_id)

    ended = (await kernel_stub.ShutDownKernel(request)).kernel

    assert ended.state == pb.KERNEL_STATE_DEAD
    assert ended.exit.cause == pb.KERNEL_EXIT_CAUSE_SHUT_DOWN
    assert not kernels.alive
    assert (await refused(kernel_stub.ShutDownKernel(request))).reason == "KERNEL_NOT_FOUND"


async def test_a_session_keeps_its_dead_kernel_and_its_cause(
    kernel_stub, session_stub, session, kernels
):
    """Shutting down what is dead already does not change what it died of."""
    kernels.die(session.kernel.kernel_id, signal=11)
    request = pb.ShutDownKernelRequest(kernel_id=session.kernel.kernel_id)

    ended = (await kernel_stub.ShutDownKernel(request)).kernel

    assert ended.exit.signal == 11
    found = await session_stub.GetSession(sessions_pb2.GetSessionRequest(path="a.ipynb"))
    assert found.session.kernel == ended
    assert found.session.revision == session.revision


async def test_a_shutdown_goes_on_when_its_caller_hangs_up(hang_up, kernel_stub, kernel, kernels):
    """It returns when the process has ended, and not all callers wait for that."""
    kernels.may_stop.clear()
    call = kernel_stub.ShutDownKernel(pb.ShutDownKernelRequest(kernel_id=kernel.kernel_id))
    await until(lambda: kernels.stopping)

    await hang_up(call)
    kernels.may_stop.set()

    await until(lambda: not kernels.alive)
    async with asyncio.timeout(10):
        while (await kernel_stub.ListKernels(pb.ListKernelsRequest())).kernels:
            pass


@pytest.mark.covers("KernelService.RestartKernel", "KERNEL_NOT_FOUND")
@pytest.mark.covers("KernelService.InterruptKernel", "KERNEL_NOT_FOUND")
@pytest.mark.covers("KernelService.ShutDownKernel", "KERNEL_NOT_FOUND")
@pytest.mark.parametrize("rpc", ["RestartKernel", "InterruptKernel", "ShutDownKernel"])
async def test_an_unknown_kernel_is_not_found(kernel_stub, rpc):
    """It may have been forgotten."""
    request = getattr(pb, f"{rpc}Request")(kernel_id="nobody")

    refusal = await refused(getattr(kernel_stub, rpc)(request))

    assert refusal.what == ("NOT_FOUND", "KERNEL_NOT_FOUND")
    assert refusal.facts == {"kernel_id": "nobody"}
