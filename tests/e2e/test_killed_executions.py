"""Servers and readers are killed at random: what was collected is what the code printed."""

import asyncio
import random
import socket

import pytest

import jupyter_sessions
from jupyter_sessions.v1.executions_pb2 import ExecutionState

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

SEED = 20_26
CODE = """
import random, sys, time
r = random.Random({seed})
for _ in range(r.randrange(1, 60)):
    stream = sys.stdout if r.random() < 0.7 else sys.stderr
    stream.write("%x" % r.getrandbits(4 * r.randrange(1, 400)) + "\\n")
    if r.random() < 0.2: sys.stdout.flush(); time.sleep(r.random() / 50)
"""


def printed_by(seed):
    """What the code of this seed prints on each stream."""
    texts = {"stdout": "", "stderr": ""}
    r = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(r.randrange(1, 60)):
        name = "stdout" if r.random() < 0.7 else "stderr"
        texts[name] += f"{r.getrandbits(4 * r.randrange(1, 400)):x}\n"
        if r.random() < 0.2:
            r.random()
    return texts


@pytest.fixture
def server(own_server):
    """A server that is found again at the same address, with the same token."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own_server.flags += ["--grpc-port", str(port)]
    own_server.environment["JUPYTER_SESSIONS_TOKEN"] = "a-token"
    return own_server.start()


async def run_and_collect(server, client, path, seed, chaos):
    """Run a cell; its stream is left at random, and attached to again by a new client."""
    texts = {"stdout": "", "stderr": ""}
    stream = client.execute(CODE.format(seed=seed), session_id=path)
    seqs = []
    while True:
        async for event in stream:
            seqs.append(event.seq)
            if event.HasField("stream"):
                texts[event.stream.name] += event.stream.text
            if event.HasField("finished"):
                assert seqs == sorted(set(seqs)), "each event once, in order"
                assert event.finished.execution.state == ExecutionState.EXECUTION_STATE_SUCCEEDED
                return texts
            if chaos.random() < 0.02:
                break
        stream = client.attach(stream.execution_id, seqs[-1] + 1)


async def kill_at_random(server, chaos, kills, over):
    for _ in range(kills):
        await asyncio.sleep(chaos.uniform(0.05, 0.8))
        if over.is_set():
            return
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_collected_is_what_was_printed(server, seed):
    """Each event once, in order, whatever dies meanwhile."""
    chaos = random.Random(SEED + seed)  # noqa: S311 - not for secrets

    async def work(worker):
        async with jupyter_sessions.connect(server.target, "a-token") as client:
            session = await client.create_session(f"{worker}.ipynb", wait_ready=True)
            ready.append(worker)
            while len(ready) < 4:  # noqa: ASYNC110 - four workers
                await asyncio.sleep(0.01)
            for number in range(12):
                cell = 1000 * seed + 100 * worker + number
                collected = await run_and_collect(server, client, session.session_id, cell, chaos)
                assert collected == printed_by(cell), f"cell {cell}"

    async def scenario():
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            workers = [tasks.create_task(work(worker)) for worker in range(4)]
            while len(ready) < 4:  # noqa: ASYNC110 - four workers
                await asyncio.sleep(0.01)
            killing = tasks.create_task(kill_at_random(server, chaos, 12, over))
            await asyncio.wait(workers)
            over.set()
            await killing

    ready = []
    asyncio.run(scenario())
