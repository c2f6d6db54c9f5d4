"""Work of which there is one at a time for a key, however many callers want it."""

import asyncio

import pytest

from jupyter_sessions_server.work import SharedWork
from tests.sessions.loop_turns import turns
from tests.waiting import until


class Jobs:
    """Shared work for one key, of which each run is counted and ends when told to."""

    def __init__(self, tasks):
        self.shared = SharedWork(tasks)
        self.may_end = asyncio.Event()
        self.may_clean_up = asyncio.Event()
        self.may_clean_up.set()
        self.begun = []
        self.ended = []
        self.error = None

    async def work(self, wanted):
        self.begun.append(wanted)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            await self.may_clean_up.wait()
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
        if self.error is not None:
            raise self.error
        return f"{wanted} {len(self.begun)}"

    def call(self, wanted="it", key="key"):
        return asyncio.create_task(self.shared.run(key, wanted, lambda: self.work(wanted)))


@pytest.fixture
async def jobs(tasks):
    """No work is under way."""
    return Jobs(tasks)


async def test_callers_who_want_the_same_share_one_run(jobs):
    """A hundred windows that open one document start one kernel."""
    callers = [jobs.call() for _ in range(100)]
    await turns(3)

    jobs.may_end.set()
    results = await asyncio.gather(*callers)

    assert set(results) == {"it 1"}


async def test_other_keys_are_work_of_their_own(jobs):
    """Two documents are opened side by side."""
    callers = [jobs.call(key="a"), jobs.call(key="b")]
    await turns(3)
    begun_side_by_side = len(jobs.begun)

    jobs.may_end.set()
    await asyncio.gather(*callers)

    assert begun_side_by_side == 2


async def test_an_error_goes_to_all_who_wait(jobs):
    """What could not be done could not be done for any of them."""
    callers = [jobs.call() for _ in range(3)]
    await turns(3)
    jobs.error = ValueError("failed")

    jobs.may_end.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)

    assert [str(outcome) for outcome in outcomes] == ["failed"] * 3
    assert len(jobs.begun) == 1


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_the_work_goes_on_when_one_of_several_leaves(jobs, gone):
    """Also when it is the one who began it."""
    callers = [jobs.call() for _ in range(3)]
    await turns(3)

    callers[gone].cancel()
    await turns(3)
    jobs.may_end.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(outcomes.pop(gone), asyncio.CancelledError)
    assert outcomes == ["it 1", "it 1"]


async def test_the_work_is_cancelled_when_the_last_one_leaves(jobs):
    """Nobody wants the kernel any more, so it is not started."""
    callers = [jobs.call() for _ in range(3)]
    await turns(3)

    for caller in callers:
        caller.cancel()
    await until(lambda: jobs.ended)

    assert jobs.ended == ["cancelled"]


@pytest.mark.parametrize("count", range(5))
async def test_leaving_at_any_moment_leaves_nothing_under_way(jobs, count):
    """Work that was not even begun is not begun, and warns of nothing."""
    caller = jobs.call()
    await turns(count)

    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await turns(5)

    assert len(jobs.begun) == len(jobs.ended)


async def test_who_comes_while_abandoned_work_cleans_up_waits_and_begins_anew(jobs):
    """A newcomer never gets what is being undone."""
    jobs.may_clean_up.clear()
    first = jobs.call()
    await turns(3)
    first.cancel()
    await turns(3)

    newcomer = jobs.call()
    await turns(3)
    begun_while_cleaning_up = len(jobs.begun)
    jobs.may_clean_up.set()
    jobs.may_end.set()

    assert await newcomer == "it 2"
    assert begun_while_cleaning_up == 1


async def test_work_of_another_want_waits_for_what_is_under_way(jobs):
    """Two kernels for one path are not started side by side."""
    first, other = jobs.call("it"), jobs.call("another")
    await turns(5)
    begun_side_by_side = list(jobs.begun)

    jobs.may_end.set()
    results = await asyncio.gather(first, other)

    assert begun_side_by_side == ["it"]
    assert results == ["it 1", "another 2"]


async def test_work_of_another_want_begins_also_after_a_failure(jobs):
    """It is waited for, whatever becomes of it."""
    jobs.error = ValueError("failed")
    first, other = jobs.call("it"), jobs.call("another")
    await turns(5)

    jobs.may_end.set()
    outcomes = await asyncio.gather(first, other, return_exceptions=True)

    assert jobs.begun == ["it", "another"]
    assert all(isinstance(outcome, ValueError) for outcome in outcomes)


async def test_who_waits_for_another_want_and_leaves_disturbs_nobody(jobs):
    """Waiting behind somebody's work does not count as wanting it."""
    first, other = jobs.call("it"), jobs.call("another")
    await turns(5)

    other.cancel()
    await turns(3)
    jobs.may_end.set()

    assert await first == "it 1"
    assert jobs.begun == ["it"]


async def test_finished_work_is_not_shared_with_those_who_come_later(jobs):
    """Each creation after a deletion is one of its own."""
    jobs.may_end.set()

    first, second = await jobs.call(), await jobs.call()

    assert [first, second] == ["it 1", "it 2"]
