"""Locks by key."""

import asyncio

import pytest

from jupyter_sessions_server.sessions.locks import KeyedLocks
from tests.sessions.loop_turns import turns


@pytest.fixture
def locks():
    """No lock is held."""
    return KeyedLocks()


async def hold(locks, key, told, may_end):
    async with locks.holding(key):
        told.append("begin")
        await may_end.wait()
        told.append("end")


async def test_one_key_is_held_by_one_at_a_time(locks, tasks):
    """Two changes of one session come one after the other."""
    told, may_end = [], asyncio.Event()
    first = tasks.create_task(hold(locks, "a", told, may_end))
    second = tasks.create_task(hold(locks, "a", told, may_end))
    await turns(5)
    begun = list(told)

    may_end.set()
    await asyncio.gather(first, second)

    assert begun == ["begin"]
    assert told == ["begin", "end", "begin", "end"]


async def test_other_keys_do_not_wait(locks, tasks):
    """A slow change of one session holds up no other."""
    told, may_end = [], asyncio.Event()
    tasks.create_task(hold(locks, "a", told, may_end))
    tasks.create_task(hold(locks, "b", told, may_end))

    await turns(5)

    assert told == ["begin", "begin"]


async def test_who_is_cancelled_while_waiting_leaves_the_lock_to_the_next(locks, tasks):
    """A caller that hangs up in the queue does not block those behind it."""
    told, may_end = [], asyncio.Event()
    first = tasks.create_task(hold(locks, "a", told, may_end))
    gone = tasks.create_task(hold(locks, "a", told, may_end))
    last = tasks.create_task(hold(locks, "a", told, may_end))
    await turns(5)

    gone.cancel()
    may_end.set()
    await asyncio.gather(first, last)

    assert told == ["begin", "end"] * 2
    assert gone.cancelled()


async def test_the_lock_is_let_go_of_when_the_block_fails(locks):
    """A change that failed may be tried again."""
    with pytest.raises(ValueError, match="failed"):
        async with locks.holding("a"):
            raise ValueError("failed")

    async with asyncio.timeout(1), locks.holding("a"):
        held_again = True

    assert held_again


async def test_keys_that_nobody_holds_take_no_memory(locks):
    """A server that runs for months has held millions of locks."""
    for number in range(10):
        async with locks.holding(number):
            pass

    assert not locks._locks
    assert not locks._wanted
