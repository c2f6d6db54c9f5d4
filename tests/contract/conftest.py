"""What tests of the contract begin with: a session, and a kernel without one."""

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2, sessions_pb2
from tests.contract.connecting import FrontEnds


@pytest.fixture
async def session(session_stub) -> sessions_pb2.Session:
    """The session of a.ipynb, its kernel ready."""
    request = sessions_pb2.CreateSessionRequest(path="a.ipynb", wait_ready=True)
    return (await session_stub.CreateSession(request)).session


@pytest.fixture
async def kernel(kernel_stub) -> kernels_pb2.Kernel:
    """A kernel that no session uses, ready."""
    request = kernels_pb2.StartKernelRequest(wait_ready=True)
    return (await kernel_stub.StartKernel(request)).kernel


@pytest.fixture
def run(execution_stub):
    """Runs code, and answers with all events of it."""

    async def run(**fields):
        request = executions_pb2.ExecuteRequest(**fields)
        return [event async for batch in execution_stub.Execute(request) for event in batch.events]

    return run


@pytest.fixture
def connected(channel_stub):
    """Connects front ends to kernels' channels, each for a block."""
    return FrontEnds(channel_stub).connected


@pytest.fixture
def hang_up(kernel_stub):
    """Cancels a call, and returns when the server has heard of it."""

    async def hang_up(call):
        call.cancel()
        await call.code()
        for _ in range(3):  # what is asked later on the connection is answered after it
            await kernel_stub.ListKernelSpecs(kernels_pb2.ListKernelSpecsRequest())

    return hang_up
