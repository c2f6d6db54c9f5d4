"""Fixtures: servers in processes of their own, with real kernels."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jupyter_sessions.sync import Client, SessionHandle
from tests.e2e.server_process import ServerProcess, new_server


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server that the tests of a file share: each uses a session of its own."""
    with new_server() as server:
        yield server.start()


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the shared server."""
    with server.connect() as connected:
        yield connected


@pytest.fixture
def session(client: Client) -> Iterator[SessionHandle]:
    """A session with a fresh kernel, which end with the test."""
    with client.open_session("a.ipynb", delete_on_exit=True) as opened:
        yield opened


@pytest.fixture
def make_server() -> Iterator[Callable[[], ServerProcess]]:
    """Makes servers for one test alone, yet to be started."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(new_server())


@pytest.fixture
def own_server(make_server: Callable[[], ServerProcess]) -> ServerProcess:
    """A server for one test alone, yet to be started."""
    return make_server()
