"""A server that is killed: what it acknowledged stays, and its kernels live on as they are."""

import asyncio
import subprocess

import pytest

import jupyter_sessions
from jupyter_sessions import KernelState
from jupyter_sessions.errors import CallFailed
from tests.e2e.journals import Follower
from tests.e2e.processes import wait_until
from tests.e2e.server_process import BIN, RECORDED_KERNEL

pytestmark = pytest.mark.e2e

COUNT = "import time\nfor i in range({lines}): print(i, flush=True); time.sleep(0.01)\n'counted'"
"""A cell that prints a number every 10 ms."""


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
    assert {session.kernel.kernel_id for session in sessions.values()} == {"shared"}
    assert len(server.kernel_processes()) == 1


def start_python(client, **options):
    """A session whose kernel is ready, with a variable."""
    session = client.create_session(wait_ready=True, **options)
    run(client, session, "x = 42")
    return session


def run(client, session, code):
    """The result of code in a session's kernel."""
    with client.open_session(session.path, restart_dead=False) as opened:
        return opened.execute(code).raise_for_error()


@pytest.mark.parametrize("kernel_name", ["python3", "recorded"])
def test_a_session_goes_on_with_its_variables_after_the_server_was_killed(own_server, kernel_name):
    """I notice a crash of the server by nothing but a call that failed."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    with own_server.start().connect() as client:
        before = start_python(client, path="a.ipynb", kernel_name=kernel_name)
    processes = own_server.kernel_processes()
    own_server.kill()

    with own_server.restart().connect() as client:
        after = client.get_session(path="a.ipynb")
        value = run(client, after, "x").value

    assert value == "42"
    assert own_server.kernel_processes() == processes
    assert after.kernel.kernel_id == before.kernel.kernel_id
    assert after.kernel.start_time == before.kernel.start_time
    assert after.kernel.restart_count == 0


def test_a_cell_that_ran_while_no_server_was_there_is_over_when_one_is(own_server):
    """My computation ends at night; in the morning the kernel is idle, not busy for ever."""
    with own_server.start().connect() as client:
        session = client.create_session("a.ipynb", wait_ready=True)
        stream = iter(client.execute(COUNT.format(lines=50), session_id=session.session_id))
        assert any(event.HasField("stream") for event in stream)
        own_server.kill()
    with Follower(own_server, session.kernel.kernel_id) as journal:
        wait_until(journal.replies, "the cell ends")

    with own_server.restart().connect() as client:
        kernel = client.get_session(path="a.ipynb").kernel
        value = run(client, session, "i").value

    assert kernel.state == KernelState.KERNEL_STATE_IDLE
    assert value == "49"


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kernel_name", ["python3", "recorded"])
def test_a_cell_runs_through_three_kills_of_the_server_and_says_every_line_once(
    own_server, kernel_name
):
    """Whatever becomes of the server, no line of my log is missing or double."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    with own_server.start().connect() as client:
        session = start_python(client, path="a.ipynb", kernel_name=kernel_name)
        next(iter(client.execute(COUNT.format(lines=1500), session_id=session.session_id)))
        processes = own_server.kernel_processes()

        with Follower(own_server, session.kernel.kernel_id) as journal:
            for lines in (300, 700, 1100):
                wait_until(lambda: len(journal.lines()) > lines, f"{lines} lines")  # noqa: B023
                own_server.kill()
                own_server.restart()
            wait_until(lambda: len(journal.replies()) == 2, "the cell ends")

    assert journal.lines() == [str(number) for number in range(1500)]
    assert journal.replies() == ["ok", "ok"]
    assert own_server.kernel_processes() == processes
    with own_server.connect() as client:
        assert run(client, session, "x, i").value == "(42, 1499)"


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
