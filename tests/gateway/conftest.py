"""What tests of the gateway are given: the gateway, served in this process, over fake kernels."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.app import create_app
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.server import GatewayServer
from jupyter_sessions_server.gateway.service import Service
from jupyter_sessions_server.rpc.server import RpcServer
from tests.conftest import TOKEN


@pytest.fixture
def gateway_config() -> GatewayConfig:
    """The gateway's settings; a test that needs others overrides this fixture."""
    return GatewayConfig(port=0, stop_grace_seconds=1)


@pytest.fixture
def service(server: RpcServer, tasks: asyncio.TaskGroup) -> Service:
    """The contract, in this process."""
    return Service(server.in_process(tasks))


@pytest.fixture
async def gateway(
    service: Service, gateway_config: GatewayConfig, tasks: asyncio.TaskGroup
) -> AsyncIterator[str]:
    """The address of a gateway that listens: `http://127.0.0.1:PORT/`, or below its base URL."""
    with Cursors(None) as cursors:
        server = GatewayServer(create_app(service, cursors, gateway_config), gateway_config)
        await server.start(tasks)
        yield f"http://127.0.0.1:{server.port}{gateway_config.base_url}"
        await server.stop()


@pytest.fixture
async def http(gateway: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that sends the token."""
    headers = {"Authorization": f"token {TOKEN}"}
    async with httpx.AsyncClient(base_url=gateway, headers=headers) as client:
        yield client


@pytest.fixture
async def anonymous(gateway: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client without a token."""
    async with httpx.AsyncClient(base_url=gateway) as client:
        yield client
