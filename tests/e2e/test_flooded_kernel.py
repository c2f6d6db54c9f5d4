"""A front end that says more than a busy kernel takes: it waits, and nobody keeps it in memory."""

import asyncio

import grpc
import psutil
import pytest

import jupyter_sessions
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from tests.contract.connecting import FrontEnds, execute, jupyter_message
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

MESSAGES = 4_000
MESSAGE_BYTES = 100_000
"""400 MB in all, of which ZeroMQ lets a kernel take 1,000 messages unread."""
STALLED_SECONDS = 2
BUSY = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)"


class Flood:
    """A front end that sends as fast as it may, and then asks the kernel to answer."""

    def __init__(self, front_end):
        self._front_end = front_end
        self.sent = 0

    async def run(self):
        content = {"comm_id": "nobody's", "data": "x" * MESSAGE_BYTES}
        for _ in range(MESSAGES):
            await self._front_end.send(jupyter_message("comm_msg", content=content))
            self.sent += 1
        await self._front_end.send(execute("print('the last')"))

    async def stalled(self):
        """Wait until it cannot go on."""
        before = -1
        while before != self.sent:
            before = self.sent
            await asyncio.sleep(STALLED_SECONDS)


@pytest.mark.parametrize("kernel_name", ["python3", "recorded"])
async def test_a_flood_waits_in_the_front_end_not_in_the_server(own_server, kernel_name):
    """A front end that runs wild costs its own machine memory, and no other's."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    server = own_server.start()
    async with (
        jupyter_sessions.connect(server.target, server.token) as client,
        client.open_session("a.ipynb", kernel_name=kernel_name) as session,
        grpc.aio.insecure_channel(server.target) as channel,
    ):
        go = server.root_dir / "go"
        await session.execute("1")
        front_ends = FrontEnds(WithToken(ChannelServiceStub(channel), server.token))
        async with front_ends.connected(session_id=session.session_id) as front_end:
            await front_end.send(execute(BUSY))
            await front_end.until_message(b'"busy"')
            between = [psutil.Process(server.pid), *server.recorders()]
            before = memory_of(between)
            flood = Flood(front_end)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(flood.run())
                await flood.stalled()
                grown, sent = memory_of(between) - before, flood.sent
                go.touch()
            await front_end.until_message(b"the last")

    assert sent < MESSAGES
    assert grown < 20_000_000


def memory_of(processes):
    """Bytes, all together."""
    return sum(process.memory_info().rss for process in processes)


class WithToken:
    """A stub whose calls carry the token."""

    def __init__(self, stub, token):
        self._stub = stub
        self._metadata = (("authorization", f"Bearer {token}"),)

    def __getattr__(self, rpc):
        return lambda *request: getattr(self._stub, rpc)(*request, metadata=self._metadata)
