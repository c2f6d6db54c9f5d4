"""Agents at work for a minute: at the end every state is right, and nothing is left behind."""

import asyncio
import signal
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

import jupyter_sessions
from tests.e2e.agents import Agent
from tests.e2e.processes import wait_until
from tests.e2e.resources import resources_of, wait_until_given_back

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

AGENTS = 20
SECONDS = 60
SEED = 7


@pytest.fixture
def server(own_server):
    """A server that tells its tasks, keeps nothing of what is gone, and loses patience soon."""
    own_server.command = [sys.executable, "-m", "tests.e2e.counted_server"]
    own_server.environment["PYTHONPATH"] = ":".join(sys.path)
    own_server.environment["JUPYTER_SESSIONS_INTERRUPT_GRACE_SECONDS"] = "3"
    own_server.flags += ["--warm-kernels", "0", "--retention-seconds", "0"]
    return own_server.start()


def tasks_of(server):
    """The tasks of the server's loop."""
    file = server.root_dir / "tasks"
    file.unlink(missing_ok=True)
    server._process.send_signal(signal.SIGUSR1)
    wait_until(file.exists, "the server tells its tasks")
    return file.read_text().splitlines()


def open_streams(server):
    """The calls that have begun and not ended, as gRPC counts them; not the one that asks."""
    with grpc.insecure_channel(server.target) as channel:
        stub = channelz_pb2_grpc.ChannelzStub(channel)
        token = (("authorization", f"Bearer {server.token}"),)
        servers = stub.GetServers(channelz_pb2.GetServersRequest(), metadata=token).server
    counts = [each.data for each in servers]
    return sum(c.calls_started - c.calls_succeeded - c.calls_failed for c in counts) - 1


async def run_agents(server, count, seconds):
    """Have so many agents work, and then look at what they have done."""
    did = Counter()
    async with AsyncExitStack() as stack:
        agents = []
        for number in range(count):
            client = await stack.enter_async_context(
                jupyter_sessions.connect(server.target, server.token)
            )
            opening = client.open_session(f"{number}.ipynb", delete_on_exit=True)
            session = await stack.enter_async_context(opening)
            agents.append(Agent(number, client, session, server.root_dir, SEED))
        async with asyncio.TaskGroup() as tasks:
            for agent in agents:
                tasks.create_task(agent.work(time.monotonic() + seconds))
        for agent in agents:
            await agent.require_right_states()
            did += agent.did
    return did


def test_twenty_agents_leave_nothing_wrong_and_nothing_behind(server):
    """Deadlines, cancellations, restarts and crashes all day long, in twenty notebooks at once."""
    asyncio.run(run_agents(server, 4, 5))
    before, tasks = resources_of(server), len(tasks_of(server))

    did = asyncio.run(run_agents(server, AGENTS, SECONDS))

    print(did)  # noqa: T201 - when it fails
    assert min(did.values()) >= 5
    assert len(did) == 13
    wait_until_given_back(server, before)
    wait_until(lambda: len(tasks_of(server)) <= tasks, "all tasks have ended")
    wait_until(lambda: open_streams(server) == 0, "all streams have ended")
