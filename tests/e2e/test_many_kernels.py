"""Fifty kernels at once: they start together, and outlive server and keeper together."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_sessions import KernelState
from jupyter_sessions.errors import CallFailed
from tests.e2e.processes import is_alive, wait_until
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

COUNT = 50
IDLE = KernelState.KERNEL_STATE_IDLE


@pytest.fixture(scope="module")
def server(server):
    """A server with fifty kernels, all started at once; each test leaves them as they are."""
    with server.connect() as client, ThreadPoolExecutor(COUNT) as threads:
        began = time.monotonic()
        ready = list(threads.map(lambda number: create(client, number), range(COUNT)))
        print(f"{COUNT} kernels ready in {time.monotonic() - began:.1f} s")  # noqa: T201
    assert [session.kernel.state for session in ready] == [IDLE] * COUNT
    return server


def create(client, number):
    """A session whose kernel is ready, and holds its number."""
    session = client.create_session(f"{number}.ipynb", wait_ready=True)
    run(client, session, f"number = {number}")
    return session


def run(client, session, code):
    """The value of code in a session's kernel."""
    with client.open_session(session.path, restart_dead=False) as opened:
        return opened.execute(code).raise_for_error().value


def values(server):
    """What the kernels hold, in the order of their sessions."""
    with server.connect() as client:
        return [run(client, session, "number") for session in client.list_sessions()]


def states(server):
    """The states of all kernels."""
    with server.connect() as client:
        return [kernel.state for kernel in client.list_kernels()]


def paths_of(processes):
    """Of each process the folder that it was started with."""
    return {process.environ().get("JPY_SESSION_NAME") for process in processes}


def test_fifty_kernels_that_start_at_once_are_fifty_processes_of_their_own(server):
    """A class of students begins at nine."""
    processes = server.kernel_processes()

    assert len(processes) == COUNT
    assert sorted(map(int, values(server))) == list(range(COUNT))
    assert len(list((server.folder / "data" / "run" / "p").glob("*/s-1"))) >= COUNT


def test_fifty_kernels_are_there_again_when_the_server_is(server):
    """The server is killed while everybody works; nobody has to start anew."""
    processes = server.kernel_processes()
    server.kill()

    began = time.monotonic()
    server.restart()
    wait_until(lambda: states(server) == [IDLE] * COUNT, "all kernels are idle", seconds=60)
    print(f"{COUNT} kernels back in {time.monotonic() - began:.1f} s")  # noqa: T201

    assert server.kernel_processes() == processes
    assert sorted(map(int, values(server))) == list(range(COUNT))


def test_fifty_kernels_are_there_again_when_server_and_keeper_were_killed(server):
    """What is started again finds every process, and none is left that is nobody's."""
    processes = server.kernel_processes()
    server.kill()
    server.keeper().kill()

    server.restart()
    wait_until(lambda: states(server) == [IDLE] * COUNT, "all kernels are idle", seconds=60)

    assert server.kernel_processes() == processes
    assert sorted(map(int, values(server))) == list(range(COUNT))


@pytest.mark.parametrize("kernel_name", ["python3", "recorded"])
@pytest.mark.parametrize("kernels_seen", [0, 3])
def test_kernels_that_were_starting_when_all_was_killed_are_somebodys_or_gone(
    own_server, kernel_name, kernels_seen
):
    """Killed at the worst moment: no process runs that nobody knows of."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    own_server.start()
    starting = [
        threading.Thread(target=create_if_possible, args=(own_server, number, kernel_name))
        for number in range(10)
    ]
    for thread in starting:
        thread.start()
    wait_until(lambda: len(own_server.kernel_processes()) >= kernels_seen, "some kernels run")

    keeper = own_server.keeper()
    keeper.kill()
    own_server.kill()
    for thread in starting:
        thread.join()
    wait_until(lambda: not is_alive(keeper), "the end of the keeper")
    own_server.restart()

    with own_server.connect() as client:
        wait_until(
            lambda: len(own_server.kernel_processes()) == len(alive(client)), "each has its kernel"
        )


def alive(client):
    """The kernels that are not dead."""
    return [kernel for kernel in client.list_kernels() if not kernel.HasField("exit")]


def create_if_possible(server, number, kernel_name):
    """Create a session, if the server still can."""
    try:
        with server.connect() as client:
            client.create_session(f"{number}.ipynb", kernel_name=kernel_name)
    except (CallFailed, FileNotFoundError):
        return
