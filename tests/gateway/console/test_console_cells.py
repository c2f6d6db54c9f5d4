"""Code in the console: outputs by their types, as they come, whatever happens to the page."""

import re

import pytest
from playwright.sync_api import Browser, expect

from jupyter_sessions.sync import SessionHandle
from tests.e2e.server_process import ServerProcess
from tests.gateway.console.browsers import Console

pytestmark = pytest.mark.slow

RED_DOT_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4O"
    "HwAAAABJRU5ErkJggg=="
)


def test_a_value_and_what_was_written_are_shown(console: Console, session: SessionHandle) -> None:
    """The first thing anybody tries."""
    console.open_session(session.session_id)

    cell = console.run_to_end("print('hello')\n6 * 7")

    expect(cell.locator(".stream.stdout")).to_have_text("hello\n")
    expect(cell.locator(".result")).to_have_text("42")
    expect(cell.locator(".count")).to_have_text("[1]")


def test_an_error_has_its_traceback_in_colours(console: Console, session: SessionHandle) -> None:
    """A traceback is read by its colours."""
    console.open_session(session.session_id)

    cell = console.run_to_end("1 / 0")

    error = cell.get_by_role("group", name="Error: ZeroDivisionError: division by zero")
    expect(error.locator(".ansi-red", has_text="ZeroDivisionError").first).to_be_visible()
    expect(error).not_to_contain_text("\x1b")


def test_outputs_come_as_they_are_written(console: Console, session: SessionHandle) -> None:
    """Whoever waits for a long cell sees how far it is."""
    console.open_session(session.session_id)

    cell = console.run("import time\nprint('begun')\ntime.sleep(60)")

    expect(cell.locator(".stream")).to_have_text("begun\n")
    expect(cell.locator(".ending")).to_contain_text("runs")
    cell.get_by_role("button", name="Stop").click()
    expect(cell.locator(".ending")).to_contain_text("cancelled")


