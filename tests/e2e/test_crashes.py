"""Kernels that crash, kernels that never begin, and a server that is killed: each is told truly."""

import asyncio
import signal
import subprocess
import sys

import pytest

import jupyter_sessions
from jupyter_sessions import ExecutionState, KernelExitCause, KernelState
from jupyter_sessions.errors import CallFailed, KernelStartFailed
from tests.e2e.processes import is_alive, wait_until
from tests.e2e.server_process import BIN

pytestmark = pytest.mark.e2e

DEAD = KernelState.KERNEL_STATE_DEAD


def cause_of(kernel):
    """The cause of the kernel's end, less its prefix; None while it lives."""
    if kernel.state != DEAD:
        return None
    return KernelExitCause.Name(kernel.exit.cause).removeprefix("KERNEL_EXIT_CAUSE_")


def test_a_kernel_that_is_killed_is_dead_within_three_seconds(server, client, session):
    """The machine's out-of-memory killer strikes; I am told soon, and told what happened."""
    (process,) = server.kernel_processes()

    process.send_signal(signal.SIGKILL)
    wait_until(lambda: session.refresh().kernel.state == DEAD, "the kernel is dead", seconds=3)

    assert cause_of(session.kernel) == "SIGNALED"
    assert session.kernel.exit.signal == signal.SIGKILL
    assert not session.kernel.exit.HasField("exit_code")


def test_code_that_ends_the_process_is_lost_and_the_exit_code_told(session):
    """My cell calls os._exit(3); I see that, not a timeout."""
    result = session.execute("import os; os._exit(3)")

    assert result.state == "LOST"
    assert result.execution.kernel_exit.exit_code == 3
    assert cause_of(session.refresh().kernel) == "EXITED"
    assert session.kernel.exit.exit_code == 3


def test_a_segmentation_fault_is_told_with_the_last_words_of_the_process(session):
    """A C extension crashes; the stack on standard error helps me find where."""
    result = session.execute(
        "import ctypes, faulthandler; faulthandler.enable(all_threads=False); ctypes.string_at(0)"
    )

    assert result.state == "LOST"
    assert cause_of(session.refresh().kernel) == "SIGNALED"
    assert session.kernel.exit.signal == signal.SIGSEGV
    assert "Segmentation fault" in session.kernel.exit.stderr_tail


def test_what_waits_for_a_kernel_that_dies_is_lost_too(server, session):
    """Two cells are queued when the first one crashes; none of them hangs."""
    go = server.root_dir / "go"
    crash = f"import os\nwhile not os.path.exists({str(go)!r}): pass\nos._exit(1)"

    crashing, *queued = (iter(session.stream(code)) for code in (crash, "1 + 1", "2 + 2"))
    for stream in (crashing, *queued):
        assert next(stream).HasField("accepted")
    go.touch()

    for stream in (crashing, *queued):
        *_, last = stream
        assert last.finished.execution.state == ExecutionState.EXECUTION_STATE_LOST
        assert last.finished.execution.kernel_exit.exit_code == 1


def test_a_program_that_does_not_exist_starts_nothing(server, client):
    """A kernelspec is broken; I am told its program, and no session is left half made."""
    server.add_kernelspec("missing", ["/no/such/program", "{connection_file}"])

    with pytest.raises(KernelStartFailed) as refused:
        client.create_session("missing.ipynb", kernel_name="missing")

    assert refused.value.metadata["kernel_name"] == "missing"
    assert "/no/such/program" in refused.value.metadata["detail"]
    assert not client.session_exists("missing.ipynb")
    assert list(client.list_kernels()) == []
    assert server.kernel_processes() == []
    assert [file for folder in server.temp_dir.iterdir() for file in folder.iterdir()] == []


def test_a_program_that_fails_at_its_start_is_dead_with_what_it_said(server, client):
    """A library is missing in a kernel's environment; its message reaches me."""
    fails = "import sys; print('no module named numpy', file=sys.stderr); sys.exit(1)"
    server.add_kernelspec("fails", [sys.executable, "-c", fails])

    session = client.create_session("fails.ipynb", kernel_name="fails", wait_ready=True)
    client.delete_session(session.session_id)

    assert cause_of(session.kernel) == "EXITED"
    assert session.kernel.exit.exit_code == 1
    assert session.kernel.exit.stderr_tail == "no module named numpy\n"


def test_a_program_that_never_answers_is_ended_after_the_time_a_start_may_take(own_server):
    """A kernel hangs at its start; I get an answer, and my machine its memory."""
    own_server.add_kernelspec("mute", [sys.executable, "-c", "import time; time.sleep(600)"])
    own_server.flags += ["--kernel-start-seconds", "2"]

    with own_server.start().connect() as client:
        session = client.create_session("a.ipynb", kernel_name="mute", wait_ready=True)

    assert cause_of(session.kernel) == "NEVER_READY"
    assert own_server.kernel_processes() == []


@pytest.fixture
def killed_server(own_server):
    """A server that was killed while eight workers created sessions, and what it acknowledged."""
    return own_server.start(), asyncio.run(create_until_killed(own_server))


async def create_until_killed(server, wanted=1000, kill_after=500, workers=8):
    """Create sessions that share a kernel, kill the server in between; the paths acknowledged."""
    acknowledged = []
    paths = iter([f"{number}.ipynb" for number in range(wanted)])

    async def work(client):
        for path in paths:
            await client.create_session(path, kernel_id="shared")
            acknowledged.append(path)
            if len(acknowledged) == kill_after:
                server.kill()

    async with jupyter_sessions.connect(server.target, server.token) as client:
        outcomes = await asyncio.gather(
            *(work(client) for _ in range(workers)), return_exceptions=True
        )
    assert all(isinstance(outcome, CallFailed) for outcome in outcomes), outcomes
    return acknowledged


def test_no_acknowledged_session_is_lost_when_the_server_is_killed(killed_server):
    """What I was told stays true, whatever happens to the server."""
    server, acknowledged = killed_server

    with server.restart().connect() as client:
        sessions = {session.path: session for session in client.list_sessions()}

    assert len(acknowledged) >= 500
    assert set(acknowledged) - sessions.keys() == set()
    assert {cause_of(session.kernel) for session in sessions.values()} == {"LOST"}
    assert server.kernel_processes() == []


def test_sessions_of_a_killed_server_go_on_with_a_restarted_kernel(killed_server):
    """After the crash I restart the kernel under its old id, and work on."""
    server, acknowledged = killed_server

    with server.restart().connect() as client:
        client.restart_kernel("shared", wait_ready=True)
        with client.open_session(acknowledged[-1], restart_dead=False) as session:
            result = session.execute("6 * 7")

    assert result.value == "42"
    assert session.kernel.kernel_id == "shared"
    assert len(server.kernel_processes()) == 1


def test_commands_find_the_server_that_runs_not_the_one_that_was_killed(own_server):
    """What a crash left in the runtime folder does not mislead me."""
    own_server.start().kill()
    own_server.restart()

    ran = subprocess.run(
        [BIN / "jupyter-sessions", "new", "a.ipynb"],
        env=own_server.environment,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert len(list(own_server.runtime_dir.iterdir())) == 2
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("a.ipynb: python3, idle")


def test_the_kernels_of_a_killed_server_end_by_themselves(own_server):
    """A killed server leaves no process behind that would eat my memory for days."""
    with own_server.start().connect() as client:
        for number in range(2):
            client.create_session(f"{number}.ipynb", wait_ready=True)
    orphans = own_server.kernel_processes()

    own_server.kill()

    assert len(orphans) == 2
    wait_until(lambda: not any(map(is_alive, orphans)), "the kernels end")
