"""The console on all screens: wide and narrow, light and dark, for all eyes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from jupyter_sessions.sync import Client, SessionHandle
from tests.e2e.server_process import ServerProcess
from tests.gateway.console.browsers import Console
from tests.gateway.console.crashing import CRASH
from tests.installed import require_node_packages

pytestmark = pytest.mark.slow

CLIENT = Path(__file__).parents[3] / "clients" / "typescript"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LONG_PATH = "reports/2026/a-summary-with-a-name-that-has-no-end-and-no-space-either.ipynb"


@pytest.fixture(scope="module")
def axe() -> str:
    """A program that checks pages for what keeps people out."""
    require_node_packages(CLIENT)
    return Path(CLIENT, "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """What the reader's system prefers."""
    return str(request.param)


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def view(
    request: pytest.FixtureRequest, browser: Browser, real_server: ServerProcess, scheme: str
) -> Iterator[Console]:
    """The console on one of the screens."""
    options = {"viewport": request.param, "color_scheme": scheme}
    opened = Console(browser, real_server.http_url, real_server.token, **options)
    yield opened
    opened.close()


@pytest.fixture
def long_session(real_client: Client) -> Iterator[SessionHandle]:
    """A session with a long path, a dead kernel, and outputs of all kinds."""
    with real_client.open_session(LONG_PATH, delete_on_exit=True) as opened:
        opened.execute("print('word' * 200)\nimport sys; print('warning', file=sys.stderr); 1 / 0")
        opened.execute(
            "from IPython.display import HTML, JSON, display\n"
            "display(HTML('<table><tr>' + '<td>wide</td>' * 60 + '</tr></table>'))\n"
            "display(JSON({'a': 1}))\n"
            r"print('\x1b[31mred\x1b[32mgreen\x1b[33myellow\x1b[34mblue\x1b[35mmagenta\x1b[36mcyan')"
        )
        opened.execute(CRASH)
        yield opened


def sideways(console: Console) -> int:
    """By how many pixels the page is wider than the screen."""
    found: int = console.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


def problems(console: Console, axe: str) -> dict[str, Any]:
    """What keeps people out, and where."""
    console.page.evaluate(axe)
    run = "rules => axe.run(document, {runOnly: rules, iframes: false})"
    found = console.page.evaluate(run, RULES)
    return {
        rule["id"]: [node["html"] + node["failureSummary"] for node in rule["nodes"]]
        for rule in found["violations"]
    }


def test_the_list_fits_and_keeps_nobody_out(
    view: Console, axe: str, long_session: SessionHandle
) -> None:
    """Contrast, names and roles are right, and nothing is beyond the edge of the screen."""
    view.open()
    expect(view.row(LONG_PATH)).to_contain_text("dead")

    assert sideways(view) <= 0
    assert problems(view, axe) == {}


def test_a_session_fits_and_keeps_nobody_out(
    view: Console, axe: str, long_session: SessionHandle
) -> None:
    """The same for outputs of all kinds."""
    view.open_session(long_session.session_id)
    expect(view.cells).to_have_count(3)
    expect(view.cells.nth(1)).to_contain_text("done")

    assert sideways(view) <= 0
    assert problems(view, axe) == {}


def test_dialogs_and_the_login_keep_nobody_out(view: Console, axe: str) -> None:
    """The same for what is asked."""
    view.page.goto(view.http_url)
    expect(view.page.get_by_label("Token")).to_be_visible()
    assert sideways(view) <= 0
    assert problems(view, axe) == {}

    view.open()
    for key in ("n", "?"):
        view.page.keyboard.press(key)
        expect(view.page.get_by_role("dialog")).to_be_visible()
        assert problems(view, axe) == {}
        view.page.keyboard.press("Escape")
        expect(view.page.get_by_role("dialog")).to_have_count(0)


def test_dark_is_dark_and_light_is_light(view: Console, scheme: str) -> None:
    """Whoever works at night is not blinded."""
    view.open()

    colour = view.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    levels = [int(level) for level in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    assert max(levels) < 60 if scheme == "dark" else min(levels) > 200
