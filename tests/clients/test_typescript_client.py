"""The TypeScript client: its own checks and tests, and its example against a real server."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.server_process import new_server
from tests.installed import require_node_packages

CLIENT = Path(__file__).parents[2] / "clients" / "typescript"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """What the client and its tests need."""
    require_node_packages(CLIENT)


def npm(script: str, **environment: str) -> str:
    """Run a script of package.json; what it printed. Fails if it does."""
    ran = subprocess.run(
        ["npm", "run", "--silent", script],  # noqa: S607
        cwd=CLIENT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_types_and_format_are_right() -> None:
    """The client is typed strictly, as the Python one is."""
    npm("check")


def test_its_own_tests_pass() -> None:
    """They are written in its own language, beside it."""
    assert "fail 0" in npm("test")


def test_the_example_runs() -> None:
    """What a reader copies works as it stands."""
    with new_server() as server:
        server.start()
        environment = {
            "JUPYTER_SESSIONS_URL": server.http_url,
            "JUPYTER_SESSIONS_TOKEN": server.token,
        }
        printed = npm("example", **environment)

    assert "line 0\nline 1\nline 2\n42" in printed
    assert "FAILED: ZeroDivisionError: division by zero" in printed
