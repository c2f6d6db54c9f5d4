"""How many sessions there may be, and how many kernels may run."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.config import KernelConfig, SessionConfig
from jupyter_sessions_server.errors import KernelLimitReached, SessionLimitReached
from jupyter_sessions_server.model import Owner
from tests.sessions.loop_turns import turns
from tests.sessions.parts import open_sessions
from tests.sessions.slow_parts import MemoryStore, SlowKernels
from tests.waiting import until


@pytest.fixture
def config(config):
    """Room for three sessions and two kernels."""
    return replace(
        config,
        sessions=SessionConfig(session_limit=3),
        kernels=KernelConfig(kernel_limit=2),
    )


@pytest.fixture
async def full(sessions):
    """Three sessions on one kernel."""
    created = [await sessions.create_session(path, kernel_id="k1") for path in ("a", "b", "c")]
    return [session for session, _ in created]


async def test_one_session_too_many_is_refused(sessions, full, kernels):
    """The limit is named, and no kernel is started in vain."""
    with pytest.raises(SessionLimitReached) as raised:
        await sessions.create_session("d")

    assert raised.value.facts == {"session_limit": "3"}
    assert len(kernels.launches) == 1
    assert len(sessions.pending) == 0


async def test_a_session_that_exists_is_found_at_the_limit(sessions, full):
    """Who opens his document again needs no new room."""
    assert await sessions.create_session("a") == (full[0], False)


async def test_the_limit_is_for_all_owners_together(sessions, full):
    """It protects the server."""
    with pytest.raises(SessionLimitReached):
        await sessions.create_session("d", owner=Owner("bob"))


async def test_a_deleted_session_makes_room(sessions, full):
    """The limit is on what exists."""
    await sessions.delete_session(full[0].session_id)

    assert (await sessions.create_session("d", kernel_id="k1")).created


async def test_sessions_in_the_making_count(sessions, kernels):
    """A burst does not get through before the first one is stored."""
    outcomes = await asyncio.gather(
        *(sessions.create_session(str(number), kernel_id="k1") for number in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, SessionLimitReached) for outcome in outcomes) == 2


async def test_a_session_in_deletion_does_not_count_twice(sessions, kernels):
    """Two sessions exist, of which one is being ended: there is room for a third."""
    await sessions.create_session("a", kernel_id="k1")
    ending, _ = await sessions.create_session("b", kernel_id="k2")
    kernels.may_stop.clear()
    deletion = asyncio.create_task(sessions.delete_session(ending.session_id))
    await until(lambda: kernels.stopping)

    third = await sessions.create_session("c", kernel_id="k1")

    assert third.created
    kernels.may_stop.set()
    await deletion


@pytest.mark.parametrize("moment", range(20))
async def test_a_session_is_counted_once_while_it_is_being_stored(clock, moment):
    """The last room is given to whoever comes, at whatever moment."""
    store, kernels = MemoryStore(), SlowKernels(clock)
    limit = SessionConfig(session_limit=2)
    async with open_sessions(store, kernels, clock, session_config=limit) as sessions:
        first = asyncio.create_task(sessions.create_session("a"))
        await turns(moment)

        both = await asyncio.gather(first, sessions.create_session("b"), return_exceptions=True)

        assert [getattr(outcome, "created", outcome) for outcome in both] == [True, True]


async def test_one_kernel_too_many_is_refused(sessions, kernels):
    """The limit is named, and the session is not created."""
    await sessions.create_session("a")
    await sessions.create_session("b")

    with pytest.raises(KernelLimitReached) as raised:
        await sessions.create_session("c")

    assert raised.value.facts == {"kernel_limit": "2"}
    assert len(kernels.alive) == 2
    assert not await sessions.session_exists("c")


async def test_a_session_without_a_kernel_of_its_own_needs_no_room(sessions):
    """A console on the notebook's kernel is always possible."""
    await sessions.create_session("a", kernel_id="k1")
    await sessions.create_session("b", kernel_id="k2")

    assert (await sessions.create_session("c", kernel_id="k1")).created


async def test_kernels_in_the_making_count(sessions, kernels):
    """A burst does not start more processes than the machine can bear."""
    kernels.may_start.clear()
    starts = [
        asyncio.create_task(sessions.kernel_manager.start_kernel("me", kept=True)) for _ in range(4)
    ]
    await kernels.held_up(2)
    kernels.may_start.set()

    outcomes = await asyncio.gather(*starts, return_exceptions=True)

    assert sum(isinstance(outcome, KernelLimitReached) for outcome in outcomes) == 2
    assert len(kernels.alive) == 2


async def test_a_dead_kernel_makes_room(sessions, kernels):
    """The limit is on what runs."""
    first, _ = await sessions.create_session("a")
    await sessions.create_session("b")
    kernels.die(first.kernel_id)
    await until(lambda: sessions.kernel_culled(first.kernel_id))

    assert (await sessions.create_session("c")).created


async def test_a_switch_to_a_new_kernel_needs_room_for_it(sessions):
    """Both run for a while; if they may not, the session stays as it was."""
    session, _ = await sessions.create_session("a")
    await sessions.create_session("b")

    with pytest.raises(KernelLimitReached):
        await sessions.update_session(session.session_id, kernel_name="ir")

    assert await sessions.get_session(path="a") == session


async def test_a_failed_start_gives_its_room_back(sessions):
    """Failures do not use the limit up."""
    for number in range(3):
        with pytest.raises(Exception, match="could not be started"):
            await sessions.create_session(str(number), kernel_name="broken")

    assert (await sessions.create_session("a")).created
    assert (await sessions.create_session("b")).created
