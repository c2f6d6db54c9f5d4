"""StartKernel, GetKernel and ListKernels: kernels with or without a session."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions.v1 import sessions_pb2
from jupyter_sessions_server.config import KernelConfig
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server for ten kernels."""
    return replace(config, kernels=KernelConfig(kernel_limit=10))


async def test_a_kernel_needs_no_session(kernel_stub, clock, kernels):
    """A service that only runs code has no documents."""
    answer = await kernel_stub.StartKernel(pb.StartKernelRequest(env={"A": "é"}))

    kernel = answer.kernel
    assert answer.created
    assert (kernel.kernel_name, kernel.owner, kernel.cwd) == ("python3", "default", "/root")
    assert kernel.start_time.ToMilliseconds() == clock.ms
    assert kernel.last_activity_time == kernel.start_time
    assert (kernel.restart_count, kernel.start.mode) == (0, pb.KERNEL_START_MODE_COLD)
    assert kernels.launches[0].env == {"A": "é"}


async def test_each_call_without_an_id_starts_a_kernel(kernel_stub, kernels):
    """Two jobs want two kernels."""
    first, second = [await kernel_stub.StartKernel(pb.StartKernelRequest()) for _ in range(2)]

    assert first.kernel.kernel_id != second.kernel.kernel_id
    assert len(kernels.alive) == 2


@pytest.mark.parametrize(
    ("place", "cwd"), [({"path": "work"}, "/root/work"), ({"path": "work", "cwd": "/x"}, "/x")]
)
async def test_path_or_cwd_decide_where_it_works(kernel_stub, place, cwd):
    """By the document it will be for, or as told."""
    answer = await kernel_stub.StartKernel(pb.StartKernelRequest(**place))

    assert answer.kernel.cwd == cwd


async def test_with_wait_ready_it_can_be_used(kernel_stub):
    """The answer has the time it took."""
    answer = await kernel_stub.StartKernel(pb.StartKernelRequest(wait_ready=True))

    assert answer.kernel.state == pb.KERNEL_STATE_IDLE
    assert answer.kernel.start.HasField("ready_duration")


async def test_a_start_under_an_id_is_idempotent(kernel_stub, kernels):
    """A caller who has not heard the answer repeats the call."""
    request = pb.StartKernelRequest(kernel_id="mine", kernel_name="python")

    first = await kernel_stub.StartKernel(request)
    second = await kernel_stub.StartKernel(request)

    assert (first.created, second.created) == (True, False)
    assert first.kernel.kernel_id == second.kernel.kernel_id == "mine"
    assert len(kernels.launches) == 1


async def test_concurrent_starts_under_an_id_start_one_process(kernel_stub, kernels):
    """Nor does it matter how many repeat it at once."""
    request = pb.StartKernelRequest(kernel_id="mine")

    answers = await asyncio.gather(*(kernel_stub.StartKernel(request) for _ in range(50)))

    assert sum(answer.created for answer in answers) == 1
    assert len(kernels.launches) == 1


async def test_a_caller_who_hangs_up_before_the_process_runs_leaves_nothing(kernel_stub, kernels):
    """Nobody would know the id of what was started."""
    kernels.may_start.clear()
    call = kernel_stub.StartKernel(pb.StartKernelRequest())
    await kernels.held_up(1)

    call.cancel()
    await until(lambda: not kernels.starting)
    kernels.may_start.set()

    assert not (await kernel_stub.ListKernels(pb.ListKernelsRequest())).kernels
    assert not kernels.alive


async def test_who_waits_for_a_kernel_that_is_shut_down_is_answered(kernel_stub, kernels):
    """That it has ended is its state, and not an error of the call that started it."""
    kernels.answers = False
    request = pb.StartKernelRequest(kernel_id="mine", wait_ready=True)
    starting = kernel_stub.StartKernel(request)
    await kernel_stub.StartKernel(pb.StartKernelRequest(kernel_id="mine"))

    await kernel_stub.ShutDownKernel(pb.ShutDownKernelRequest(kernel_id="mine"))

    assert (await starting).kernel.state == pb.KERNEL_STATE_DEAD


@pytest.mark.covers("KernelService.StartKernel", "KERNELSPEC_NOT_FOUND")
async def test_an_unknown_kernelspec_is_not_found(kernel_stub):
    """Nothing is started in its stead."""
    refusal = await refused(kernel_stub.StartKernel(pb.StartKernelRequest(kernel_name="julia")))

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    assert refusal.facts == {"kernel_name": "julia"}


