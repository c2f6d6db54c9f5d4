"""Fixtures: the command line, run in this process against the fake server."""

import asyncio
import sys
from pathlib import Path

import pytest

from jupyter_sessions.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "clients"))  # the fake is shared with its tests
from fake_service import FakeService, serve

PROGRAM = "import sys; from jupyter_sessions.cli import main; sys.exit(main())"


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No server of this machine is found, and no variable names one."""
    monkeypatch.delenv("JUPYTER_SESSIONS_TARGET", raising=False)
    monkeypatch.delenv("JUPYTER_SESSIONS_TOKEN", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
async def fake(monkeypatch):
    """The fake service; commands find it by JUPYTER_SESSIONS_TARGET."""
    fake = FakeService()
    server = await serve(fake)
    monkeypatch.setenv("JUPYTER_SESSIONS_TARGET", fake.target)
    yield fake
    await server.stop(grace=None)


@pytest.fixture
def run(capsys):
    """Run a command; returns its exit code and what it wrote to stdout and stderr."""

    async def run(*argv):
        code = await asyncio.to_thread(main, argv)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def start():
    """Start a command as a process of its own."""

    async def start(*argv, stderr=asyncio.subprocess.PIPE):
        return await asyncio.create_subprocess_exec(
            *[
                sys.executable,
                "-c",
                "import sys; from jupyter_sessions.cli import main; sys.exit(main())",
            ],
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )

    return start
