"""Work that outlives the caller who began it."""

import asyncio

import pytest

from jupyter_sessions_server.errors import ServerStopping, StorageFull
from jupyter_sessions_server.work import begin, repeat, run_to_end, settle, tasks_of_block
from tests.sessions.loop_turns import turns
from tests.waiting import until

BOTH = pytest.mark.parametrize("run", [run_to_end, settle])


class Job:
    """Work that goes on when it is told to, and tells how it ended."""

    def __init__(self, error=None):
        self.may_end = asyncio.Event()
        self.ended = ""
        self.error = error

    async def work(self):
        try:
            await self.may_end.wait()
            if self.error is not None:
                raise self.error
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "result"


@BOTH
async def test_the_outcome_goes_to_the_caller(tasks, run):
    """Who waits to the end gets the result."""
    job = Job()
    job.may_end.set()

    assert await run(tasks, job.work()) == "result"


@BOTH
async def test_an_error_goes_to_the_caller_and_not_to_the_neighbours(tasks, run):
    """One failure does not end the server's other tasks."""
    job, neighbour = Job(error=ValueError("failed")), Job()
    other = tasks.create_task(neighbour.work())
    job.may_end.set()

    with pytest.raises(ValueError, match="failed"):
        await run(tasks, job.work())

    neighbour.may_end.set()
    assert await other == "result"


async def test_work_run_to_its_end_goes_on_when_its_caller_leaves(tasks):
    """A deletion that has begun is finished, whoever hangs up; and hanging up is immediate."""
    job = Job()
    caller = asyncio.create_task(run_to_end(tasks, job.work()))
    await turns(3)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    left_at_once = not job.ended

    job.may_end.set()
    await until(lambda: job.ended)

    assert left_at_once
    assert job.ended == "done"


async def test_who_settles_waits_for_the_end_even_when_cancelled(tasks):
    """Who has to undo what was done must first know that it is done."""
    job = Job()
    caller = asyncio.create_task(settle(tasks, job.work()))
    await turns(3)
    caller.cancel()
    await turns(3)
    waited = not caller.done()

    job.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert waited
    assert job.ended == "done"


@BOTH
async def test_an_error_that_nobody_waits_for_is_no_stray_exception(tasks, run):
    """Who hangs up does not fill the log with what he would not have read."""
    job = Job(error=ValueError("failed"))
    caller = asyncio.create_task(run(tasks, job.work()))
    await turns(3)

    caller.cancel()
    await turns(1)
    job.may_end.set()
    [outcome] = await asyncio.gather(caller, return_exceptions=True)

    assert isinstance(outcome, asyncio.CancelledError)


@BOTH
@pytest.mark.parametrize("begun", [1, 2, 3])
async def test_callers_are_told_when_the_server_stops(run, begun):
    """Who waits on a server that ends is not left waiting, also if his work had not begun."""
    async with tasks_of_block() as tasks:
        caller = asyncio.create_task(run(tasks, Job().work()))
        await turns(begun)

    with pytest.raises(ServerStopping):
        await caller


async def test_what_fails_though_nobody_waits_is_told_in_the_log(tasks, caplog):
    """An operator reads what the server could not do."""

    async def fail():
        raise ZeroDivisionError

    work = begin(tasks, fail(), "dividing")
    await asyncio.wait([work.outcome])
    await turns(1)

    [entry] = caplog.records
    assert (entry.work, entry.exc_info[0]) == ("dividing", ZeroDivisionError)


async def test_what_is_repeated_goes_on_after_a_failure(tasks, caplog):
    """A disk that is full for a while ends no server."""
    times = []

    async def fail_at_first():
        times.append(len(times))
        if len(times) < 3:
            raise StorageFull

    repeating = tasks.create_task(repeat(fail_at_first, 0, "noting"))
    await until(lambda: len(times) > 4)
    repeating.cancel()

    assert [entry.work for entry in caplog.records] == ["noting", "noting"]
