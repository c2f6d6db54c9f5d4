"""`@jupyterlab/services`, the library by which JupyterLab and others speak to servers, unchanged.

What is tested is said in node/*.test.mjs, in the library's own words.
"""

import pytest

from tests.e2e.gateway.node_programs import run_tests

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(90)]

FORMATS = ("v1", "default")


def test_sessions_are_managed(gateway, node):
    """I list, start, find, rename and end sessions and kernels from a program in TypeScript."""
    run_tests("sessions.test.mjs", gateway, "v1")


@pytest.mark.parametrize("websocket_format", FORMATS)
def test_code_is_run(gateway, node, websocket_format):
    """A notebook's cells run, ask for input, complete, are interrupted, and survive a restart."""
    run_tests("execute.test.mjs", gateway, websocket_format)


@pytest.mark.parametrize("websocket_format", FORMATS)
def test_comms_carry_bytes(gateway, node, websocket_format):
    """My widgets send arrays to the kernel and get arrays back."""
    run_tests("comms.test.mjs", gateway, websocket_format)


@pytest.mark.parametrize("websocket_format", FORMATS)
def test_two_clients_share_a_session(gateway, node, websocket_format):
    """I have one notebook open in two windows."""
    run_tests("two_clients.test.mjs", gateway, websocket_format)
