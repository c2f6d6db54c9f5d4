"""What a kernel took of the machine is given back when it ends: nothing grows with use."""

import sys

import pytest

from jupyter_sessions.errors import KernelStartFailed
from tests.e2e.resources import resources_of, wait_until_given_back

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def use_kernels(client, count):
    """Start kernels, four at a time, and end them: some when they have run code, some before."""
    for first in range(0, count, 4):
        numbers = range(first, min(first + 4, count))
        started = [client.create_session(f"{number}.ipynb") for number in numbers]
        for session in started[::2]:
            *_, last = client.execute("print(1)", session_id=session.session_id)
            assert last.HasField("finished")
        for session in started:
            client.delete_session(session.session_id)


@pytest.fixture
def used_server(own_server):
    """A server that has done everything once: its pools have their threads.

    It parks no kernels, which would come and go while it is measured, and keeps nothing of those
    that are gone.
    """
    own_server.flags += ["--warm-kernels", "0", "--retention-seconds", "0"]
    with own_server.start().connect() as client:
        use_kernels(client, 2)
        yield own_server, client


@pytest.mark.timeout(90)
def test_twenty_kernels_later_the_server_holds_what_it_held_before(used_server):
    """It runs for months, and starts thousands of kernels."""
    server, client = used_server
    before = resources_of(server)

    use_kernels(client, 20)

    assert before.kernels == 0
    wait_until_given_back(server, before)


@pytest.mark.timeout(60)
def test_failed_starts_take_nothing(used_server):
    """A broken kernelspec that is tried again and again does not fill the machine."""
    server, client = used_server
    server.add_kernelspec("missing", ["/no/such/program"])
    server.add_kernelspec("ends", ["/bin/false"])
    before = resources_of(server)

    for number in range(10):
        with pytest.raises(KernelStartFailed):
            client.create_session(f"{number}.ipynb", kernel_name="missing")
        ended = client.create_session(f"{number}.ipynb", kernel_name="ends", wait_ready=True)
        client.delete_session(ended.session_id)

    wait_until_given_back(server, before)


@pytest.mark.timeout(60)
def test_restarts_take_nothing(used_server):
    """A session that is restarted all day costs what it cost in the morning."""
    server, client = used_server
    with client.open_session("a.ipynb", delete_on_exit=True) as session:
        session.restart()
        before = resources_of(server)

        for _ in range(5):
            session.restart()

        assert before.kernels == 1
        wait_until_given_back(server, before)
