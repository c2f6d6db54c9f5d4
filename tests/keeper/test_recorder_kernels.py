"""Recorders with kernels as people have them, started as their kernelspecs say."""

import os
import signal
import sys

import psutil
import pytest

from jupyter_sessions_server.journal.format import Kind
from tests.e2e.processes import programs_below
from tests.keeper.recorded_kernel import RecordedKernel, recorded, request
from tests.waiting import until

IPYKERNEL = [
    sys.executable,
    "-Xfrozen_modules=off",  # else its debugger warns
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
]
BASH = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def execute(kernel: RecordedKernel, code: str) -> None:
    """Let it run code that may ask for input."""
    kernel.send(request(b"shell", "execute_request", code=code, silent=False, allow_stdin=True))


@pytest.mark.parametrize(("argv", "code"), [(IPYKERNEL, "print(6 * 7)"), (BASH, "echo $((6 * 7))")])
async def test_output_and_reply_are_recorded(argv: list[str], code: str) -> None:
    """A recorder knows nothing of languages."""
    with recorded(argv) as kernel:
        execute(kernel, code)

        stream = await kernel.message("stream")
        reply = await kernel.message("execute_reply")

        assert stream.content == {"name": "stdout", "text": "42\n"}
        assert (reply.kind, reply.content["status"]) == (Kind.SHELL, "ok")


async def test_an_ipykernel_can_ask_for_input() -> None:
    """`input()` waits for the answer on the stdin channel."""
    with recorded(IPYKERNEL) as kernel:
        execute(kernel, "print(input('? ') * 2)")
        await kernel.message("input_request")

        kernel.send(request(b"stdin", "input_reply", value="ab"))

        assert (await kernel.message("stream")).content["text"] == "abab\n"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (IPYKERNEL, "import time\nprint('busy')\ntime.sleep(1000)"),
        (BASH, "echo busy; sleep 1000"),
    ],
)
async def test_an_interrupt_of_the_process_group_stops_what_runs(
    argv: list[str], code: str
) -> None:
    """The keeper sends it, as to any other kernel."""
    with recorded(argv) as kernel:
        execute(kernel, code)
        await kernel.message("stream")
        if argv is BASH:  # between two commands it may not hear
            await until(lambda: "sleep" in programs_below(psutil.Process(kernel.pid)))

        os.killpg(kernel.pid, signal.SIGINT)

        assert (await kernel.message("execute_reply")).content["status"] != "ok"
        assert kernel.process.poll() is None


async def test_a_shutdown_request_ends_it_and_the_reply_is_recorded() -> None:
    """The reply is among a kernel's last words."""
    with recorded(IPYKERNEL) as kernel:
        execute(kernel, "")
        await kernel.message("execute_reply")

        kernel.send(request(b"control", "shutdown_request", restart=False))

        assert (await kernel.exit())["cause"] == "EXITED"
        assert kernel.messages("shutdown_reply")
