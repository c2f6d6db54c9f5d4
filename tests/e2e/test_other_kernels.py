"""Kernels that are no ipykernels, and have their journals written for them."""

import importlib.util
import sys

import pytest

from jupyter_sessions.v1.kernels_pb2 import KernelStartMode
from tests.e2e.processes import is_alive, programs_below, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not importlib.util.find_spec("bash_kernel"), reason="is not installed"),
]

BASH_KERNEL = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]


@pytest.fixture
def session(own_server):
    """A session with a shell."""
    own_server.add_kernelspec("bash", BASH_KERNEL)
    with (
        own_server.start().connect() as client,
        client.open_session("a.sh", kernel_name="bash") as opened,
    ):
        yield opened


def runs(server, name):
    """Whether a kernel runs a program of this name."""
    return any(name in programs_below(kernel) for kernel in server.kernel_processes())


def test_a_shell_runs_is_interrupted_and_outlives_the_server(own_server, session):
    """Whatever language I work in, my work does not depend on the server."""
    session.execute("x=42")
    events = iter(session.stream("echo began; sleep 600"))
    assert any(event.HasField("stream") for event in events)
    wait_until(lambda: runs(own_server, "sleep"), "the program")  # the kernel listens by then
    session.interrupt()
    *_, interrupted = events
    own_server.kill()

    with own_server.restart().connect() as client, client.open_session("a.sh") as again:
        result = again.execute("echo $x")

    assert interrupted.HasField("finished")
    assert result.stdout == "42\n"


@pytest.mark.slow
def test_it_is_told_why_a_shell_is_not_started_warm(session):
    """I wonder why it takes longer than the others."""
    assert session.kernel.start.mode == KernelStartMode.KERNEL_START_MODE_COLD
    assert session.kernel.start.cold_reason == "not an ipykernel"


@pytest.mark.slow
def test_a_shell_that_is_shut_down_ends_with_its_recorder(own_server, session):
    """Nothing is left of it but what it said."""
    processes = [*own_server.kernel_processes(), *own_server.recorders()]

    session.delete()

    assert len(processes) == 2
    wait_until(lambda: not any(map(is_alive, processes)), "their ends")
