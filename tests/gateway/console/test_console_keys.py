"""The console by keyboard alone: everything can be reached, and left."""

import pytest
from playwright.sync_api import expect

from jupyter_sessions.sync import Client, SessionHandle
from tests.gateway.console.browsers import Console

pytestmark = pytest.mark.slow


PRESS_AT_ONCE = """
    new MutationObserver((_, observer) => {
        if (document.querySelector("button[aria-keyshortcuts=n]")) {
            observer.disconnect();
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "n", bubbles: true}));
        }
    }).observe(document, {childList: true, subtree: true});
"""
"""Press "n" in the moment in which the page says that it is a shortcut: nothing is painted yet."""


def test_a_key_works_as_soon_as_the_page_is_there(console: Console) -> None:
    """I know what to press, and am faster than a busy machine."""
    console.page.add_init_script(PRESS_AT_ONCE)

    console.page.reload()

    expect(console.page.get_by_role("dialog")).to_be_visible()


def test_a_session_is_started_used_and_deleted_by_keyboard(
    console: Console, real_client: Client
) -> None:
    """Some people have no mouse."""
    keys = console.page.keyboard

    keys.press("n")
    expect(console.page.get_by_label("Document")).to_be_focused()
    keys.type("typed.ipynb")
    keys.press("Enter")
    expect(console.code).to_be_visible()

    keys.press("e")
    expect(console.code).to_be_focused()
    keys.type("6 * 7")
    keys.press("Control+Enter")
    expect(console.cells.locator(".result")).to_have_text("42")

    keys.press("Escape")
    keys.press("u")
    expect(console.row("typed.ipynb")).to_be_visible()
    console.row("typed.ipynb").get_by_role("button", name="Delete").focus()
    keys.press("Enter")
    keys.press("Tab")
    expect(console.page.get_by_role("dialog").get_by_role("button", name="Delete")).to_be_focused()
    keys.press("Enter")
    expect(console.row("typed.ipynb")).to_have_count(0)
    assert not real_client.session_exists("typed.ipynb")


def test_tab_goes_through_the_page_and_out_of_it(console: Console, session: SessionHandle) -> None:
    """An editor that keeps the Tab key is a trap."""
    console.open_session(session.session_id)
    console.run_to_end("print('hello')")
    console.code.fill("x = 1")
    console.page.get_by_role("link", name="Jupyter Sessions").focus()
    visited: list[str] = []

    for _ in range(30):
        console.page.keyboard.press("Tab")
        visited.append(console.page.evaluate("document.activeElement.textContent || '<none>'"))
        if visited[-1] == "Run":
            break

    buttons = ["Restart", "Shut down", "Delete"]
    editor = "<none>"  # it has no text of its own
    assert visited == ["Help", "Log out", "← Sessions", *buttons, editor, "Run"]


def test_the_focus_can_be_seen(console: Console, session: SessionHandle) -> None:
    """Who moves by keyboard must see where they are."""
    for name in ("New session", "Help", "Log out"):
        button = console.page.get_by_role("button", name=name)
        console.page.keyboard.press("Tab")  # only keys show the focus, not clicks
        button.focus()

        assert button.evaluate("button => getComputedStyle(button).outlineStyle") == "solid", name


def test_a_dialog_keeps_the_focus_and_gives_it_back(console: Console) -> None:
    """Behind an open dialog nothing is done by accident."""
    button = console.page.get_by_role("button", name="New session")
    button.focus()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_label("Document")).to_be_focused()

    for _ in range(6):
        console.page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert console.page.evaluate(inside)
    console.page.keyboard.press("Escape")

    expect(console.page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


PRESS_AS_IT_CLOSES = """
    document.querySelector("dialog").close();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true}));
"""
"""The field that had the focus in the dialog has it until the next frame."""


def test_a_key_works_as_soon_as_a_dialog_is_closed(console: Console) -> None:
    """I change my mind quickly."""
    console.page.keyboard.press("n")
    expect(console.page.get_by_label("Document")).to_be_focused()

    console.page.evaluate(PRESS_AS_IT_CLOSES)

    expect(console.page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_single_keys_can_be_switched_off(console: Console) -> None:
    """Who speaks to the computer presses letters without wanting to."""
    console.page.keyboard.press("?")
    console.page.get_by_label("Single keys are shortcuts").uncheck()
    console.page.get_by_role("button", name="Close").click()

    console.page.keyboard.press("n")
    console.page.keyboard.press("?")

    expect(console.page.get_by_role("dialog")).to_have_count(0)


def test_what_happens_is_read_out(console: Console, session: SessionHandle) -> None:
    """Who does not see the page hears that their code has ended, and how."""
    console.open_session(session.session_id)

    console.run_to_end("1 / 0")

    expect(console.page.get_by_role("status").first).to_have_text("Code 1: failed")
