"""A stock JupyterLab in a browser, with the gateway's kernels: `jupyter lab --gateway-url`."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.gateway.lab import NotebookPage, new_lab
from tests.e2e.gateway.peers import OURS_ONLY
from tests.installed import new_browser

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(90)]

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'><circle r='50'/></svg>"
GRADIENT = r"""
import struct, zlib
from IPython.display import Image
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
head = struct.pack(">IIBBBBB", 128, 64, 8, 2, 0, 0, 0)
rows = [b"\0" + b"".join(bytes((2 * x, 4 * y, 128)) for x in range(128)) for y in range(64)]
data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
Image(b"\x89PNG\r\n\x1a\n" + data)
"""
COUNT = "import time\nfor i in range({lines}): print(i, flush=True); time.sleep(0.05)"


@pytest.fixture(scope="module")
def lab(gateway):
    """A JupyterLab that the tests share."""
    with new_lab(gateway) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    """A browser that the tests share."""
    with new_browser() as opened:
        yield opened


@pytest.fixture
def new_notebook(browser, lab, request):
    """Opens a notebook of these cells, in a window with an empty profile."""
    name = re.sub(r"\W+", "-", request.node.name)
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        notebooks = []

        def open_notebook(*cells):
            notebooks.append(NotebookPage(context.new_page(), lab, f"{name}.ipynb", *cells))
            return notebooks[-1].open()

        yield open_notebook
        for notebook in notebooks:
            notebook.screenshot(name)


def test_cells_show_what_they_print_return_and_draw(new_notebook):
    """I work as ever."""
    notebook = new_notebook(
        "print('hello')",
        "6 * 7",
        "1 / 0",
        f"from IPython.display import HTML, SVG\nSVG({SVG!r})",
        GRADIENT,
        "HTML('<table><td>cell</td></table>')",
    )

    outputs = [notebook.run(number) for number in range(6)]

    expect(outputs[0]).to_have_text("hello\n")
    expect(outputs[1]).to_contain_text("42")
    expect(outputs[2]).to_contain_text("ZeroDivisionError: division by zero")
    expect(outputs[3].locator(".jp-RenderedSVG")).to_be_visible()
    expect(outputs[4].locator("img")).to_have_js_property("naturalWidth", 128)
    expect(outputs[5].locator("td")).to_have_text("cell")


def test_a_cell_asks_for_input(new_notebook):
    """My code asks me something."""
    notebook = new_notebook("name = input('Who? ')\nprint(name.upper())")

    notebook.start(0)
    notebook.cell(0).locator("input.jp-Stdin-input").fill("ada")
    notebook.page.keyboard.press("Enter")
    notebook.wait_until_ran(0)

    expect(notebook.output(0)).to_contain_text("ADA")


def test_names_are_completed(new_notebook):
    """I press Tab."""
    notebook = new_notebook("import collections", "collections.Order")
    notebook.run(0)

    notebook.cell(1).locator(".cm-content").click()
    notebook.page.keyboard.press("End")
    notebook.page.keyboard.press("Tab")

    expect(notebook.page.locator(".jp-Completer-item")).to_contain_text("OrderedDict")


def test_an_endless_cell_is_interrupted(new_notebook):
    """I press the black square."""
    notebook = new_notebook("print('on')\nwhile True: pass", "print('next')")
    notebook.start(0)
    expect(notebook.output(0)).to_contain_text("on")
    notebook.wait_until("Busy")

    notebook.press("notebook:interrupt-kernel")

    notebook.wait_until_ran(0)
    expect(notebook.output(0)).to_contain_text("KeyboardInterrupt")
    expect(notebook.run(1)).to_have_text("next\n")


def test_a_restarted_kernel_has_forgotten_all(new_notebook):
    """I press the round arrow."""
    notebook = new_notebook("kept = 1", "print('kept' in globals())")
    notebook.run(0)

    notebook.press("notebook:restart-kernel")
    with notebook.page.expect_response(re.compile("/restart")):
        notebook.answer("Confirm Kernel Restart")

    expect(notebook.run(1)).to_have_text("False\n")
    expect(notebook.cell(1).locator(".jp-InputPrompt")).to_have_text("[1]:")


def test_a_kernel_that_dies_is_told_of_and_is_there_again(new_notebook):
    """My extension crashes."""
    notebook = new_notebook("import os; os._exit(1)", "print('alive')")
    notebook.start(0)

    expect(notebook.dialog).to_contain_text("appears to have died. It will restart automatically.")
    notebook.screenshot("a kernel that died")
    notebook.answer("Ok")

    # It says "Starting" until a cell is run, also with jupyter_server.
    expect(notebook.run(1)).to_have_text("alive\n")


def test_after_a_reload_the_page_hears_the_rest_of_what_runs(new_notebook):
    """I press F5 while a cell runs. JupyterLab gets all that comes then; it has no cell for it."""
    notebook = new_notebook(COUNT.format(lines=150), "print(i)")
    notebook.start(0)
    expect(notebook.output(0)).to_contain_text("9\n")

    received = []
    notebook.page.on("websocket", lambda s: s.on("framereceived", lambda f: received.append(f)))
    notebook.reload()
    notebook.wait_until("Idle")

    told = [frame for frame in received if isinstance(frame, str) and '"stream"' in frame]
    text = "".join(json.loads(frame)["content"]["text"] for frame in told)  # a line may be in two
    numbers = [int(line) for line in text.split()]
    assert numbers == list(range(numbers[0], 150))
    expect(notebook.run(1)).to_have_text("149\n")


def test_two_windows_show_one_kernel(new_notebook):
    """I have the notebook open twice."""
    one = new_notebook("x = 'from one'", "print(x)")
    one.run(0)
    two = new_notebook("x = 'from one'", "print(x)")

    shown = two.run(1)

    expect(shown).to_have_text("from one\n")


@OURS_ONLY
def test_five_megabytes_are_printed_whole(new_notebook):
    """I print too much. With jupyter_server most of it is lost."""
    notebook = new_notebook("for i in range(50_000): print(f'{i:099d}')")

    notebook.start(0)
    notebook.wait_until_ran(0)

    expect(notebook.output(0)).to_contain_text(f"{49_999:099d}")
    expect(notebook.output(0)).not_to_contain_text("rate exceeded")
