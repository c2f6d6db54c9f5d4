"""Executions when the server is replaced: what was taken on goes on, once."""

import asyncio

import pytest

from jupyter_sessions_server.model import ExecutionState, ExitCause, Missing, StopStep
from jupyter_sessions_server.requests import request
from tests.sessions.loop_turns import turns
from tests.sessions.running_code import ME, requests_to
from tests.sessions.servers import all_of, begin, end_of, texts, with_kernel
from tests.waiting import until


@pytest.mark.parametrize("killed", [False, True])
async def test_one_that_runs_goes_on(new_server, kernels, killed):
    """Its end is told by the next server, with all it said before."""
    async with new_server(killed=killed) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "wait")
        await kernels.running_code("k1")

    async with new_server() as domain:
        await kernels.interrupt("k1")
        events = await all_of(domain, id_)

    assert end_of(events).state is ExecutionState.FAILED
    assert len(requests_to(kernels)) == 1


@pytest.mark.parametrize("killed", [False, True])
async def test_those_that_wait_are_run_in_their_order(new_server, kernels, killed):
    """What was accepted is run."""
    async with new_server(killed=killed) as domain:
        await with_kernel(domain)
        ids = [
            await begin(domain, code, stop_on_error=False) for code in ("wait", "say 1", "say 2")
        ]
        await kernels.running_code("k1")

    async with new_server() as domain:
        await kernels.interrupt("k1")
        heard = [texts(await all_of(domain, id_)) for id_ in ids]

    assert heard == [[], ["1"], ["2"]]


async def test_one_that_ended_while_no_server_was_there_has_ended(new_server, kernels):
    """Its kernel did not need one."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "ask ?", allow_stdin=True)
        await kernels.running_code("k1")
    kernels._hear_answer("k1", "from a friend")

    async with new_server() as domain:
        events = await all_of(domain, id_)

    assert end_of(events).state is ExecutionState.SUCCEEDED
    assert texts(events) == ["from a friend"]


@pytest.mark.parametrize("killed", [False, True])
async def test_one_whose_kernel_died_meanwhile_is_lost_with_the_cause(new_server, kernels, killed):
    """And so are those behind it."""
    async with new_server(killed=killed) as domain:
        await with_kernel(domain)
        ids = [await begin(domain, code) for code in ("wait", "say x")]
        await kernels.running_code("k1")
    kernels.die("k1", signal=11)

    async with new_server() as domain:
        ends = [end_of(await all_of(domain, id_)) for id_ in ids]

    assert [end.state for end in ends] == [ExecutionState.LOST] * 2
    assert [(end.kernel_exit.cause, end.kernel_exit.signal) for end in ends] == [
        (ExitCause.SIGNALED, 11)
    ] * 2


async def test_one_that_ended_and_was_not_stored_is_known_from_the_journal(new_server, kernels):
    """The server was killed before it wrote what it knew."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "lines 5")
        before = await all_of(domain, id_)

    async with new_server() as domain:
        after = await all_of(domain, id_)
        listed = await domain.executions.list_executions(ME, "k1")

    assert after == before
    assert [each.execution_id for each in listed.executions] == [id_]


async def got(executions, execution_id):
    """The execution, asked for alone."""
    return await executions.get(ME, execution_id)


async def listed(executions, _):
    """The execution, as the list has it."""
    [execution] = (await executions.list_executions(ME, "k1")).executions
    return execution


async def cancelled(executions, execution_id):
    """The execution, after somebody wanted to end it."""
    return await executions.cancel(ME, execution_id)


@pytest.mark.parametrize("asked", [got, listed, cancelled])
async def test_what_a_caller_was_told_is_what_the_next_server_says(new_server, kernels, asked):
    """Although it was not stored, and the journal is yet to be read again."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        told = end_of(await all_of(domain, await begin(domain, "say x")))

    kernels.may_read.clear()
    async with new_server() as domain:
        answer = asyncio.ensure_future(asked(domain.executions, told.execution_id))
        await turns(10)
        kernels.may_read.set()
        assert await answer == told


async def test_code_that_has_ended_takes_no_place_of_the_queue(new_server):
    """As far as is stored three wait, and only two may; they have ended."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        for text in "abc":
            await all_of(domain, await begin(domain, f"say {text}"))

    async with new_server() as domain:
        events = await all_of(domain, await begin(domain, "say d"))

    assert texts(events) == ["d"]


