"""Real kernels: where they run, what they are given, how they are restarted, shared and ended."""

import json
import signal

import psutil
import pytest

from jupyter_sessions import ExecutionState, KernelExitCause, KernelState
from jupyter_sessions.errors import KernelAlreadyExists, KernelNotFound
from tests.e2e.processes import is_alive, wait_until
from tests.e2e.server_process import PYTHON_KERNEL

pytestmark = pytest.mark.e2e

FOR_EVER = "began = True; print('began', flush=True)\nwhile True: pass"


@pytest.fixture
def begun(session):
    """A stream of code that runs for ever, and has begun."""
    with session.stream(FOR_EVER) as stream:
        events = iter(stream)
        assert any(event.HasField("stream") for event in events)
        yield events


def environment_of(session):
    """The environment of the session's kernel, as the kernel sees it."""
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    return json.loads(session.execute(code).raise_for_error().stdout)


def cwd_of(session):
    """The directory the session's kernel works in."""
    return session.execute("import os; print(os.getcwd())").stdout.strip()


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("a.ipynb", "."),
        ("work/2026/a.ipynb", "work/2026"),
        ("work/2026", "work/2026"),
        ("work/none/such/a.ipynb", "work"),
        ("../outside.ipynb", "."),
    ],
)
def test_a_kernel_works_in_its_documents_directory(server, client, path, directory):
    """My notebook opens the files beside it; and nothing outside the root by its path."""
    (server.root_dir / "work" / "2026").mkdir(parents=True, exist_ok=True)

    with client.open_session(path, delete_on_exit=True) as session:
        works_in = cwd_of(session)

    assert works_in == str((server.root_dir / directory).resolve())
    assert session.kernel.cwd == works_in


def test_a_directory_that_a_caller_names_is_where_the_kernel_works(client, tmp_path):
    """My service keeps each user's files elsewhere."""
    with client.open_session("a.ipynb", cwd=str(tmp_path), delete_on_exit=True) as session:
        assert cwd_of(session) == str(tmp_path)


def test_a_callers_variables_come_over_the_kernelspecs_and_are_taken_literally(server, client):
    """A password with a dollar sign arrives as it is; the kernelspec's other variables stay."""
    ours = {"COLOUR": "green", "SECRET": "a$HOME${HOME}$$b", "EMPTY": ""}
    of_spec = {"COLOUR": "red", "SHAPE": "round"}
    server.add_kernelspec("coloured", PYTHON_KERNEL, env=of_spec)

    with client.open_session(
        "a.ipynb", kernel_name="coloured", env=ours, delete_on_exit=True
    ) as session:
        environment = environment_of(session)

    assert ours.items() <= environment.items()
    assert environment["SHAPE"] == "round"


def test_the_servers_token_is_not_in_a_kernels_environment(own_server):
    """Code of a notebook must not become the server's master."""
    own_server.environment["JUPYTER_SESSIONS_TOKEN"] = "the-secret"

    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        environment = environment_of(session)

    assert own_server.token == "the-secret"
    assert "the-secret" not in environment.values()
    assert "PATH" in environment


def test_a_restart_keeps_the_id_and_tells_the_kernel_its_documents_new_name(server, client):
    """I rename my notebook and restart; its tools see the new name, and old variables are gone."""
    with client.open_session("old.ipynb", delete_on_exit=True) as session:
        (old,) = server.kernel_processes()
        before = session.execute("import os; x = 1; os.environ['JPY_SESSION_NAME']").value
        kernel_id = session.kernel.kernel_id
        session.rename("new.ipynb")

        restarted = session.restart()

        assert (before, environment_of(session)["JPY_SESSION_NAME"]) == ("'old.ipynb'", "new.ipynb")
        assert (restarted.kernel_id, restarted.restart_count) == (kernel_id, 1)
        assert session.execute("x").error.ename == "NameError"
        assert not is_alive(old)


def test_a_session_with_a_name_tells_its_kernel_directory_and_name(server, client):
    """As in jupyter_server: JPY_SESSION_NAME is the name, in the document's directory."""
    with client.open_session("a.ipynb", name="My work", delete_on_exit=True) as session:
        told = environment_of(session)["JPY_SESSION_NAME"]

    assert told == f"{server.root_dir.resolve()}/My work"


def test_an_interrupt_stops_the_code_and_the_kernel_works_on(session, begun):
    """I stop a loop, and keep my variables."""
    session.interrupt()
    *_, last = begun

    execution = last.finished.execution
    assert execution.state == ExecutionState.EXECUTION_STATE_FAILED
    assert execution.error.ename == "KeyboardInterrupt"
    assert session.execute("began").value == "True"


