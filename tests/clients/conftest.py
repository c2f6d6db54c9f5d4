"""Fixtures: a fake server in this process, and an asyncio client of it."""

import pytest
from fake_service import FakeService, serve

import jupyter_sessions


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No server of this machine is found, and no variable names one."""
    monkeypatch.delenv("JUPYTER_SESSIONS_TARGET", raising=False)
    monkeypatch.delenv("JUPYTER_SESSIONS_TOKEN", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
async def fake():
    """The fake service; it listens at `fake.target`."""
    fake = FakeService()
    server = await serve(fake)
    yield fake
    await server.stop(grace=None)


@pytest.fixture
async def client(fake):
    """An asyncio client of the fake."""
    async with jupyter_sessions.connect(fake.target, "secret") as client:
        yield client
