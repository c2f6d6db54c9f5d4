"""What a server decided itself, and no journal tells, holds for the next one."""

import asyncio

import pytest

from jupyter_sessions_server.errors import ServerStopping
from jupyter_sessions_server.model import ExecutionState, StopStep
from jupyter_sessions_server.sessions import kernel_executions
from tests.sessions.loop_turns import turns
from tests.sessions.running_code import ME, codes_sent
from tests.sessions.servers import all_of, begin, end_of, with_kernel
from tests.waiting import until


async def test_code_that_was_dropped_is_never_run(new_server, kernels):
    """Its caller was told so."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        first = await begin(domain, "wait", stop_on_error=False)
        await kernels.running_code("k1")
        told = await domain.executions.cancel(ME, await begin(domain, "say x"))

    async with new_server() as domain:
        await kernels.interrupt("k1")
        await all_of(domain, first)
        await all_of(domain, await begin(domain, "say y"))
        dropped = await domain.executions.get(ME, told.execution_id)

    assert (told.state, told.stop_step) == (ExecutionState.CANCELLED, StopStep.DROPPED)
    assert dropped == told
    assert codes_sent(kernels) == ["wait", "say y"]


async def test_code_that_was_to_be_dropped_is_dropped_by_the_next_server(new_server, kernels):
    """The server was killed between noting that and doing it; its turn need not come for that."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        await begin(domain, "wait")
        await kernels.running_code("k1")
        id_ = await begin(domain, "say x")
        running = domain.executions._running[id_]
        running.tracker.stop(ExecutionState.CANCELLED, StopStep.DROPPED)
        domain.executions._note(running)
        await domain.executions.save()

    async with new_server() as domain:
        end = end_of(await all_of(domain, id_))

    assert (end.state, end.stop_step) == (ExecutionState.CANCELLED, StopStep.DROPPED)


async def test_code_that_was_cancelled_stays_so_and_aborts_nothing(new_server, kernels):
    """By its journal alone it has failed."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        first = await begin(domain, "wait")
        await kernels.running_code("k1")
        second = await begin(domain, "say x")
        told = [
            await domain.executions.cancel(ME, first),
            end_of(await all_of(domain, second)),
        ]

    async with new_server() as domain:
        after = [await domain.executions.get(ME, id_) for id_ in (first, second)]

    assert [each.state.name for each in told] == ["CANCELLED", "SUCCEEDED"]
    assert after == told


async def test_a_question_that_was_answered_is_not_open_again(new_server, kernels):
    """The kernel may take its time with the answer."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        id_ = await begin(domain, "ask name?", allow_stdin=True)
        await until(lambda: domain.executions._running[id_].execution.pending_input)
        kernels.answers = False
        await domain.executions.send_input(ME, id_, "", "Ada")

    async with new_server() as domain:
        assert (await domain.executions.get(ME, id_)).pending_input is None


async def test_a_failure_that_is_read_again_aborts_what_it_aborted_then(new_server, kernels):
    """And not what came after it, whether that has run, runs, or waits."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        first = await begin(domain, "wait")
        await kernels.running_code("k1")
        aborted = await begin(domain, "say x")
        await kernels.interrupt("k1")
        await all_of(domain, first)
        done = await begin(domain, "say y")
        told = end_of(await all_of(domain, done))
        runs = await begin(domain, "wait", stop_on_error=False)
        await kernels.running_code("k1")
        waits = await begin(domain, "say z")

    async with new_server() as domain:
        seen = [await domain.executions.get(ME, id_) for id_ in (aborted, done, runs, waits)]
        await kernels.interrupt("k1")
        last = end_of(await all_of(domain, waits))

    assert [each.state.name for each in seen] == ["ABORTED", "SUCCEEDED", "RUNNING", "QUEUED"]
    assert seen[1] == told
    assert last.state is ExecutionState.SUCCEEDED


@pytest.mark.parametrize("stored", [False, True])
async def test_code_that_is_taken_on_while_one_fails_is_aborted_for_good(
    new_server, kernels, stored
):
    """Which came first does not depend on how long it takes to store one, or on what is stored."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        failing = await begin(domain, "wait")
        await kernels.running_code("k1")
        may_add = hold_up_storing(domain)
        taken_on = asyncio.ensure_future(begin(domain, "say x"))
        await turns(10)
        await kernels.interrupt("k1")
        await all_of(domain, failing)
        if stored:
            await domain.executions.save()
        may_add.set()
        told = end_of(await all_of(domain, await taken_on))

    async with new_server() as domain:
        seen = await domain.executions.get(ME, told.execution_id)

    assert told.state is ExecutionState.ABORTED
    assert seen == told
    assert codes_sent(kernels) == ["wait"]


def hold_up_storing(domain):
    """What is taken on from now on is stored when the event that is returned is set."""
    may_add = asyncio.Event()
    add = domain.executions._store.add

    async def add_later(record):
        await may_add.wait()
        await add(record)

    domain.executions._store.add = add_later
    return may_add


