"""The keeper, a zygote or a recorder is killed: what can live on does, and the rest is told."""

import signal

import pytest

from jupyter_sessions import KernelExitCause, KernelState
from tests.e2e.journals import Follower
from tests.e2e.processes import is_alive, wait_until
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

COUNT = "import time\nfor i in range(150): print(i, flush=True); time.sleep(0.01)\n'counted'"
"""A cell that prints a number every 10 ms."""
NUMBERS = [str(number) for number in range(150)]
DEAD = KernelState.KERNEL_STATE_DEAD


@pytest.fixture
def server(own_server):
    """A server for one test alone, with a kernelspec whose kernels need a recorder."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    return own_server.start()


@pytest.fixture
def client(server):
    """A client of it."""
    with server.connect() as connected:
        yield connected


@pytest.fixture(params=["python3", "recorded"])
def session(client, request):
    """A session with a kernel that writes its journal itself, and with one that does not."""
    with client.open_session("a.ipynb", kernel_name=request.param) as opened:
        yield opened


def kill_keeper(server):
    """Kill the keeper, and wait until there is another one."""
    keeper = server.keeper()
    keeper.kill()
    wait_until(lambda: not is_alive(keeper), "the end of the keeper")
    wait_until(lambda: server.keepers(), "another keeper")


def test_a_cell_runs_through_a_kill_of_the_keeper_and_says_every_line_once(server, session):
    """What keeps the kernels is not needed for what they say."""
    processes = server.kernel_processes()
    stream = iter(session.stream(COUNT))
    assert next(stream).HasField("accepted")
    with Follower(server, session.kernel.kernel_id) as journal:
        wait_until(lambda: len(journal.lines()) > 50, "fifty lines")

        kill_keeper(server)
        *_, last = stream

        assert journal.lines() == NUMBERS
        assert journal.replies() == ["ok"]
    assert last.finished.execution.kernel_exit.cause == 0
    assert session.execute("i").value == "149"
    assert server.kernel_processes() == processes


@pytest.mark.slow
def test_a_stream_that_is_read_goes_on_while_the_keeper_is_replaced(server, session):
    """I watch a cell, and see nothing of it."""
    stream = iter(session.stream(COUNT))
    began = [next(stream) for _ in range(3)]

    kill_keeper(server)
    text = "".join(event.stream.text for event in (*began, *stream))

    assert text.split() == NUMBERS


def test_a_kernel_of_a_killed_keeper_can_be_interrupted_restarted_and_shut_down(server, session):
    """The next keeper does for it what its own one did."""
    session.execute("x = 42")
    kill_keeper(server)

    events = iter(session.stream("print('began', flush=True)\nwhile True: pass"))
    assert any(event.HasField("stream") for event in events)
    session.interrupt()
    *_, last = events
    restarted = session.restart()

    assert last.finished.execution.error.ename == "KeyboardInterrupt"
    assert restarted.restart_count == 1
    assert session.execute("x").error.ename == "NameError"
    assert len(server.kernel_processes()) == 1


def test_a_kernel_of_a_killed_keeper_tells_its_exit_code_to_the_next_one(server, session):
    """Its process is not the new keeper's child; whoever is its parent tells."""
    kill_keeper(server)

    result = session.execute("import os; os._exit(3)")

    assert result.state == "LOST"
    assert session.refresh().kernel.state == DEAD
    assert session.kernel.exit.cause == KernelExitCause.KERNEL_EXIT_CAUSE_EXITED
    assert session.kernel.exit.exit_code == 3


def test_a_kernel_that_ended_while_no_keeper_was_there_is_dead_with_its_exit_code(server, session):
    """Nobody looked, and yet it is known."""
    (process,) = server.kernel_processes()
    server.kill()
    keeper = server.keeper()
    keeper.kill()
    wait_until(lambda: not is_alive(keeper), "the end of the keeper")
    process.kill()
    wait_until(lambda: not server.kernel_processes(), "the end of the kernel")

    with server.restart().connect() as client:
        kernel = client.get_session(path="a.ipynb").kernel

    assert kernel.state == DEAD
    assert kernel.exit.cause == KernelExitCause.KERNEL_EXIT_CAUSE_SIGNALED
    assert kernel.exit.signal == signal.SIGKILL


def test_a_cell_runs_through_a_kill_of_server_and_keeper_together(server, session):
    """The machine's memory ran out: what is started again finds all kernels."""
    processes = server.kernel_processes()
    next(iter(session.stream(COUNT)))
    with Follower(server, session.kernel.kernel_id) as journal:
        wait_until(lambda: len(journal.lines()) > 50, "fifty lines")

        server.kill()
        server.keeper().kill()
        server.restart()
        wait_until(journal.replies, "the cell ends")

        assert journal.lines() == NUMBERS
    with server.connect() as client, client.open_session("a.ipynb") as again:
        assert again.execute("i").value == "149"
    assert server.kernel_processes() == processes


@pytest.mark.parametrize("session", ["recorded"], indirect=True)
def test_a_kernel_whose_recorder_is_killed_is_dead_and_says_so(server, session):
    """It could say nothing any more that would be kept; better to know."""
    (recorder,) = server.recorders()
    events = iter(session.stream("print('began', flush=True)\nwhile True: pass"))
    assert any(event.HasField("stream") for event in events)

    recorder.kill()
    *_, last = events

    execution = last.finished.execution
    assert execution.kernel_exit.cause == KernelExitCause.KERNEL_EXIT_CAUSE_LOST
    assert session.refresh().kernel.state == DEAD
    wait_until(lambda: not server.kernel_processes(), "the process has gone")
    session.restart()
    assert session.execute("6 * 7").value == "42"


def test_zygotes_that_are_killed_are_replaced(server, client):
    """What kernels are forked from ends; the next kernel starts all the same, and old ones live."""
    with client.open_session("a.ipynb") as first:
        first.execute("x = 42")
        for zygote in server.zygotes():
            zygote.kill()

        with client.open_session("b.ipynb") as second:
            assert second.execute("6 * 7").value == "42"

        assert first.execute("x").value == "42"
    assert len(server.kernel_processes()) == 2
