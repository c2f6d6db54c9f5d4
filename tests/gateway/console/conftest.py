"""Fixtures: the console in a real browser, in front of a server with real kernels."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from jupyter_sessions.sync import Client, SessionHandle
from tests.e2e.server_process import ServerProcess, new_server
from tests.gateway.console.browsers import Console
from tests.installed import new_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that the tests of a file share."""
    with new_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def real_server(browser: Browser) -> Iterator[ServerProcess]:
    """A server that the tests of a file share; none is started where there is no browser."""
    with new_server() as server:
        yield server.start()


@pytest.fixture(scope="module")
def real_client(real_server: ServerProcess) -> Iterator[Client]:
    """Another client of the server: a program, or a person elsewhere."""
    with real_server.connect() as connected:
        yield connected


@pytest.fixture
def session(real_client: Client) -> Iterator[SessionHandle]:
    """A session with a fresh kernel, which end with the test."""
    with real_client.open_session("a.ipynb", delete_on_exit=True) as opened:
        yield opened


@pytest.fixture
def make_real_server() -> Iterator[Callable[[], ServerProcess]]:
    """Makes servers for one test alone, yet to be started."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(new_server())


@pytest.fixture
def console(browser: Browser, real_server: ServerProcess) -> Iterator[Console]:
    """The console, logged in; no test may make the browser complain, unless it attacks it."""
    opened = Console(browser, real_server.http_url, real_server.token)
    yield opened.open()
    opened.close()
    assert opened.is_attacked or opened.complaints == []