def test_images_json_and_html_are_shown_as_what_they_are(
    console: Console, session: SessionHandle
) -> None:
    """A plot is a picture, a table is a table."""
    console.open_session(session.session_id)

    cell = console.run_to_end(
        "from base64 import b64decode\n"
        "from IPython.display import HTML, JSON, Image, display\n"
        f"display(Image(b64decode('{RED_DOT_PNG}')))\n"
        "display(JSON({'answer': 42}))\n"
        "display(HTML('<table><tr><td>a cell</td></tr></table>'))"
    )

    picture = cell.locator("img.picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 5
    expect(cell.locator("pre.json")).to_contain_text('"answer": 42')
    table = cell.frame_locator("iframe").get_by_role("cell", name="a cell")
    expect(table).to_be_visible()


def test_lines_that_are_written_over_are_shown_once(
    console: Console, session: SessionHandle
) -> None:
    """A progress bar is one line."""
    console.open_session(session.session_id)

    cell = console.run_to_end("print('10 %\\r20 %\\r100 %\\nab\\b\\bcd')")

    expect(cell.locator(".stream")).to_have_text("100 %\ncd\n")


def test_of_very_long_text_the_end_is_shown(console: Console, session: SessionHandle) -> None:
    """50,000 lines must not freeze the page; and nothing is left out in silence."""
    console.open_session(session.session_id)

    cell = console.run_to_end("for i in range(50_000): print('line', i)")

    expect(cell.locator(".stream")).to_contain_text("line 49999")
    expect(cell.locator(".gap")).to_have_text("48,000 earlier lines are not shown.")


def test_a_question_is_answered(console: Console, session: SessionHandle) -> None:
    """Code may ask; the focus is where the answer goes."""
    console.open_session(session.session_id)
    cell = console.run("name = input('Your name? ')\nname.upper()")
    expect(cell.get_by_label("Your name?")).to_be_focused()

    console.page.keyboard.type("ada")
    console.page.keyboard.press("Enter")

    expect(cell.locator(".result")).to_have_text("'ADA'")
    expect(cell.get_by_label("Your name?")).to_have_count(0)


def test_a_password_is_not_shown(console: Console, session: SessionHandle) -> None:
    """Somebody may look over the shoulder."""
    console.open_session(session.session_id)

    cell = console.run("from getpass import getpass\nlen(getpass('Secret: '))")

    expect(cell.get_by_label("Secret:")).to_have_attribute("type", "password")
    cell.get_by_label("Secret:").fill("four")
    cell.get_by_role("button", name="Answer").click()
    expect(cell.locator(".result")).to_have_text("4")


def test_code_that_runs_survives_a_reload(console: Console, session: SessionHandle) -> None:
    """A closed lid or a lost tab costs no output."""
    console.open_session(session.session_id)
    console.run("print('before')\nanswer = input('Go on? ')\nprint('after', answer)")
    expect(console.cells.locator(".stream")).to_have_text("before\n")

    console.page.reload()

    cell = console.cells.last
    expect(cell.locator(".stream")).to_have_text("before\n")
    cell.get_by_label("Go on?").fill("yes")
    cell.get_by_role("button", name="Answer").click()
    expect(cell.locator(".stream")).to_have_text("before\nafter yes\n")
    expect(cell.locator(".ending")).to_contain_text("done")


def test_what_was_being_written_survives_a_reload(console: Console, session: SessionHandle) -> None:
    """Code that was not run yet is work, too."""
    console.open_session(session.session_id)
    console.code.fill("unfinished = ")

    console.page.reload()

    expect(console.code).to_have_value("unfinished = ")


def test_code_that_others_run_is_shown(console: Console, session: SessionHandle) -> None:
    """Two people at one notebook, or a person and a program, see the same."""
    console.open_session(session.session_id)

    session.execute("print('from elsewhere')")

    expect(console.cells.locator(".stream")).to_have_text("from elsewhere\n")


def test_a_display_is_updated_where_it_is(console: Console, session: SessionHandle) -> None:
    """A progress bar moves, and does not fill the page; also if a later cell moves it."""
    console.open_session(session.session_id)
    first = console.run_to_end(
        "from IPython.display import display\nhandle = display('0 %', display_id=True)"
    )
    expect(first.locator(".result")).to_have_text("'0 %'")

    console.run_to_end("handle.update('100 %')")

    expect(first.locator(".result")).to_have_text("'100 %'")


def test_a_kernel_that_dies_is_told_where_it_happened(
    console: Console, session: SessionHandle
) -> None:
    """The cell that killed it is the first to look at."""
    console.open_session(session.session_id)

    cell = console.run("import os; os._exit(3)")

    expect(cell.locator(".ending")).to_contain_text("lost: its kernel ended")
    expect(cell.locator(".ending")).to_contain_text("exit code 3")
    expect(console.page.get_by_role("button", name="Run")).to_be_disabled()
    console.page.get_by_role("button", name="Start again: a.ipynb").click()
    expect(console.page.locator(".facts")).to_contain_text("idle")
    expect(console.run_to_end("6 * 7").locator(".result")).to_have_text("42")


def test_earlier_code_is_shown_on_demand(
    browser: Browser, real_server: ServerProcess, session: SessionHandle
) -> None:
    """A long session opens quickly, and nothing of it is out of reach."""
    for number in range(30):
        session.execute(f"'number {number}'")
    console = Console(browser, real_server.http_url, real_server.token)
    console.open_session(session.session_id)
    expect(console.cells).to_have_count(25)
    expect(console.cells.last.locator(".result")).to_have_text("'number 29'")

    console.page.get_by_role("button", name="Show earlier").click()

    expect(console.cells).to_have_count(30)
    expect(console.cells.first.locator(".result")).to_have_text("'number 0'")
    console.close()
    assert console.complaints == []


def test_code_that_was_run_before_comes_back(console: Console, session: SessionHandle) -> None:
    """As in any console, by the arrow keys."""
    console.open_session(session.session_id)
    console.run_to_end("first = 1")
    console.run_to_end("second = 2")

    console.code.press("Alt+ArrowUp")
    console.code.press("Alt+ArrowUp")

    expect(console.code).to_have_value("first = 1")
    console.code.press("Alt+ArrowDown")
    expect(console.code).to_have_value("second = 2")


def test_a_new_line_is_indented_as_the_one_before(console: Console, session: SessionHandle) -> None:
    """Python cannot be written without."""
    console.open_session(session.session_id)
    console.code.focus()

    console.page.keyboard.type("for i in range(2):\nprint(i)\ni")
    console.code.press("Shift+Enter")

    expect(console.cells.locator("code")).to_have_text(
        re.compile(r"^for i in range\(2\):\n    print\(i\)\n    i$")
    )