@pytest.mark.covers("KernelService.StartKernel", "KERNEL_ALREADY_EXISTS")
async def test_an_id_of_another_kernelspec_is_refused(kernel_stub, kernel):
    """The kernel that runs is not the one asked for."""
    request = pb.StartKernelRequest(kernel_id=kernel.kernel_id, kernel_name="ir")

    refusal = await refused(kernel_stub.StartKernel(request))

    assert refusal.what == ("ALREADY_EXISTS", "KERNEL_ALREADY_EXISTS")
    assert refusal.facts == {"kernel_id": kernel.kernel_id, "kernel_name": "python3"}


@pytest.mark.covers("KernelService.StartKernel", "KERNEL_DEAD")
async def test_an_id_of_a_dead_kernel_is_refused(kernel_stub, kernel, kernels):
    """What it died of should be looked at before it is restarted."""
    kernels.die(kernel.kernel_id)
    request = pb.StartKernelRequest(kernel_id=kernel.kernel_id)

    refusal = await refused(kernel_stub.StartKernel(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": kernel.kernel_id, "cause": "SIGNALED"}


@pytest.mark.covers("KernelService.StartKernel", "KERNEL_START_FAILED")
async def test_a_start_that_fails_leaves_nothing_behind(kernel_stub):
    """The id may be tried again."""
    request = pb.StartKernelRequest(kernel_name="broken", kernel_id="mine")

    refusal = await refused(kernel_stub.StartKernel(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_START_FAILED")
    assert refusal.facts == {"kernel_name": "broken", "detail": "no such program"}
    again = pb.StartKernelRequest(kernel_name="ir", kernel_id="mine")
    assert (await kernel_stub.StartKernel(again)).created


@pytest.mark.covers("KernelService.StartKernel", "KERNEL_LIMIT_REACHED")
async def test_no_more_kernels_than_the_limit_however_many_start_at_once(kernel_stub, kernels):
    """Starts that are under way count."""
    calls = [kernel_stub.StartKernel(pb.StartKernelRequest()) for _ in range(15)]

    ends = await asyncio.gather(*calls, return_exceptions=True)

    losers = [call for call, end in zip(calls, ends, strict=True) if isinstance(end, Exception)]
    refusals = [await refused(call) for call in losers]
    assert len(refusals) == 5
    assert {refusal.what for refusal in refusals} == {
        ("RESOURCE_EXHAUSTED", "KERNEL_LIMIT_REACHED")
    }
    assert refusals[0].facts == {"kernel_limit": "10"}
    assert len(kernels.alive) == 10


async def test_a_kernel_is_got_by_its_id(kernel_stub, kernel):
    """Dead or alive."""
    found = await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel.kernel_id))

    assert found.kernel == kernel


@pytest.mark.covers("KernelService.GetKernel", "KERNEL_NOT_FOUND")
async def test_an_unknown_kernel_is_not_found(kernel_stub):
    """It may have been shut down and forgotten."""
    refusal = await refused(kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id="nobody")))

    assert refusal.what == ("NOT_FOUND", "KERNEL_NOT_FOUND")
    assert refusal.facts == {"kernel_id": "nobody"}


async def test_kernels_are_listed_in_the_order_of_their_creation(
    kernel_stub, session_stub, clock, kernels
):
    """Those of sessions included; by state, if asked for."""
    ids = []
    for path in ("", "a.ipynb", ""):
        clock.ms += 1
        if path:
            request = sessions_pb2.CreateSessionRequest(path=path, wait_ready=True)
            ids.append((await session_stub.CreateSession(request)).session.kernel.kernel_id)
        else:
            request = pb.StartKernelRequest(wait_ready=True)
            ids.append((await kernel_stub.StartKernel(request)).kernel.kernel_id)
    kernels.die(ids[1])

    everything = await kernel_stub.ListKernels(pb.ListKernelsRequest())
    dead = await kernel_stub.ListKernels(pb.ListKernelsRequest(states=[pb.KERNEL_STATE_DEAD]))

    assert [kernel.kernel_id for kernel in everything.kernels] == ids
    assert [kernel.kernel_id for kernel in dead.kernels] == [ids[1]]
