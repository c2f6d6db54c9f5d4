"""What tests of the REST API are given: gateways with the settings they need, and shorthands.

`jupyter` and `stranger` are clients of our gateway and, by name (-m slow), of jupyter_server:
what tests with them expect is what clients of it rely on.
"""

import uuid
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.app import create_app
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.listening import listen
from jupyter_sessions_server.gateway.server import GatewayServer
from tests.conftest import TOKEN
from tests.gateway.rest.stock import stock_server
from tests.waiting import until

MAX_BODY_BYTES = 64 * 1024
WITH_TOKEN = {"authorization": f"token {TOKEN}"}


@pytest.fixture
def gateway_config():
    """Bodies are small enough to be exceeded, and documents are where the fakes have them."""
    return GatewayConfig(
        port=0, root_dir=Path("/root"), max_body_bytes=MAX_BODY_BYTES, stop_grace_seconds=1
    )


@pytest.fixture
async def serve(service, gateway_config, tasks):
    """Serves a gateway with some settings changed; returns its address."""
    servers = []

    async def serve(over=service, **changes):
        config = replace(gateway_config, **changes)
        server = GatewayServer(create_app(over, Cursors(None), config), config)
        await server.start(tasks, listen("127.0.0.1", 0))
        servers.append(server)
        return f"http://127.0.0.1:{server.port}{config.base_url}"

    yield serve
    for server in servers:
        await server.stop()


@pytest.fixture(scope="session")
def stock(tmp_path_factory):
    """The address of a jupyter_server, with the same token."""
    with stock_server(tmp_path_factory.mktemp("stock"), TOKEN) as address:
        yield address


@pytest.fixture(params=["ours", pytest.param("stock", marks=pytest.mark.slow)])
def either(request):
    """The address of our gateway, or of a jupyter_server."""
    return request.getfixturevalue("gateway" if request.param == "ours" else "stock")


@pytest.fixture
async def jupyter(either):
    """A client of either, with the token."""
    async with httpx.AsyncClient(base_url=either, headers=WITH_TOKEN, timeout=20) as client:
        yield client


@pytest.fixture
async def stranger(either):
    """A client of either, without a token."""
    async with httpx.AsyncClient(base_url=either, timeout=20) as client:
        yield client


@pytest.fixture
def path():
    """A document that no other test has."""
    return f"{uuid.uuid4().hex}.ipynb"


@pytest.fixture
def new_session(http):
    """Creates a session by REST; returns its model."""

    async def create(path="a.ipynb", **more):
        response = await http.post("api/sessions", json={"path": path, "type": "notebook", **more})
        assert response.status_code == 201, response.text
        return response.json()

    return create


@pytest.fixture
def new_kernel(http):
    """Starts a kernel by REST; returns its model."""

    async def start(**body):
        response = await http.post("api/kernels", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    return start


@pytest.fixture
def killed(kernels, kernel_manager):
    """Kills a kernel, and returns when the service knows."""

    async def kill(kernel_id):
        kernels.die(kernel_id)
        await until(lambda: kernel_id not in kernel_manager)

    return kill