def test_an_interrupt_does_no_harm_to_a_kernel_that_starts(client):
    """I press the button too early, or twice; my kernel comes up all the same."""
    starting = client.create_session("a.ipynb")

    for _ in range(3):
        client.interrupt_kernel(starting.kernel.kernel_id)

    with client.open_session("a.ipynb", restart_dead=False, delete_on_exit=True) as session:
        assert session.kernel.state == KernelState.KERNEL_STATE_IDLE
        assert session.execute("1 + 1").value == "2"


def test_a_kernel_that_wants_messages_is_interrupted_by_one(server, client):
    """Kernels in containers or on Windows cannot get signals."""
    server.add_kernelspec("by-message", PYTHON_KERNEL, interrupt_mode="message")
    with client.open_session("a.ipynb", kernel_name="by-message", delete_on_exit=True) as session:
        events = iter(session.stream(FOR_EVER))
        assert any(event.HasField("stream") for event in events)

        session.interrupt()
        *_, last = events

    assert last.finished.execution.error.ename == "KeyboardInterrupt"


def test_a_kernel_that_resists_is_ended_by_force(server, client, session):
    """Code that ignores every signal does not keep my machine."""
    deaf = "import signal\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\n"
    events = iter(session.stream(f"{deaf}{FOR_EVER}"))
    assert any(event.HasField("stream") for event in events)

    client.shut_down_kernel(session.kernel.kernel_id)
    *_, last = events

    wait_until(lambda: not server.kernel_processes(), "the process has gone")
    execution = last.finished.execution
    assert execution.state == ExecutionState.EXECUTION_STATE_LOST
    assert execution.kernel_exit.cause == KernelExitCause.KERNEL_EXIT_CAUSE_SHUT_DOWN
    assert execution.kernel_exit.signal == signal.SIGKILL


def test_programs_that_code_started_end_with_their_kernel(client):
    """A forgotten worker process does not outlive my session."""
    session = client.create_session("a.ipynb")
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    (pid,) = [
        int(event.stream.text)
        for event in client.execute(code, session_id=session.session_id)
        if event.HasField("stream")
    ]
    worker = psutil.Process(pid)

    client.delete_session(session.session_id)

    wait_until(lambda: not is_alive(worker), "the worker's end")


def test_a_busy_kernel_is_shut_down(server, client, session, begun):
    """I need not wait for a loop to end what runs it."""
    assert session.refresh().kernel.state == KernelState.KERNEL_STATE_BUSY

    kernel = client.shut_down_kernel(session.kernel.kernel_id)
    *_, last = begun

    wait_until(lambda: not server.kernel_processes(), "the process has gone")
    assert kernel.state == KernelState.KERNEL_STATE_DEAD
    assert kernel.exit.cause == KernelExitCause.KERNEL_EXIT_CAUSE_SHUT_DOWN
    assert last.finished.execution.state in (
        ExecutionState.EXECUTION_STATE_FAILED,  # interrupted first, so that it hears the request
        ExecutionState.EXECUTION_STATE_LOST,
    )


def test_a_restart_of_a_busy_kernel_ends_what_it_runs(session, begun):
    """Restart is the way out of code that nothing else stops."""
    session.restart()
    *_, last = begun

    assert last.finished.execution.state in (
        ExecutionState.EXECUTION_STATE_FAILED,
        ExecutionState.EXECUTION_STATE_LOST,
    )
    assert session.execute("1 + 1").value == "2"


def test_a_kernel_of_two_sessions_outlives_one_of_them(server, client, session):
    """I close the console of a notebook; the notebook keeps its kernel."""
    session.execute("x = 42")
    kernel_id = session.kernel.kernel_id
    with client.open_session("console", kernel_id=kernel_id, delete_on_exit=True) as console:
        assert console.execute("x").value == "42"

    assert session.execute("x").value == "42"
    assert len(server.kernel_processes()) == 1


def test_a_kernel_gets_the_id_its_caller_chose(server, client):
    """My service names its kernels by its own jobs, and finds them again by these names."""
    server.add_kernelspec("another", PYTHON_KERNEL)
    session = client.create_session("a.ipynb", kernel_id="job-17", wait_ready=True)
    with pytest.raises(KernelAlreadyExists):
        client.start_kernel("another", kernel_id="job-17")
    client.delete_session(session.session_id)

    assert session.kernel.kernel_id == "job-17"
    wait_until(lambda: not server.kernel_processes(), "the process has gone")
    with pytest.raises(KernelNotFound):
        client.get_kernel("job-17")


def test_a_deleted_session_has_ended_its_process_when_the_call_returns(server, client):
    """I delete a hundred sessions, and the memory is mine again."""
    session = client.create_session("a.ipynb", wait_ready=True)
    (process,) = server.kernel_processes()

    client.delete_session(session.session_id)

    assert not is_alive(process)
