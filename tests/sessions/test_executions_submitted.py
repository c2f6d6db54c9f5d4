"""Code in the moment in which it is taken on."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import ExecutionQueueFull, RequestIdReused
from jupyter_sessions_server.model import Code, ExecutionState
from jupyter_sessions_server.requests import request
from tests.sessions.loop_turns import all_done, turns
from tests.sessions.running_code import ME, codes_sent, requests_to
from tests.sessions.servers import all_of, begin, end_of
from tests.waiting import until

LIMIT = 3


@pytest.fixture
def config(config):
    """A server with short queues."""
    return replace(config, kernels=replace(config.kernels, queue_limit=LIMIT))


@pytest.fixture
async def may_add(domain, kernel_manager):
    """A kernel, ready; what is taken on in it is stored when the event is set."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, "k1")
    may_add, add = asyncio.Event(), domain.executions._store.add

    async def add_later(record):
        await may_add.wait()
        await add(record)

    domain.executions._store.add = add_later
    return may_add


async def test_who_hangs_up_before_it_is_taken_on_cancels_it_if_told_so(domain, may_add):
    """It is taken on all the same: that had begun."""

    async def run():
        batches = domain.executions.execute(ME, "k1", Code("wait"), cancel_on_disconnect=True)
        async with aclosing(batches):
            return [batch async for batch in batches]

    caller = asyncio.ensure_future(run())
    await turns(10)
    caller.cancel()
    await turns(10)
    may_add.set()
    await asyncio.wait([caller])
    await all_done()

    [execution] = (await domain.executions.list_executions(ME, "k1")).executions
    assert execution.state is ExecutionState.CANCELLED


async def test_no_more_are_taken_on_at_once_than_may_wait(domain, may_add):
    """Those that are being stored count."""
    runs = [asyncio.ensure_future(begin(domain, "wait")) for _ in range(20)]
    await turns(20)
    may_add.set()
    begun = await asyncio.gather(*runs, return_exceptions=True)

    refused = [each for each in begun if isinstance(each, ExecutionQueueFull)]
    assert len(begun) - len(refused) == LIMIT + 1  # one of them runs


async def test_a_kernel_is_forgotten_with_what_is_being_taken_on(domain, may_add, kernel_manager):
    """It waits for that, so that nothing of it is left behind it."""
    running = asyncio.ensure_future(begin(domain, "say x"))
    await turns(10)
    ending = asyncio.ensure_future(kernel_manager.shutdown_kernel(ME, "k1"))
    await until(lambda: kernel_manager.find("k1") is None)
    may_add.set()
    await ending
    execution = await domain.executions.get(ME, await running)

    assert execution.state is ExecutionState.LOST
    assert execution.kernel_exit
    assert domain.executions._store.is_ended("k1")
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    assert (await domain.executions.list_executions(ME, "k1")).executions == []


async def test_the_list_has_the_order_in_which_they_came(domain, may_add, kernels):
    """Those of other front ends too, though they are stored later."""
    may_add.set()
    kernels._execute("k1", request("execute_request", {"code": "pass"}, "foreign"))
    await until(lambda: domain.executions._is_known("foreign"))
    own = await begin(domain, "say x")
    await all_of(domain, own)

    page = await domain.executions.list_executions(ME, "k1")

    assert [each.execution_id for each in page.executions] == [own, "foreign"]


async def test_they_run_in_the_order_in_which_they_came(domain, may_add, kernel_manager, kernels):
    """Though the first has to wait until what somebody else runs elsewhere is stored."""
    may_add.set()
    await kernel_manager.start_kernel(ME, kernel_id="k2", kept=True)
    await kernel_manager.settled(ME, "k2")
    await begin(domain, "wait", stop_on_error=False)
    await kernels.running_code("k1")
    kernels._execute("k2", request("execute_request", {"code": "pass"}, "foreign"))
    await until(lambda: domain.executions._is_known("foreign"))
    runs = [asyncio.ensure_future(begin(domain, f"say {number}")) for number in range(3)]

    ids = await asyncio.gather(*runs)
    await kernels.interrupt("k1")
    await asyncio.gather(*(all_of(domain, id_) for id_ in ids))

    assert codes_sent(kernels) == ["wait", "say 0", "say 1", "say 2"]


async def once(domain, **expressions):
    """The id of the execution that a request of one id begins, or has begun."""
    code = Code("say x", user_expressions=expressions)
    batches = domain.executions.execute(ME, "k1", code, request_id="r")
    async with aclosing(batches):
        return (await anext(batches)).events[0].output.execution_id


async def test_a_retry_may_have_its_maps_in_another_order(domain, may_add, kernels):
    """That of a protobuf map differs from process to process."""
    may_add.set()
    first = await once(domain, a="1", b="2")

    assert await once(domain, b="2", a="1") == first
    with pytest.raises(RequestIdReused):
        await once(domain, b="1", a="2")
    assert len(requests_to(kernels)) == 1


async def test_a_retry_for_a_session_may_find_it_with_another_kernel(domain, sessions, kernels):
    """The first one was run in the kernel that it had then."""
    code = Code("say x")
    for kernel_id in ("k1", "k2"):
        await sessions.kernel_manager.start_kernel(ME, kernel_id=kernel_id, kept=True)
        batches = domain.executions.execute(ME, kernel_id, code, "a-session", request_id="r")
        async with aclosing(batches):
            events = [event async for batch in batches for event in batch.events]

    assert end_of(events).kernel_id == "k1"
    assert len(requests_to(kernels)) == 1
