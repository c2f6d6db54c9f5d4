"""Somebody who reads nothing for a while costs no memory, slows nobody, and misses nothing."""

import asyncio

import grpc
import psutil
import pytest

import jupyter_sessions
from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

MEGABYTES = 100
QUICK = f"""
for number in range({MEGABYTES}):
    print(f"{{number:3}}" + "x" * 999_997, end="", flush=True)
"""
SLOW = f"import time{QUICK}    time.sleep(0.3)"
MOST_BYTES = 20_000_000


async def texts_of(call):
    """What is printed, of the events that are still to come."""
    events = (event async for batch in call for event in batch.events)
    return [event.stream.text async for event in events if event.HasField("stream")]


def is_complete(texts):
    """Whether all of it is there, in order."""
    text = "".join(texts)
    starts = [text[number * 1_000_000 :][:3] for number in range(MEGABYTES)]
    return len(text) == MEGABYTES * 1_000_000 and starts == [f"{n:3}" for n in range(MEGABYTES)]


@pytest.fixture
async def stub(own_server):
    """ExecutionService of a server that has nothing else to do."""
    own_server.start()
    limit = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(own_server.target, limit) as channel:
        yield ExecutionServiceStub(channel)


@pytest.fixture
async def session(own_server, stub):
    """A session whose kernel has run code."""
    target, token = own_server.target, own_server.token
    async with (
        jupyter_sessions.connect(target, token, tls=False) as client,
        client.open_session("a.ipynb") as opened,
    ):
        await opened.execute("1")
        yield opened


@pytest.fixture
def metadata(own_server, stub):
    """Who calls."""
    return (("authorization", f"Bearer {own_server.token}"),)


async def started(stub, session, metadata, code):
    """Code that runs: its events to come, and how to attach to it."""
    request = pb.ExecuteRequest(session_id=session.session_id, code=code)
    events = aiter(stub.Execute(request, metadata=metadata))
    accepted = (await anext(events)).events[0].accepted
    return events, pb.AttachExecutionRequest(execution_id=accepted.execution_id)


async def test_one_who_sleeps_for_half_a_minute_costs_no_memory(
    own_server, stub, session, metadata
):
    """My laptop is closed while a long cell prints; a colleague looks at it all the time."""
    process = psutil.Process(own_server.pid)
    events, attach = await started(stub, session, metadata, SLOW)
    asleep = aiter(stub.AttachExecution(attach, metadata=metadata))
    await anext(asleep)
    before = process.memory_info().rss

    heard = await texts_of(events)
    grown = process.memory_info().rss - before
    caught_up = await texts_of(asleep)

    assert is_complete(heard)
    assert is_complete(caught_up)
    assert grown < MOST_BYTES


async def test_ten_hear_the_same(stub, session, metadata):
    """A class looks at one cell."""
    events, attach = await started(stub, session, metadata, QUICK)
    others = [stub.AttachExecution(attach, metadata=metadata) for _ in range(9)]

    heard = await asyncio.gather(texts_of(events), *map(texts_of, others))

    assert all(map(is_complete, heard))