async def test_what_was_stored_is_not_counted_again(new_server, kernels):
    """Executions are stored before it is noted how far the journal was read."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "chatter", output_limit_bytes=15_000)
        await until(lambda: domain.executions._running[id_].tracker.record.trace.output_bytes)
        await domain.executions.save()

    async with new_server() as domain:
        await kernels.interrupt("k1")
        events = await all_of(domain, id_)

    assert len(texts(events)[0]) == 10_000
    assert not [event for event in events if isinstance(event.output, Missing)]


@pytest.fixture
def in_doubt(new_server, kernels):
    """Has code sent, that nothing is heard of until its server is killed; the execution's id."""

    async def in_doubt(code):
        async with new_server(killed=True) as domain:
            await with_kernel(domain)
            kernels.answers = False
            id_ = await begin(domain, code)
            await until(lambda: requests_to(kernels))
            return id_

    return in_doubt


async def test_one_that_never_reached_the_kernel_is_sent_again(new_server, kernels, in_doubt):
    """The server was killed between noting that it sends it and sending it."""
    id_ = await in_doubt("say x")
    kernels.answers = True
    kernels._unanswered.clear()

    async with new_server() as domain:
        events = await all_of(domain, id_)

    assert texts(events) == ["x"]


async def test_one_that_reached_the_kernel_is_not_sent_again(new_server, kernels, in_doubt):
    """Although the kernel took what the next server asked before what it had got already."""
    id_ = await in_doubt("say x")

    async with new_server() as domain:
        asked_before = len(requests_to(kernels, "kernel_info_request"))
        await until(lambda: len(requests_to(kernels, "kernel_info_request")) > asked_before)
        kernels._answer("k1", requests_to(kernels, "kernel_info_request")[-1])
        await turns(10)
        kernels.answer_now()
        events = await all_of(domain, id_)

    assert texts(events) == ["x"]
    assert len(requests_to(kernels)) == 1


async def test_one_that_reached_the_kernel_is_not_dropped(new_server, kernels, in_doubt):
    """Who cancels it before it is heard of ends it all the same."""
    id_ = await in_doubt("wait")

    async with new_server() as domain:
        cancelling = asyncio.ensure_future(domain.executions.cancel(ME, id_))
        await turns(10)
        kernels.answer_now()
        cancelled = await cancelling

    assert cancelled.state is ExecutionState.CANCELLED
    assert cancelled.stop_step is StopStep.INTERRUPTED
    assert kernels.interrupts["k1"] == 1


async def test_one_that_is_cancelled_before_it_is_sent_again_is_dropped(
    new_server, kernels, in_doubt
):
    """As any that waits."""
    id_ = await in_doubt("wait")
    kernels._unanswered.clear()

    async with new_server() as domain:
        cancelling = asyncio.ensure_future(domain.executions.cancel(ME, id_))
        await turns(10)
        kernels.answer_now()
        cancelled = await cancelling

    assert cancelled.state is ExecutionState.CANCELLED
    assert cancelled.stop_step is StopStep.DROPPED
    assert len(requests_to(kernels)) == 1


async def test_a_question_stays_open(new_server, kernels):
    """It can be answered through the next server."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "ask name?", allow_stdin=True)
        await kernels.running_code("k1")

    async with new_server() as domain:
        question = (await domain.executions.get(ME, id_)).pending_input
        await domain.executions.send_input(ME, id_, question.input_request_id, "Ada")
        events = await all_of(domain, id_)

    assert question.prompt == "name?"
    assert texts(events) == ["Ada"]


async def test_a_timeout_counts_on(new_server, kernels, clock):
    """A deadline holds, whoever keeps it."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "wait", timeout_ms=60_000)
        await kernels.running_code("k1")
        await until(lambda: domain.executions._running[id_].tracker.started_ms)
    clock.ms += 60_000

    async with new_server() as domain:
        events = await all_of(domain, id_)

    assert end_of(events).state is ExecutionState.TIMED_OUT


async def test_what_other_front_ends_run_is_listed_once(new_server, kernels):
    """However often its beginning is read again."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        kernels._execute("k1", foreign("say hello"))
        await until(lambda: domain.executions._is_known("foreign"))
        await domain.executions.save()

    async with new_server() as domain:
        await until(lambda: domain.executions._store.contains("foreign"))
        listed = await domain.executions.list_executions(ME, "k1")

    assert [each.execution_id for each in listed.executions] == ["foreign"]
    assert listed.executions[0].state is ExecutionState.SUCCEEDED


def foreign(code):
    """An execute_request of another front end."""
    return request("execute_request", {"code": code}, "foreign")


async def test_an_execution_that_is_being_ended_is_ended_by_the_next_server(new_server, kernels):
    """The deadline was over, the code ignores interrupts, and then the server was killed."""
    kernels.stubborn = True
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "wait", timeout_ms=1)
        await until(lambda: kernels.interrupts["k1"])
        await domain.executions.save()

    async with new_server() as domain:
        events = await all_of(domain, id_)

    assert end_of(events).state is ExecutionState.TIMED_OUT
    assert end_of(events).stop_step is StopStep.KERNEL_RESTARTED
