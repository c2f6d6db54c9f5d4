"""What a server shows that follows one which was killed: nothing from before what that one told."""

import asyncio

import pytest

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub
from jupyter_sessions_server.config import RpcConfig
from jupyter_sessions_server.model import Owner
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator
from jupyter_sessions_server.rpc.server import RpcServer
from tests.conftest import TOKEN
from tests.sessions.loop_turns import turns
from tests.sessions.running_code import ME
from tests.sessions.servers import Servers, with_kernel

WITH_TOKEN = (("authorization", f"Bearer {TOKEN}"),)


async def session_of(channel):
    """The session's kernel."""
    request = sessions_pb2.GetSessionRequest(path="a.ipynb")
    return (
        await SessionServiceStub(channel).GetSession(request, metadata=WITH_TOKEN)
    ).session.kernel


async def kernel_of(channel):
    """The kernel by itself."""
    request = kernels_pb2.GetKernelRequest(kernel_id="k1")
    return (await KernelServiceStub(channel).GetKernel(request, metadata=WITH_TOKEN)).kernel


@pytest.mark.parametrize("shown", [session_of, kernel_of])
async def test_a_kernel_that_was_ready_is_not_shown_as_starting(
    tmp_path, kernels, clock, tasks, shown
):
    """Its state was not stored, and the journal is yet to be read again."""
    servers = Servers(tmp_path, kernels, clock)
    async with servers.start(killed=True) as domain:
        await with_kernel(domain)
    kernels.may_read.clear()

    async with servers.start() as domain:
        server = RpcServer(
            RpcConfig(port=0),
            authenticator=TokenAuthenticator(TOKEN, Owner(ME)),
            sessions=domain.sessions,
            executions=domain.executions,
            queries=domain.queries,
            connections=domain.connections,
        )
        answer = asyncio.ensure_future(shown(server.in_process(tasks)))
        await turns(10)
        kernels.may_read.set()

        assert (await answer).state == kernels_pb2.KERNEL_STATE_IDLE
