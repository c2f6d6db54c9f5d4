"""Completion, inspection and history of real kernels, idle and at work."""

import sys

import psutil
import pytest

from jupyter_sessions import ExecutionState
from jupyter_sessions.errors import KernelBusy
from tests.e2e.server_process import RECORDED_KERNEL, new_server

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BASH_KERNEL = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
SLEEP = "import time; print('asleep', flush=True); time.sleep(600)"
GREET = '''def greet(name):
    """Say hello."""
    return f"hello {name}"
'''


@pytest.fixture(scope="module")
def server():
    """A server that waits for kernels' answers as long as a busy machine needs."""
    with new_server() as server:
        server.add_kernelspec("recorded", RECORDED_KERNEL)
        server.add_kernelspec("bash", BASH_KERNEL)
        server.flags += ["--kernel-query-seconds", "20"]
        yield server.start()


@pytest.fixture
def asleep(session):
    """A session whose kernel sleeps."""
    with session.stream(SLEEP) as stream:
        events = iter(stream)
        assert any(event.HasField("stream") for event in events)
        yield session
        session.interrupt()
        assert list(events)[-1].HasField("finished")


def threads(server):
    """How many threads the kernel has."""
    (process,) = server.kernel_processes()
    return psutil.Process(process.pid).num_threads()


def test_a_name_is_completed(session):
    """What I press Tab for."""
    session.execute("a_long_name = 1")

    completion = session.complete("é = a_lo")

    assert completion.matches == ("a_long_name",)
    assert (completion.cursor_start, completion.cursor_end) == (4, 8)


def test_a_name_is_completed_while_a_cell_runs(asleep):
    """I write the next cell while the last one runs."""
    assert "import" in asleep.complete("impo").matches
    assert asleep.complete("time.slee").matches[0].endswith("sleep")


def test_a_name_is_inspected_while_a_cell_runs(asleep):
    """And look up what I need for it."""
    assert "sleep" in asleep.inspect("time.sleep").text
    assert asleep.is_complete("for i in x:").state == "INCOMPLETE"
    assert asleep.history(tail=1)[0].input == SLEEP


def test_questions_to_a_busy_kernel_take_one_thread_of_it(server, asleep):
    """However much I type."""
    asleep.complete("a")
    before = threads(server)

    for _ in range(5):
        asleep.complete("b")

    assert threads(server) == before


def test_the_cell_that_ran_meanwhile_is_not_disturbed(session):
    """Its output, its value, and its state are its own."""
    with session.stream("print('begun', flush=True)\nn = int(1e6)\nsum(range(n))") as stream:
        events = iter(stream)
        assert any(event.HasField("stream") for event in events)
        session.complete("su")
        rest = list(events)

    texts = [event.stream.text for event in rest if event.HasField("stream")]
    values = [event.execute_result for event in rest if event.HasField("execute_result")]
    assert texts == []
    assert [value.data.parts[0].text for value in values] == ["499999500000"]


def test_a_kernel_with_a_subshell_is_restarted(server, asleep):
    """The new process has a subshell of its own when it is needed."""
    asleep.complete("a")
    asleep.restart()

    with asleep.stream(SLEEP) as stream:
        assert any(event.HasField("stream") for event in stream)
        assert asleep.complete("time.slee").matches
        assert len(server.kernel_processes()) == 1


def test_a_function_is_inspected_with_its_source(session):
    """What it does, and how."""
    session.execute(GREET)

    brief = session.inspect("greet(")
    whole = session.inspect("greet", source=True)

    assert "Say hello." in brief.text
    assert "return f" not in brief.text
    assert 'return f"hello {name}"' in whole.text
    assert not session.inspect("no_such_name").found


@pytest.mark.parametrize(
    ("code", "state", "indent"),
    [
        ("1 + 1", "COMPLETE", ""),
        ("def f():", "INCOMPLETE", "    "),
        ("a b c", "INVALID", ""),
    ],
)
def test_a_console_knows_whether_to_ask_for_more(session, code, state, indent):
    """Enter runs the code, or begins a new line."""
    answer = session.is_complete(code)

    assert (answer.state, answer.indent) == (state, indent)


def test_history_is_read_in_three_ways(session):
    """The last cells, those of a range, and those I can only half remember."""
    for code in ("x = 1", "x + 1", "y = 2", "%time z = 3"):
        session.execute(code)

    assert [entry.input for entry in session.history(tail=2)] == ["y = 2", "%time z = 3"]
    assert [entry.line for entry in session.history(range=(0, 1, 3))] == [1, 2]
    assert [entry.line for entry in session.history(range=(0, 3, 0))] == [3, 4]
    assert session.history(range=(0, 2, 3), output=True)[0].output == "2"
    assert {entry.input for entry in session.history(search="x*")} >= {"x = 1", "x + 1"}
    assert "run_line_magic" in session.history(tail=1, raw=False)[0].input


def test_a_recorded_kernel_answers_while_a_cell_runs(client):
    """It makes no difference who writes its journal."""
    with (
        client.open_session("a", kernel_name="recorded", delete_on_exit=True) as session,
        session.stream(SLEEP) as stream,
    ):
        assert any(event.HasField("stream") for event in stream)
        assert session.complete("time.slee").matches


def test_bash_is_asked_when_it_is_idle(client):
    """It has one shell, and a question must not get into what that reads."""
    with client.open_session("a.sh", kernel_name="bash", delete_on_exit=True) as session:
        session.execute("a_function() { echo hello; }")

        assert "a_function" in session.complete("a_func").matches
        assert session.execute("a_function").stdout == "hello\n"


def test_bash_is_not_disturbed_while_it_is_busy(make_server):
    """The question is refused in time, and the answer to the cell is right."""
    server = make_server()
    server.add_kernelspec("bash", BASH_KERNEL)
    server.flags += ["--kernel-query-seconds", "0.5"]
    with (
        server.start().connect() as client,
        client.open_session("a.sh", kernel_name="bash", delete_on_exit=True) as session,
        session.stream("echo begun; until [ -e go ]; do sleep 0.1; done") as stream,
    ):
        events = iter(stream)
        assert any(event.HasField("stream") for event in events)
        with pytest.raises(KernelBusy):
            session.complete("ech")
        (server.root_dir / "go").touch()
        rest = list(events)

    assert not any(event.HasField("stream") for event in rest)
    assert rest[-1].finished.execution.state == ExecutionState.EXECUTION_STATE_SUCCEEDED
