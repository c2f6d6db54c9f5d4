"""The contract over HTTP: a uvicorn in the test's process, before a server with fake kernels."""

import httpx
import pytest
from starlette.applications import Starlette

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.access import token_of
from jupyter_sessions_server.gateway.connect import connect_routes
from jupyter_sessions_server.gateway.server import GatewayServer
from tests.conftest import TOKEN
from tests.gateway.connect.fake_channel import FakeChannel
from tests.gateway.connect.speaking import Caller

MAX_BODY_BYTES = 64 * 1024


@pytest.fixture
def serve(tasks):
    """Serves what a channel leads to; returns the address that RPCs' names follow."""
    servers = []

    async def serve(channel):
        routes = connect_routes(
            channel,
            token_of=token_of(GatewayConfig()),
            max_body_bytes=MAX_BODY_BYTES,
            base_url="/base/",
        )
        config = GatewayConfig(port=0, stop_grace_seconds=1)
        servers.append(GatewayServer(Starlette(routes=routes), config))
        await servers[-1].start(tasks)
        return f"http://127.0.0.1:{servers[-1].port}/base/jupyter_sessions.v1."

    serve.servers = servers
    return serve


@pytest.fixture
async def served(serve):
    """The same; who is served is stopped after the test."""
    yield serve
    for server in serve.servers:
        await server.stop()


@pytest.fixture(params=["in process", "remote"])
async def address(request, served, server, channel, tasks):
    """The address of the service's RPCs, behind either kind of channel."""
    return await served(server.in_process(tasks) if request.param == "in process" else channel)


@pytest.fixture
async def http(served):
    """An HTTP client with the token; closed before the server is, which else would wait for it."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        yield client


@pytest.fixture
def caller(http, address):
    """Calls RPCs with the token."""
    return Caller(http, address)


@pytest.fixture
def fake_channel():
    """A service of which a test decides what it answers."""
    return FakeChannel()


@pytest.fixture
async def fake_caller(http, served, fake_channel):
    """Calls its RPCs."""
    return Caller(http, await served(fake_channel))


@pytest.fixture
async def kernel_id(caller):
    """A kernel that is ready."""
    response = await caller.json("KernelService/StartKernel", {"waitReady": True})
    return response.json()["kernel"]["kernelId"]
