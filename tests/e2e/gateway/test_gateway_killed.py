"""The server is killed and started again while clients of others are connected: nothing is lost."""

import signal
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect

from tests.e2e.gateway.lab import NotebookPage, new_lab
from tests.e2e.gateway.node_programs import program
from tests.e2e.gateway.peers import OURS_ONLY
from tests.installed import new_browser
from tests.ports import lasting_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120), OURS_ONLY]

FORMATS = ("v1", "default")
COUNT = "import time\nfor i in range(400): print(i, flush=True); time.sleep(0.02)"
COUNTED = [str(i) for i in range(400)]


def lines(text):
    """What was printed, in order, each once: what was sent in the moment of a kill may come twice.

    Nobody can note that something was sent in the same moment in which it is.
    """
    return list(dict.fromkeys(text.split()))


@pytest.fixture
def server(own_server):
    """A server that keeps its address and its token when it is started again."""
    own_server.flags += ["--http-port", str(lasting_port()), "--token", "the-same-each-time"]
    return own_server.start()


@pytest.fixture
def run(server, node):
    """Starts programs that run a cell each, and tell what becomes of it."""
    with ExitStack() as stack:
        yield lambda websocket_format, code: stack.enter_context(
            program(server, websocket_format, "reconnect.mjs", f"{websocket_format}.ipynb", code)
        )


def test_clients_come_again_by_themselves_and_have_every_output(server, run):
    """The machine ran out of memory; I do nothing, and my notebooks are complete."""
    clients = [run(each, COUNT) for each in FORMATS]
    for client in clients:
        client.wait_for("printing")

    server.kill()
    server.restart()

    for client in clients:
        ended = client.wait_for("ended")
        assert ended["status"] == "ok"
        assert lines(ended["text"]) == COUNTED


@pytest.mark.parametrize("websocket_format", FORMATS)
def test_a_server_that_is_killed_twice_loses_nothing(server, run, websocket_format):
    """I press "Reconnect to Kernel" each time."""
    client = run(websocket_format, COUNT)
    client.wait_for("printing")

    for _ in range(2):
        server.kill()
        server.restart()
        client.tell("reconnect")
        client.wait_until_connected()

    assert lines(client.wait_for("ended")["text"]) == COUNTED


def test_a_server_that_is_replaced_is_found_again(server, run):
    """A new version is installed while I work."""
    client = run("v1", COUNT)
    client.wait_for("printing")

    server.send(signal.SIGTERM)
    server.wait()
    server.restart()
    client.tell("reconnect")

    assert client.wait_for("ended")["text"].split() == COUNTED


def test_connecting_anew_repeats_nothing(server, run):
    """I press "Reconnect to Kernel" again and again, for no reason."""
    client = run("v1", COUNT)
    client.wait_for("printing")

    for _ in range(10):
        client.tell("reconnect")
        client.wait_until_connected()

    assert client.wait_for("ended")["text"].split() == COUNTED


def test_a_question_is_answered_after_the_server_was_killed(server, run):
    """My code waits for me to type; meanwhile the server dies."""
    client = run("v1", "print('asking', flush=True)\nprint(input('Who? ').upper())")
    client.wait_for("asked")

    server.kill()
    server.restart()
    client.tell("reconnect")
    client.wait_until_connected()
    client.tell("ada")

    # What was on its way when the server was killed may come again (docs/decisions/0015).
    assert client.wait_for("ended")["text"] in ("asking\nADA\n", "asking\nasking\nADA\n")


def test_jupyterlab_shows_every_line(server):
    """The cell that I watch goes on as if nothing had happened."""
    code = "import time\nfor i in range(200): print(i, flush=True); time.sleep(0.03)"
    with new_lab(server) as lab, new_browser() as browser:
        notebook = NotebookPage(browser.new_page(), lab, "killed.ipynb", code).open()
        notebook.start(0)
        expect(notebook.output(0)).to_contain_text("9\n")

        server.kill()
        server.restart()

        notebook.wait_until_ran(0, seconds=60)
        notebook.screenshot("every line although the server was killed")
        assert lines(notebook.output(0).inner_text()) == [str(i) for i in range(200)]
