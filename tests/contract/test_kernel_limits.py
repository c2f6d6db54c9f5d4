"""What ends kernels, and keeps them from being started, as callers see it."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions.v1 import sessions_pb2
from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.sessions.idle import KernelCuller
from jupyter_sessions_server.sessions.usage import UsageSweep
from tests.refusals import refused
from tests.waiting import until

KERNELS = KernelConfig(
    kernel_limit=2,
    policy=KernelPolicy(idle_cull_seconds=60, memory_limit_bytes=10_000, restart_limit=1),
)


@pytest.fixture
def config(config):
    """Two kernels at once; each has a minute, 10 kB, and a second life."""
    return replace(config, kernels=KERNELS)


@pytest.fixture
def get(kernel_stub):
    """Calls GetKernel."""

    async def get(kernel_id):
        return (await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel_id))).kernel

    return get


@pytest.fixture
async def dead(kernel_stub, session):
    """The session's kernel, shut down."""
    request = pb.ShutDownKernelRequest(kernel_id=session.kernel.kernel_id)
    return (await kernel_stub.ShutDownKernel(request)).kernel


@pytest.mark.covers("KernelService.RestartKernel", "KERNEL_LIMIT_REACHED")
async def test_a_dead_kernel_is_restarted_only_if_there_is_room(kernel_stub, dead, get, kernels):
    """The limit is on processes, however they came to be."""
    for _ in range(2):
        await kernel_stub.StartKernel(pb.StartKernelRequest())
    request = pb.RestartKernelRequest(kernel_id=dead.kernel_id)

    refusal = await refused(kernel_stub.RestartKernel(request))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "KERNEL_LIMIT_REACHED")
    assert refusal.facts == {"kernel_limit": "2"}
    assert await get(dead.kernel_id) == dead
    assert len(kernels.alive) == 2


async def test_a_kernel_that_lives_is_restarted_at_the_limit(kernel_stub, kernel, kernels):
    """It is one process less and one more."""
    await kernel_stub.StartKernel(pb.StartKernelRequest())
    request = pb.RestartKernelRequest(kernel_id=kernel.kernel_id)

    restarted = await kernel_stub.RestartKernel(request)

    assert restarted.kernel.restart_count == 1


async def test_a_restarted_kernel_counts_from_the_first(kernel_stub, dead, kernels):
    """Else as many as wanted would get through while it starts."""
    await kernel_stub.StartKernel(pb.StartKernelRequest())
    kernels.may_start.clear()
    restart = kernel_stub.RestartKernel(pb.RestartKernelRequest(kernel_id=dead.kernel_id))
    await kernels.held_up(1)

    refusal = await refused(kernel_stub.StartKernel(pb.StartKernelRequest()))
    kernels.may_start.set()

    assert refusal.reason == "KERNEL_LIMIT_REACHED"
    assert (await restart).kernel.restart_count == 1


async def test_a_culled_kernel_is_dead_and_its_session_stays(
    session_stub, session, kernel_manager, clock
):
    """One sees why it went, and restarts it."""
    clock.go_on(60)
    culler = KernelCuller(kernel_manager=kernel_manager, clock=clock, config=KERNELS)

    await culler.cull()

    found = await session_stub.GetSession(sessions_pb2.GetSessionRequest(path="a.ipynb"))
    assert found.session.kernel.state == pb.KERNEL_STATE_DEAD
    assert found.session.kernel.exit.cause == pb.KERNEL_EXIT_CAUSE_CULLED
    assert found.session.revision == session.revision


async def test_what_a_kernel_takes_of_the_machine_is_told(kernel, kernels, kernel_manager, get):
    """With the time it was measured, since that is a while ago."""
    kernels.memory[kernel.kernel_id] = 5_000

    await UsageSweep(kernel_manager=kernel_manager, host=kernels, config=KERNELS).sweep()

    usage = (await get(kernel.kernel_id)).usage
    assert not kernel.HasField("usage")
    assert (usage.memory_bytes, usage.cpu_time.ToMilliseconds()) == (5_000, 2_500)
    assert usage.measure_time.ToMilliseconds() == kernel.start_time.ToMilliseconds()


async def test_a_kernel_over_its_memory_limit_is_restarted_and_then_dead(
    kernel, kernels, kernel_manager, get
):
    """Within the limit of restarts, as after any other end of its own."""
    sweep = UsageSweep(kernel_manager=kernel_manager, host=kernels, config=KERNELS)
    kernels.memory[kernel.kernel_id] = 10_001
    await sweep.sweep()
    await until(lambda: len(kernels.launches) == 2)
    await until(lambda: kernels.alive)
    restarted = await get(kernel.kernel_id)

    while kernels.alive:  # a kernel that is being restarted is left for the next look
        await sweep.sweep()

    ended = await get(kernel.kernel_id)
    assert restarted.restart_count == 1
    assert ended.exit.cause == pb.KERNEL_EXIT_CAUSE_OUT_OF_MEMORY
    assert not ended.HasField("usage")


@pytest.mark.parametrize("rpc", ["CreateSession", "StartKernel"])
async def test_a_directory_that_is_not_there_is_refused_by_name(
    session_stub, kernel_stub, kernels, rpc
):
    """Before a process is started, whose own words for it would be strange."""
    kernels.missing_directories.add("/gone")
    calls = {
        "CreateSession": lambda: session_stub.CreateSession(
            sessions_pb2.CreateSessionRequest(path="a.ipynb", cwd="/gone")
        ),
        "StartKernel": lambda: kernel_stub.StartKernel(pb.StartKernelRequest(cwd="/gone")),
    }

    refusal = await refused(calls[rpc]())

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.facts == {"field": "cwd"}
    assert not kernels.launches


async def test_a_start_that_fails_is_in_the_log(kernel_stub, caplog):
    """With its reason, and without the environment, in which secrets may be."""
    request = pb.StartKernelRequest(kernel_name="broken", env={"PASSWORD": "geheim"})

    await refused(kernel_stub.StartKernel(request))

    assert "kernel start failed broken: no such program" in caplog.text
    assert "geheim" not in caplog.text
