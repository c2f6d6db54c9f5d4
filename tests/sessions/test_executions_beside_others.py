"""Code that stands in a kernel's queue beside that of other front ends, and where records miss."""

import asyncio
from contextlib import aclosing

import pytest

from jupyter_sessions_server.model import (
    Accepted,
    Channel,
    Code,
    ExecutionState,
    Finished,
    GapReason,
    StopStep,
)
from jupyter_sessions_server.requests import request
from tests.sessions.loop_turns import turns
from tests.sessions.running_code import ME, codes_sent, requests_to
from tests.sessions.servers import all_of, begin, end_of, texts, with_kernel
from tests.waiting import until


def run_foreign(kernels, code, msg_id="foreign"):
    """Have the kernel run what another front end has sent to it."""
    kernels._execute("k1", request("execute_request", {"code": code}, msg_id))


def end_foreign(kernels):
    """Have what the kernel runs end."""
    kernels._finish("k1", kernels._running.pop("k1"), {"status": "ok"})


@pytest.fixture
def behind_another(new_server, kernels):
    """Has code sent that stands behind another's in the kernel when its server is killed."""

    async def behind_another(code):
        async with new_server(killed=True) as domain:
            await with_kernel(domain)
            kernels.answers = False
            id_ = await begin(domain, code)
            await until(lambda: requests_to(kernels))
            run_foreign(kernels, "wait")
            await until(lambda: "foreign" in domain.executions._running)
            return id_

    return behind_another


async def test_one_behind_another_front_ends_is_not_sent_again(new_server, kernels, behind_another):
    """The kernel has it, whatever runs before it."""
    id_ = await behind_another("say x")

    async with new_server() as domain:
        await until(lambda: "foreign" in domain.executions._running)
        await turns(20)
        end_foreign(kernels)
        kernels.answer_now()
        events = await all_of(domain, id_)

    assert texts(events) == ["x"]
    assert codes_sent(kernels) == ["say x"]


async def test_one_behind_another_front_ends_is_not_dropped(new_server, kernels, behind_another):
    """To be told that code never ran is to be told that it never will."""
    id_ = await behind_another("wait")

    async with new_server() as domain:
        cancelling = asyncio.ensure_future(domain.executions.cancel(ME, id_))
        await until(lambda: "foreign" in domain.executions._running)
        await turns(20)
        end_foreign(kernels)
        kernels.answer_now()
        cancelled = await cancelling

    assert cancelled.stop_step is StopStep.INTERRUPTED


async def test_one_that_may_have_run_in_a_gap_is_not_sent_again(new_server, kernels):
    """On a full disk neither is it stored that it was sent nor what it said."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        kernels.answers = False
        id_ = await begin(domain, "say x")
        await until(lambda: requests_to(kernels))
    kernels._unanswered.clear()
    kernels.leave_gap("k1", GapReason.STORAGE_FULL)
    kernels.answers = True

    async with new_server() as domain:
        end = end_of(await all_of(domain, id_))

    assert end.state is ExecutionState.LOST
    assert codes_sent(kernels) == ["say x"]


async def test_one_that_has_not_begun_is_not_lost_in_a_gap(domain, kernels):
    """Others' code goes before it, and some of what that said is missing."""
    await with_kernel(domain)
    kernels.answers = False
    id_ = await begin(domain, "say x")
    await until(lambda: requests_to(kernels))
    run_foreign(kernels, "say 1", "first")
    kernels.leave_gap("k1")
    run_foreign(kernels, "say 2", "second")
    await turns(20)

    kernels.answer_now()

    assert end_of(await all_of(domain, id_)).state is ExecutionState.SUCCEEDED


@pytest.fixture
async def begun_in_a_gap(domain, kernels, monkeypatch):
    """Runs code whose beginning is missing in the journal, in a kernel that is busy then."""
    await with_kernel(domain)
    say, answer = kernels.say, kernels._answer

    def say_less(kernel_id, parent, channel, msg_type, content):
        is_beginning = msg_type == "execute_input" or content.get("execution_state") == "busy"
        if is_beginning and parent.msg_type == "execute_request":
            kernels.leave_gap(kernel_id, GapReason.STORAGE_FULL)
        else:
            say(kernel_id, parent, channel, msg_type, content)

    def answer_if_idle(kernel_id, asked):
        if kernel_id not in kernels._running:
            answer(kernel_id, asked)

    monkeypatch.setattr(kernels, "say", say_less)
    monkeypatch.setattr(kernels, "_answer", answer_if_idle)

    async def begun(code, **options):
        id_ = await begin(domain, code, **options)
        await kernels.running_code("k1")
        return id_

    return begun


