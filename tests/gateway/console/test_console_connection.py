"""Logging in and out, and a server that goes and comes back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from jupyter_sessions.sync import SessionHandle
from tests.e2e.server_process import ServerProcess
from tests.gateway.console.browsers import Console
from tests.ports import lasting_port

pytestmark = pytest.mark.slow


@pytest.fixture
def stranger(browser: Browser, real_server: ServerProcess) -> Console:
    """The console in a browser that has not logged in."""
    return Console(browser, real_server.http_url, real_server.token)


def test_the_token_does_not_stay_in_the_address(console: Console) -> None:
    """An address is shared, bookmarked and photographed; a token must not be."""
    assert console.page.url == console.http_url
    assert console.page.evaluate("document.cookie").find(console.token) == -1


def test_logging_in_leads_to_where_one_wanted_to_go(
    stranger: Console, session: SessionHandle
) -> None:
    """A link to a session works for who must log in first."""
    stranger.page.goto(stranger.http_url)
    expect(stranger.page).to_have_url(re.compile("/login"))

    stranger.page.get_by_label("Token").fill("wrong")
    stranger.page.keyboard.press("Enter")
    expect(stranger.page.get_by_role("alert")).to_have_text("The server does not know this token.")
    stranger.page.get_by_label("Token").fill(stranger.token)
    stranger.page.keyboard.press("Enter")

    expect(stranger.page).to_have_url(stranger.http_url)
    expect(stranger.row("a.ipynb")).to_be_visible()
    stranger.close()


def test_logging_out_ends_the_login(console: Console) -> None:
    """On a shared machine the next person sees nothing."""
    console.page.get_by_role("button", name="Log out").click()
    expect(console.page).to_have_url(re.compile("/login"))

    console.page.goto(console.http_url)

    expect(console.page).to_have_url(re.compile("/login"))


def test_a_login_that_has_ended_is_told(console: Console, session: SessionHandle) -> None:
    """A list that no longer changes would be taken for the truth."""
    console.page.context.clear_cookies()

    expect(console.page.get_by_role("heading", name="Your login has ended")).to_be_visible()
    console.page.get_by_role("button", name="Log in").click()
    expect(console.page.get_by_label("Token")).to_be_visible()


def test_a_session_that_does_not_exist_is_told(console: Console) -> None:
    """Old links lead somewhere."""
    console.page.goto(f"{console.http_url}#/sessions/gone")

    heading = console.page.get_by_role("heading", name="This session does not exist")
    expect(heading).to_be_visible()
    console.page.get_by_role("link", name="All sessions").click()
    expect(console.page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()


@pytest.mark.timeout(120)  # two starts of a server
def test_a_server_that_is_replaced_is_told_and_outputs_go_on(
    browser: Browser, make_real_server: Callable[[], ServerProcess]
) -> None:
    """Nobody reloads a page because a server was upgraded; no line of a cell is lost."""
    server = make_real_server()
    server.flags += ["--http-port", str(lasting_port())]
    server.start()
    with server.connect() as client:
        session_id = client.create_session("a.ipynb", wait_ready=True).session_id
    console = Console(browser, server.http_url, server.token).open_session(session_id)
    cell = console.run("print('before')\nanswer = input('Go on? ')\nprint('after', answer)")
    expect(cell.get_by_label("Go on?")).to_be_visible()

    server.flags += ["--token", server.token]
    server.stop()
    expect(console.page.get_by_role("alert").first).to_contain_text("The server cannot be reached.")
    expect(console.page.locator(".connection")).to_have_text("Offline")
    server.restart()

    expect(console.page.locator(".connection")).to_have_text("Live")
    cell.get_by_label("Go on?").fill("yes")
    cell.get_by_role("button", name="Answer").click()
    expect(cell.locator(".stream")).to_have_text("before\nafter yes\n")
    console.close()
    assert console.complaints == []
