"""`run` and `exec` with real kernels, called off: by Ctrl-C, SIGTERM, or a reader that leaves."""

import os
import signal
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.e2e.processes import wait_until
from tests.e2e.server_process import BIN, PYTHON_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LOOP = "import time\nprint('begun', flush=True)\nwhile True: time.sleep(0.01)"


@pytest.fixture
def start(server):
    """Starts a command on the server's machine."""

    def start(*command):
        return subprocess.Popen(
            [BIN / "jupyter-sessions", *command],
            env=server.environment,
            cwd=server.root_dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def states(client):
    """How far each execution of the session has come, oldest first."""
    found = list(client.list_executions(session_id=client.get_session(path="a.ipynb").session_id))
    return [execution.state for execution in reversed(found)]


def test_ctrl_c_leaves_alone_what_others_run(start, client, session):
    """I wait behind a colleague's cell, and do not want to any more."""
    colleague = start("exec", "a.ipynb", f"go_on = True\n{LOOP.replace('True:', 'go_on:')}")
    assert colleague.stdout.readline() == "begun\n"
    mine = start("exec", "a.ipynb", "print('mine')")
    wait_until(lambda: len(states(client)) == 2, "my code waits")

    mine.send_signal(signal.SIGINT)

    assert mine.communicate(timeout=20) == ("", "")
    assert mine.returncode == 130
    assert colleague.poll() is None
    colleague.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in colleague.communicate(timeout=20)[1]
    assert colleague.returncode == 130
    assert session.execute("go_on").value == "True"


def test_a_terminal_window_that_is_closed_ends_its_code(server, session):
    """The error that the code then raises cannot be shown any more, and need not be."""
    terminal, inside = os.openpty()
    running = subprocess.Popen(
        [BIN / "jupyter-sessions", "exec", "a.ipynb", LOOP],
        env=server.environment,
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    os.read(terminal, 100)

    os.close(terminal)
    running.send_signal(signal.SIGHUP)

    assert running.wait(timeout=20) == 129
    assert session.execute("1").value == "1"


def test_sigterm_saves_what_there_is_and_ends_the_session(server, client, start):
    """A machine shuts down in the middle of a run."""
    path = server.root_dir / "b.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in ("1", LOOP, "3")]), path)
    running = start("run", "b.ipynb")
    wait_until(lambda: nbformat.read(path, 4).cells[0].outputs, "the first cell is saved")

    running.send_signal(signal.SIGTERM)

    _out, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (143, "jupyter-sessions: interrupted in cell 2\n")
    assert nbformat.read(path, 4).cells[1].outputs[-1].ename == "KeyboardInterrupt"
    assert not client.session_exists("b.ipynb")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_called_off_while_its_kernel_starts_leaves_no_session(server, client, start, number):
    """Nor the kernel."""
    name = f"slow-{number.name.lower()}"
    server.add_kernelspec(name, ["/bin/sh", "-c", 'sleep 3; exec "$@"', "sh", *PYTHON_KERNEL])
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), server.root_dir / "c.ipynb")
    running = start("run", "c.ipynb", "--kernel", name)
    wait_until(lambda: client.session_exists("c.ipynb"), "the session is there")

    running.send_signal(number)

    _out, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (128 + number, "")
    assert not client.session_exists("c.ipynb")
    wait_until(lambda: not list(client.list_kernels()), "its kernel has ended")


def test_a_reader_that_leaves_ends_the_code(start, client, session):
    """`exec … | head -1` wants no more than a line."""
    running = start("exec", "a.ipynb", "import time\nwhile True: time.sleep(0.01); print('x')")
    running.stdout.readline()

    running.stdout.close()

    assert (running.wait(timeout=20), running.stderr.read()) == (141, "")
    running.stderr.close()
    assert session.execute("1").value == "1"