async def test_one_that_began_in_a_gap_has_its_timeout(domain, begun_in_a_gap):
    """What it prints shows that it runs."""
    id_ = await begun_in_a_gap("chatter", timeout_ms=20)

    assert end_of(await all_of(domain, id_)).state is ExecutionState.TIMED_OUT


async def test_one_that_began_in_a_gap_and_says_nothing_can_be_cancelled(domain, begun_in_a_gap):
    """Nothing else runs that an interrupt could hit."""
    id_ = await begun_in_a_gap("wait")

    cancelled = await domain.executions.cancel(ME, id_)

    assert cancelled.state is ExecutionState.CANCELLED


async def told_while_it_waits(domain, execution_id):
    """What a stream has been told of one that waits, and where it is to be resumed."""
    async with aclosing(domain.executions.attach(ME, execution_id, 0)) as batches:
        first, quiet = await anext(batches), await anext(batches)
        return [*first.events, *quiet.events], quiet.next_seq


async def test_one_that_waited_is_resumed_before_its_end(domain, kernels, monkeypatch):
    """What others say meanwhile has greater numbers than an end that no record tells."""
    monkeypatch.setattr(domain.executions, "_quiet_seconds", 0.02)
    await with_kernel(domain)
    first = await begin(domain, "wait")
    await kernels.running_code("k1")
    id_ = await begin(domain, "say x")
    for _ in range(20):
        stream = {"name": "stdout", "text": "x"}
        kernels.say("k1", requests_to(kernels)[0], Channel.IOPUB, "stream", stream)
    told, place = await told_while_it_waits(domain, id_)
    await kernels.interrupt("k1")
    await all_of(domain, first)

    rest = await all_of(domain, id_, place)

    assert [type(event.output) for event in told + rest] == [Accepted, Finished]
    assert end_of(rest).state is ExecutionState.ABORTED


async def test_one_that_waits_is_told_of_no_gap(domain, kernels, monkeypatch):
    """Nothing of it can be missing, and its end would have a smaller number."""
    monkeypatch.setattr(domain.executions, "_quiet_seconds", 0.02)
    await with_kernel(domain)
    await begin(domain, "wait", stop_on_error=False)
    await kernels.running_code("k1")
    id_ = await begin(domain, "say x")
    kernels.answers = False
    for _ in range(5):
        kernels.leave_gap("k1")
    told, place = await told_while_it_waits(domain, id_)
    await domain.executions.cancel(ME, id_)

    rest = await all_of(domain, id_, place)

    assert [type(event.output) for event in told + rest] == [Accepted, Finished]


async def test_code_for_a_dead_kernel_of_an_earlier_server_waits_for_its_restart(
    new_server, kernels
):
    """The journal of such a kernel was not read, and has long been full of others' code."""
    async with new_server() as domain:
        await with_kernel(domain)
        for number in range(5):
            await all_of(domain, await begin(domain, f"say {number}"))
        kernels.die("k1")
        await until(lambda: not domain.sessions.kernel_manager.get_kernel(ME, "k1").alive)

    async with new_server() as domain:
        kernels.may_start.clear()
        restarting = asyncio.ensure_future(domain.sessions.kernel_manager.restart_kernel(ME, "k1"))
        await kernels.held_up(1)
        async with aclosing(domain.executions.execute(ME, "k1", Code("say new"))) as batches:
            events = list((await anext(batches)).events)
            kernels.may_start.set()
            await restarting
            events += [event async for batch in batches for event in batch.events]

    assert isinstance(events[0].output, Accepted)
    assert texts(events) == ["new"]


async def test_a_process_that_was_replaced_while_the_server_was_killed_loses_nobody(
    new_server, kernels
):
    """Those behind the code that would not end run in the new one."""
    kernels.stubborn = True
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        first = await begin(domain, "wait", stop_on_error=False)
        await kernels.running_code("k1")
        await until(lambda: domain.executions._running[first].tracker.started_ms)
        second = await begin(domain, "say x", stop_on_error=False)
        kernels.may_tell_start.clear()
        cancelling = asyncio.ensure_future(domain.executions.cancel(ME, first))
        await kernels.begun(2)
        [supervisor] = domain.sessions.kernel_manager.supervisors()
        supervisor._save = never
    kernels.may_tell_start.set()
    cancelling.cancel()

    async with new_server() as domain:
        assert texts(await all_of(domain, second)) == ["x"]
        assert (await domain.executions.get(ME, first)).state is ExecutionState.CANCELLED


async def never(_):
    """SIGKILL stores nothing."""
