"""Settings that end kernels, or bring them back, on real processes."""

import pytest

from jupyter_sessions import KernelExitCause, KernelState
from tests.e2e.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DEAD = KernelState.KERNEL_STATE_DEAD


def test_a_kernel_that_takes_too_much_memory_is_ended(own_server):
    """My loop appends to a list; the other notebooks of the machine are spared."""
    own_server.flags += ["--kernel-memory-limit", "200_000_000"]
    code = "import time\nkept = []\nwhile True: kept.append(bytearray(5_000_000)); time.sleep(0.05)"

    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        result = session.execute(code)
        kernel = session.refresh().kernel

    cause = KernelExitCause.KERNEL_EXIT_CAUSE_OUT_OF_MEMORY
    assert result.execution.kernel_exit.cause == cause
    assert (kernel.state, kernel.exit.cause) == (DEAD, cause)


def test_an_idle_kernel_is_culled_and_can_be_restarted(own_server):
    """After the weekend my notebook has no kernel, and says why."""
    own_server.flags += ["--cull-idle-timeout", "0.5", "--cull-interval", "0.2"]

    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        session.execute("1")
        wait_until(lambda: session.refresh().kernel.state == DEAD, "the kernel is culled")
        cause = session.kernel.exit.cause
        client.restart_kernel(session.kernel.kernel_id, wait_ready=True)

        assert session.execute("print(6 * 7)").text == "42\n"
    assert cause == KernelExitCause.KERNEL_EXIT_CAUSE_CULLED


def test_a_kernel_that_crashes_is_restarted(own_server):
    """A restart limit of one a minute: the second crash counts as final."""
    own_server.flags += ["--restart-limit", "1"]

    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        session.execute("import os; os._exit(3)")
        again = session.execute("print(6 * 7)")
        restarts = session.refresh().kernel.restart_count
        session.execute("import os; os._exit(3)")
        wait_until(lambda: session.refresh().kernel.state == DEAD, "the kernel is dead")

    assert (again.text, restarts) == ("42\n", 1)
    assert session.kernel.exit.exit_code == 3


def test_what_a_kernel_takes_is_told(own_server):
    """Hundred megabytes in a variable are hundred megabytes in the list of kernels."""
    own_server.flags += ["--usage-interval-seconds", "0.1"]

    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        session.execute("kept = bytearray(100_000_000)")
        wait_until(lambda: session.refresh().kernel.usage.memory_bytes > 100_000_000, "measured")

        usage = session.kernel.usage
    assert usage.memory_bytes < 300_000_000
    assert usage.cpu_time.ToMilliseconds() > 0
