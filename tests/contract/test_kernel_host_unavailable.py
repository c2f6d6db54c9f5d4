"""When what starts and ends kernels cannot be reached: kernels go on, and callers may retry."""

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions.v1 import sessions_pb2
from tests.refusals import refused
from tests.waiting import until

UNAVAILABLE = ("UNAVAILABLE", "KERNEL_HOST_UNAVAILABLE")


@pytest.fixture
async def kernel_id(session_stub, kernel_stub, kernels):
    """A session's kernel that runs, and whose host has just become unreachable."""
    request = sessions_pb2.CreateSessionRequest(path="a.ipynb", wait_ready=True)
    created = await session_stub.CreateSession(request)
    kernels.reachable = False
    return created.session.kernel.kernel_id


@pytest.mark.covers("KernelService", "KERNEL_HOST_UNAVAILABLE")
@pytest.mark.parametrize("rpc", ["Interrupt", "Restart", "ShutDown"])
async def test_a_kernel_stays_as_it_is(kernel_stub, kernel_id, rpc):
    """It is not called dead, for it is not."""
    request = getattr(pb, f"{rpc}KernelRequest")(kernel_id=kernel_id)

    refusal = await refused(getattr(kernel_stub, f"{rpc}Kernel")(request))

    shown = await kernel_stub.GetKernel(pb.GetKernelRequest(kernel_id=kernel_id))
    assert refusal.what == UNAVAILABLE
    assert (shown.kernel.state, shown.kernel.restart_count) == (pb.KERNEL_STATE_IDLE, 0)


@pytest.mark.parametrize("rpc", ["Restart", "ShutDown"])
async def test_a_retry_succeeds_when_it_is_back(kernel_stub, kernels, kernel_id, rpc):
    """Nothing of the failed call stands in its way."""
    request = getattr(pb, f"{rpc}KernelRequest")(kernel_id=kernel_id)
    await refused(getattr(kernel_stub, f"{rpc}Kernel")(request))
    kernels.reachable = True

    answer = await getattr(kernel_stub, f"{rpc}Kernel")(request)

    assert answer.kernel.kernel_id == kernel_id


async def test_a_kernel_can_be_used_meanwhile(session_stub, kernel_id):
    """What runs does not need what started it."""
    request = sessions_pb2.GetSessionRequest(path="a.ipynb")

    shown = await session_stub.GetSession(request)

    assert shown.session.kernel.state == pb.KERNEL_STATE_IDLE


@pytest.mark.covers("SessionService", "KERNEL_HOST_UNAVAILABLE")
async def test_a_session_that_needs_a_kernel_is_not_created(session_stub, kernels):
    """All or nothing, as ever."""
    kernels.reachable = False

    refusal = await refused(
        session_stub.CreateSession(sessions_pb2.CreateSessionRequest(path="a.ipynb"))
    )

    exists = await session_stub.SessionExists(sessions_pb2.SessionExistsRequest(path="a.ipynb"))
    assert refusal.what == UNAVAILABLE
    assert not exists.exists


async def test_a_session_of_a_running_kernel_is_created(session_stub, kernels, kernel_id):
    """It needs nothing that is not there."""
    request = sessions_pb2.CreateSessionRequest(path="b.ipynb", kernel_id=kernel_id)

    created = await session_stub.CreateSession(request)

    await until(lambda: kernel_id in kernels.alive)
    assert created.session.kernel.kernel_id == kernel_id
