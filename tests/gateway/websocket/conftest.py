"""What tests of the WebSocket are given: a kernel, and front ends that connect to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.gateway.websocket.front_end import FrontEnd, connect


@pytest.fixture
async def kernel_id(http) -> str:
    """A kernel that is ready."""
    started = (await http.post("api/kernels", json={})).json()["id"]
    while (await http.get(f"api/kernels/{started}")).json()["execution_state"] == "starting":
        pass
    return started


@pytest.fixture
def connected(gateway, kernel_id):
    """Connects front ends to the kernel, each for a block."""

    @asynccontextmanager
    async def connected(
        session: str | None = "me", *, v1: bool = False, **options
    ) -> AsyncIterator[FrontEnd]:
        async with connect(gateway, kernel_id, session, v1=v1, **options) as socket:
            yield FrontEnd(socket, session or "me")

    return connected


@pytest.fixture(params=["default", "v1"])
def v1(request) -> bool:
    """Both formats."""
    return request.param == "v1"
