"""Kernels that nobody uses are ended, those that are in use are not."""

import pytest

from jupyter_sessions import KernelExitCause, KernelState
from tests.e2e.processes import is_alive, wait_until

pytestmark = pytest.mark.e2e

BUSY = KernelState.KERNEL_STATE_BUSY
DEAD = KernelState.KERNEL_STATE_DEAD
CULLED = KernelExitCause.KERNEL_EXIT_CAUSE_CULLED


@pytest.fixture
def client(own_server):
    """A client of a server that ends kernels which did nothing for a second."""
    own_server.flags += ["--cull-idle-timeout", "1", "--cull-interval", "0.2"]
    with own_server.start().connect() as connected:
        yield connected


def test_an_idle_kernel_is_culled_and_a_busy_one_is_not(own_server, client):
    """I went home with ten notebooks open; the one that computes goes on."""
    idle = client.create_session("idle.ipynb", wait_ready=True)
    busy = client.create_session("busy.ipynb", wait_ready=True)
    computing = iter(client.execute("while True: pass", session_id=busy.session_id))
    assert next(computing).HasField("accepted")

    def session_of_idle():
        return client.get_session(session_id=idle.session_id)

    wait_until(lambda: session_of_idle().kernel.state == DEAD, "the idle one is ended")

    assert session_of_idle().kernel.exit.cause == CULLED
    assert client.get_session(session_id=busy.session_id).kernel.state == BUSY
    assert len(own_server.kernel_processes()) == 1


def test_kernels_that_no_server_comes_back_for_are_ended_with_all_that_kept_them(own_server):
    """I uninstalled the server weeks ago; nothing of it eats my memory."""
    own_server.flags += ["--orphan-ttl-seconds", "1"]
    with own_server.start().connect() as client:
        client.create_session("a.ipynb", wait_ready=True)
    (kernel,) = own_server.kernel_processes()

    own_server.stop()
    wait_until(lambda: not is_alive(kernel), "the kernel is ended")

    with own_server.restart().connect() as client:
        assert client.get_session(path="a.ipynb").kernel.exit.cause == CULLED


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_keeper_without_kernels_and_server_ends_by_itself(own_server):
    """When all is over, all is gone."""
    with own_server.start().connect() as client:
        client.delete_session(client.create_session("a.ipynb", wait_ready=True).session_id)
    processes = [own_server.keeper(), *own_server.zygotes()]

    own_server.stop()

    wait_until(lambda: not any(map(is_alive, processes)), "the keeper ends", seconds=40)
    assert list(own_server.folder.rglob("*.sock")) == []
