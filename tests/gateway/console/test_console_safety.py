"""What code prints or is called cannot reach the page, its login, or the network."""

import json

import pytest
from playwright.sync_api import expect

from jupyter_sessions.sync import Client, SessionHandle
from tests.gateway.console.browsers import Console

pytestmark = pytest.mark.slow

EVIL = "<img src=x onerror=\"document.title='reached'\"><script>document.title='reached'</script>"

ATTEMPTS = """
<pre id="log">running</pre>
<script>
const attempts = {
  "the page": () => parent.document.title = "reached",
  "the page's address": () => { top.location = "about:blank"; },
  "cookies": () => document.cookie,
  "storage": () => localStorage.length,
  "a dialog": () => { if (confirm("?")) throw Error; return "shown"; },
  "a window": () => { if (!open("about:blank")) throw new Error("refused"); },
};
const reached = [];
for (const [name, attempt] of Object.entries(attempts)) {
  try { attempt(); if (name !== "a dialog") reached.push(name); } catch {}
}
const requests = {
  "the API": () => fetch("/api/sessions", { credentials: "include" }),
  "the network": () => fetch("http://127.0.0.1:9/", { mode: "no-cors" }),
};
Promise.all(Object.entries(requests).map(([name, request]) =>
  request().then(() => reached.push(name), () => {})
)).then(() => { document.getElementById("log").textContent = JSON.stringify(reached); });
</script>
"""


def shown_html(html: str) -> str:
    """Code that shows HTML."""
    return f"from IPython.display import HTML\nHTML({html!r})"


def test_html_runs_its_scripts_and_reaches_nothing(
    console: Console, session: SessionHandle
) -> None:
    """A table from a stranger's data must not delete the reader's sessions."""
    console.is_attacked = True
    console.open_session(session.session_id)

    cell = console.run_to_end(shown_html(ATTEMPTS))

    log = cell.frame_locator("iframe").locator("#log")
    expect(log).not_to_have_text("running")
    assert json.loads(log.inner_text()) == []
    expect(console.page).to_have_title("a.ipynb · Jupyter Sessions")


def test_html_cannot_replace_the_page_or_its_frame(
    console: Console, session: SessionHandle
) -> None:
    """Another site in the frame could ask for the token."""
    console.is_attacked = True
    console.open_session(session.session_id)
    address = console.page.url
    html = "<script>location = 'http://127.0.0.1:9/'</script><p>still here</p>"

    with console.page.expect_console_message(lambda message: "frame-src" in message.text):
        console.run_to_end(shown_html(html))

    frames = [frame.url for frame in console.page.frames[1:]]
    assert not any(url.startswith("http://127.0.0.1:9/") for url in frames)
    assert console.page.url == address


def test_a_frame_can_only_tell_its_height(console: Console, session: SessionHandle) -> None:
    """An output that says it is a mile high must not push everything else away."""
    console.open_session(session.session_id)
    html = "<script>parent.postMessage({height: 1e9, html: '<b>x</b>', ready: 1}, '*')</script>"

    cell = console.run_to_end(shown_html(html))

    frame = cell.locator("iframe")
    expect(frame).to_be_visible()
    box = frame.bounding_box()
    assert box is not None
    assert box["height"] <= 1200


def test_a_picture_does_not_run_its_scripts(console: Console, session: SessionHandle) -> None:
    """SVG can hold scripts, and is a picture here."""
    console.open_session(session.session_id)
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
        "<script>parent.document.title='reached'</script></svg>"
    )

    cell = console.run_to_end(f"from IPython.display import SVG\nSVG({svg!r})")

    expect(cell.locator("img.picture")).to_be_visible()
    expect(console.page).to_have_title("a.ipynb · Jupyter Sessions")


def test_text_is_text(console: Console, session: SessionHandle) -> None:
    """Printed HTML is shown as it was printed; so is what an error or a question says."""
    console.open_session(session.session_id)

    written = console.run_to_end(f"print({EVIL!r})")
    raised = console.run_to_end(f"raise ValueError({EVIL!r})")
    asked = console.run(f"input({EVIL!r})")

    expect(written.locator(".stream")).to_have_text(f"{EVIL}\n")
    expect(raised.locator("pre.error")).to_contain_text(EVIL)
    expect(asked.locator("label")).to_have_text(EVIL)
    expect(console.page).to_have_title("a.ipynb · Jupyter Sessions")


def test_names_and_paths_are_text(console: Console, real_client: Client) -> None:
    """A document may be called anything."""
    created = real_client.create_session(f"{EVIL}.ipynb", name=EVIL, type=EVIL)

    row = console.row(f"{EVIL}.ipynb")
    expect(row).to_contain_text(f"{EVIL} · {EVIL} · default")
    row.get_by_role("link").click()
    expect(console.page.get_by_role("heading", level=1)).to_have_text(f"{EVIL}.ipynb")
    expect(console.page).to_have_title(f"{EVIL}.ipynb · Jupyter Sessions")

    real_client.delete_session(created.session_id)
