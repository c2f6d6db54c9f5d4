"""The list: what there is, as it changes, and what a person can do with it."""

import re

import pytest
from playwright.sync_api import expect

from jupyter_sessions import KernelState
from jupyter_sessions.sync import Client, SessionHandle
from tests.e2e.processes import wait_until
from tests.e2e.server_process import ServerProcess
from tests.gateway.console.browsers import Console
from tests.gateway.console.crashing import CRASH

pytestmark = pytest.mark.slow


def test_a_list_without_sessions_says_what_to_do(console: Console) -> None:
    """An empty page would look broken."""
    expect(console.page.get_by_role("heading", name="No sessions")).to_be_visible()


def test_a_session_that_somebody_creates_appears(console: Console, real_client: Client) -> None:
    """The list is live: nobody has to reload the page."""
    created = real_client.create_session("elsewhere.ipynb", name="From elsewhere")

    row = console.row("elsewhere.ipynb")
    expect(row).to_contain_text("idle")
    expect(row).to_contain_text("From elsewhere · default")
    expect(row).to_contain_text("Python 3")
    real_client.delete_session(created.session_id)
    expect(row).to_have_count(0)


def test_what_a_kernel_takes_is_shown(console: Console, session: SessionHandle) -> None:
    """Who has filled the machine's memory is the first question of whoever runs it."""
    expect(console.row("a.ipynb")).to_contain_text(re.compile(r"\d+ (ms|s|%), \d+ MB"))


def test_a_busy_kernel_can_be_interrupted(console: Console, session: SessionHandle) -> None:
    """A loop without end is stopped without losing the variables."""
    row = console.row("a.ipynb")
    with session.stream("while True: pass") as stream:
        events = iter(stream)
        assert next(events).HasField("accepted")
        expect(row).to_contain_text("busy")

        row.get_by_role("button", name="Interrupt").click()

        assert [event.WhichOneof("event") for event in events][-1] == "finished"
    expect(row).to_contain_text("idle")


def test_a_restart_asks_before_variables_are_lost(console: Console, session: SessionHandle) -> None:
    """A click beside the right button costs nobody an hour's work."""
    session.execute("x = 1")
    restart = console.row("a.ipynb").get_by_role("button", name="Restart")
    restart.click()
    dialog = console.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its variables are lost")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()

    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(restart).to_be_focused()
    assert session.execute("x").value == "1"

    restart.click()
    dialog.get_by_role("button", name="Restart").click()
    expect(console.row("a.ipynb")).to_contain_text("↻ 1")
    assert session.execute("x").error is not None


def test_a_dead_kernel_tells_why_and_what_it_said(console: Console, session: SessionHandle) -> None:
    """'It does not work' is no help to anybody."""
    session.execute(CRASH)
    row = console.row("a.ipynb")
    expect(row).to_contain_text("dead")
    expect(row).to_contain_text("Its process crashed, with signal 11 (SIGSEGV)")

    row.get_by_text("What it said last").click()

    expect(row).to_contain_text("Segmentation fault")
    row.get_by_role("button", name="Start again: a.ipynb").click()
    expect(row).to_contain_text("idle")


def test_deleting_a_session_asks_and_ends_its_kernel(
    console: Console, real_client: Client, real_server: ServerProcess
) -> None:
    """Deleting is for good, so it takes two steps."""
    created = real_client.create_session("old.ipynb", wait_ready=True)
    row = console.row("old.ipynb")

    row.get_by_role("button", name="Delete").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(row).to_have_count(0)
    expect(console.page.get_by_text("Deleted old.ipynb.").first).to_be_visible()
    kernels = {kernel.kernel_id for kernel in real_client.list_kernels()}
    assert created.kernel.kernel_id not in kernels


def test_a_kernel_without_a_session_is_shown_and_shut_down(
    console: Console, real_client: Client
) -> None:
    """What takes memory can be found and ended, whoever has forgotten it."""
    kernel = real_client.start_kernel(wait_ready=True)
    row = console.page.get_by_role("row").filter(has_text=kernel.kernel_id)

    row.get_by_role("button", name="Shut down").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Shut down").click()

    expect(row).to_have_count(0)
    assert kernel.kernel_id not in {found.kernel_id for found in real_client.list_kernels()}


def test_the_list_can_be_filtered(console: Console, real_client: Client) -> None:
    """One of a hundred sessions is found by a part of its path, name or state."""
    ids = [real_client.create_session(path).session_id for path in ("red.ipynb", "blue.ipynb")]
    expect(console.row("red.ipynb")).to_be_visible()

    console.page.get_by_label("Filter sessions").fill("BLU")

    expect(console.row("red.ipynb")).to_have_count(0)
    expect(console.row("blue.ipynb")).to_be_visible()
    for session_id in ids:
        real_client.delete_session(session_id)


def test_a_document_that_has_another_kernel_is_told(
    console: Console, real_server: ServerProcess, session: SessionHandle
) -> None:
    """Nobody gets another kernel than the one chosen, without a word."""
    spec = ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    real_server.add_kernelspec("second", spec)
    console.page.keyboard.press("n")
    dialog = console.page.get_by_role("dialog")
    dialog.get_by_label("Document").fill("a.ipynb")
    dialog.get_by_label("Kernel").select_option("second")

    dialog.get_by_role("button", name="Start").click()

    dialog.get_by_role("link", name="Open that session").click()
    expect(console.page.get_by_role("heading", name="a.ipynb")).to_be_visible()
    assert console.session_id == session.session_id


def test_shutting_a_kernel_down_leaves_its_session(
    console: Console, session: SessionHandle
) -> None:
    """The document keeps its session, and the kernel can be started again."""
    console.open_session(session.session_id)

    console.page.get_by_role("button", name="Shut down").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Shut down").click()

    expect(console.page.get_by_text("It was shut down.")).to_be_visible()
    wait_until(
        lambda: session.refresh().kernel.state == KernelState.KERNEL_STATE_DEAD, "a dead kernel"
    )
    console.page.get_by_role("button", name="Start again: a.ipynb").click()
    expect(console.page.locator(".facts")).to_contain_text("idle")
