"""Kernels that crash, and kernels that never begin: each is told truly."""

import signal
import sys

import pytest

from jupyter_sessions import ExecutionState, KernelExitCause, KernelState
from jupyter_sessions.errors import KernelStartFailed
from tests.e2e.processes import wait_until
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = pytest.mark.e2e

DEAD = KernelState.KERNEL_STATE_DEAD


@pytest.fixture(scope="module")
def server(server):
    """A server with a kernelspec whose kernels have their journal written by a recorder."""
    server.add_kernelspec("recorded", RECORDED_KERNEL)
    return server


@pytest.fixture(params=["python3", "recorded"])
def session(client, request):
    """A session with a fresh kernel: one that writes its journal itself, and one that does not."""
    options = {"kernel_name": request.param, "delete_on_exit": True}
    with client.open_session("a.ipynb", **options) as opened:
        yield opened


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
    wait_until(lambda: not server.kernel_processes(), "the process has gone")
    assert server.recorders() == []


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
    wait_until(lambda: not own_server.kernel_processes(), "the process has gone")