@pytest.fixture
def short_patience(monkeypatch):
    """A reply that does not come is not waited for."""
    monkeypatch.setattr(kernel_executions, "_REPLY_SECONDS", 0.01)


@pytest.mark.usefixtures("short_patience")
async def test_a_failure_without_a_reply_is_not_found_twice(new_server, kernels):
    """No record of the journal tells it, and what was taken on after it is not aborted."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        kernels.replies = False
        failed = await begin(domain, "say x")
        told = end_of(await all_of(domain, failed))
        kernels.replies = True
        await begin(domain, "wait", stop_on_error=False)
        await kernels.running_code("k1")
        later = await begin(domain, "say y")

    async with new_server() as domain:
        seen = await domain.executions.get(ME, failed)
        await asyncio.sleep(0.05)  # for longer than that patience
        await kernels.interrupt("k1")
        end = end_of(await all_of(domain, later))

    assert told.state is ExecutionState.FAILED
    assert seen == told
    assert end.state is ExecutionState.SUCCEEDED


@pytest.mark.parametrize("heard", [True, False])
async def test_one_that_may_have_ended_in_a_gap_ends_with_the_next_server(
    new_server, kernels, heard
):
    """The one before has read of the gap, and not of what was asked for that."""
    async with new_server() as domain:
        await with_kernel(domain)
        kernels.answers = heard
        id_ = await begin(domain, "wait")
        await until(lambda: domain.executions._running[id_].tracker.was_sent)
        if heard:
            await until(lambda: domain.executions._running[id_].tracker.started_ms)
        kernels.answers = False
        kernels._running.clear()
        kernels._unanswered.clear()
        kernels.leave_gap("k1")
        await until(lambda: domain.executions._running[id_].tracker.after_gap)
    kernels._unanswered.clear()
    kernels.answers = True

    async with new_server() as domain:
        following = end_of(await all_of(domain, await begin(domain, "say y")))
        lost = await domain.executions.get(ME, id_)

    assert lost.state is ExecutionState.LOST
    assert following.state is ExecutionState.SUCCEEDED
    assert codes_sent(kernels) == ["wait", "say y"]


async def test_a_deadline_that_passed_meanwhile_ends_nothing_that_had_ended(
    new_server, kernels, clock
):
    """The journal is read first; what runs by now is somebody else's."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        timed = await begin(domain, "ask name?", allow_stdin=True, timeout_ms=60_000)
        await until(lambda: domain.executions._running[timed].execution.pending_input)
        await domain.executions.send_input(ME, timed, "", "Ada")
        told = end_of(await all_of(domain, timed))
        later = await begin(domain, "wait")
        await kernels.running_code("k1")
    clock.ms += 61_000

    kernels.may_read.clear()
    async with new_server() as domain:
        await asyncio.sleep(0.01)  # the deadline's timer is real
        kernels.may_read.set()
        seen = await domain.executions.get(ME, timed)
        running = await domain.executions.get(ME, later)

    assert seen == told
    assert running.state is ExecutionState.RUNNING
    assert kernels.interrupts["k1"] == 0


async def test_one_that_was_ended_before_is_not_ended_again(new_server, kernels):
    """What runs by now is another one."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        first = await begin(domain, "wait")
        await kernels.running_code("k1")
        second = await begin(domain, "wait")
        told = await domain.executions.cancel(ME, first)
        await kernels.running_code("k1")

    kernels.may_read.clear()
    async with new_server() as domain:
        await turns(20)
        kernels.may_read.set()
        seen = [await domain.executions.get(ME, id_) for id_ in (first, second)]

    assert seen[0] == told
    assert seen[1].state is ExecutionState.RUNNING
    assert kernels.interrupts["k1"] == 1


async def test_two_kills_lose_no_more_than_one(new_server, kernels):
    """The kernel died in between: the second server read its journal for the last time."""
    async with new_server(killed=True) as domain:
        await with_kernel(domain)
        told = end_of(await all_of(domain, await begin(domain, "say x")))
    kernels.die("k1")
    async with new_server(killed=True):
        pass

    async with new_server() as domain:
        assert await domain.executions.get(ME, told.execution_id) == told


async def test_a_kernel_that_was_being_forgotten_is_forgotten(new_server, kernels):
    """What ran in it is kept as long as told, and does not show in another kernel of its id."""
    async with new_server(killed=True) as domain:
        session = await with_kernel(domain)
        id_ = await begin(domain, "say x")
        told = end_of(await all_of(domain, id_))
        domain.executions.forget = for_ever
        delete = domain.sessions.delete_session(session.session_id, owner=ME)
        deleting = asyncio.ensure_future(delete)
        await until(lambda: "k1" not in kernels.alive)
        await turns(20)

    assert isinstance(deleting.exception(), ServerStopping)
    async with new_server() as domain:
        assert await domain.executions.get(ME, id_) == told
        assert domain.executions._store.is_ended("k1")
        await with_kernel(domain)
        page = await domain.executions.list_executions(ME, "k1")

    assert page.executions == []


async def for_ever(*_):
    """Does not return."""
    await asyncio.Event().wait()
