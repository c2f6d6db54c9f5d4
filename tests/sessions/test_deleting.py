"""Ending sessions."""

import asyncio

import pytest

from jupyter_sessions_server.errors import KernelDead, RevisionMismatch, SessionNotFound
from jupyter_sessions_server.model import ExitCause, KernelDisposition, KernelState
from tests.waiting import until


@pytest.fixture
async def three(sessions):
    """Three sessions, each with a kernel of its own."""
    created = [await sessions.create_session(path) for path in ("a.ipynb", "b.ipynb", "c.ipynb")]
    return [session for session, _ in created]


async def test_deleting_one_leaves_the_others_in_order_with_their_kernels(sessions, three, kernels):
    """Only what was named is ended."""
    await sessions.delete_session(three[1].session_id)

    left = (await sessions.list_sessions()).sessions
    assert list(left) == [three[0], three[2]]
    assert list(kernels.alive) == [three[0].kernel_id, three[2].kernel_id]


async def test_a_deletion_of_a_key_there_is_not_is_a_type_error(sessions, three):
    """A mistake in a program is told as one."""
    with pytest.raises(TypeError):
        await sessions.delete_session(bad_kwarg=three[0].session_id)


async def test_an_unknown_session_is_not_found(sessions, three):
    """Also one that was there and has been ended."""
    await sessions.delete_session(three[0].session_id)

    with pytest.raises(SessionNotFound) as raised:
        await sessions.delete_session(three[0].session_id)

    assert raised.value.facts == {"session_id": three[0].session_id}


async def test_the_kernel_has_ended_before_the_session_goes(sessions, three, kernels):
    """Who finds no session can be sure that nothing runs any more."""
    kernels.may_stop.clear()
    deletion = asyncio.create_task(sessions.delete_session(three[0].session_id))
    await until(lambda: kernels.stopping)
    there_meanwhile = await sessions.session_exists("a.ipynb")

    kernels.may_stop.set()
    await deletion

    assert there_meanwhile
    assert three[0].kernel_id not in kernels.alive
    assert not await sessions.session_exists("a.ipynb")


async def test_a_deletion_tells_its_revision_and_what_became_of_the_kernel(sessions, three):
    """Nobody has to look it up, where it is gone."""
    deletion = await sessions.delete_session(three[0].session_id)

    assert deletion.revision == three[2].revision + 1
    assert deletion.kernel.kernel_id == three[0].kernel_id
    assert deletion.kernel.state is KernelState.DEAD
    assert deletion.kernel.exit.cause is ExitCause.SHUT_DOWN


@pytest.mark.parametrize(
    ("disposition", "alive"),
    [
        (KernelDisposition.SHUT_DOWN_IF_UNUSED, True),
        (KernelDisposition.KEEP, True),
        (KernelDisposition.SHUT_DOWN, False),
    ],
)
async def test_a_kernel_that_others_use_ends_only_if_told_so(
    sessions, three, kernels, disposition, alive
):
    """Closing a console does not take the notebook's variables with it."""
    console, _ = await sessions.create_session("console", kernel_id=three[0].kernel_id)

    deletion = await sessions.delete_session(console.session_id, kernel=disposition)

    assert (three[0].kernel_id in kernels.alive) is alive
    assert deletion.kernel.alive is alive
    assert sessions.kernel_of(three[0]).alive is alive


async def test_the_last_session_of_a_shared_kernel_ends_it(sessions, three, kernels):
    """A kernel that nobody uses costs memory for nothing."""
    console, _ = await sessions.create_session("console", kernel_id=three[0].kernel_id)
    await sessions.delete_session(three[0].session_id)

    await sessions.delete_session(console.session_id)

    assert three[0].kernel_id not in kernels.alive


async def test_all_sessions_of_a_shared_kernel_ended_at_once_end_it(sessions, three, kernels):
    """To close all leaves nothing running, although each still sees the other use the kernel."""
    console, _ = await sessions.create_session("console", kernel_id=three[0].kernel_id)

    await asyncio.gather(
        sessions.delete_session(three[0].session_id), sessions.delete_session(console.session_id)
    )

    assert three[0].kernel_id not in kernels.alive


async def test_a_kernel_that_is_kept_is_found_by_its_id(sessions, three, kernel_manager):
    """Its variables can be used by another session later."""
    gone = three[0]
    await sessions.delete_session(gone.session_id, kernel=KernelDisposition.KEEP)

    session, _ = await sessions.create_session("x.ipynb", kernel_id=gone.kernel_id)

    assert session.kernel_id == gone.kernel_id
    assert kernel_manager.get_kernel(gone.owner, gone.kernel_id).restarts == 0


async def test_a_kernel_that_no_session_uses_is_forgotten(sessions, three, kernel_manager):
    """What ended with its session is not listed for ever."""
    await sessions.delete_session(three[0].session_id)

    left = [kernel.kernel_id for kernel in kernel_manager.list_kernels(three[0].owner)]

    assert left == [three[1].kernel_id, three[2].kernel_id]


async def test_a_kernel_id_may_be_used_again_while_its_session_ends(sessions, kernels):
    """Close and reopen at once: the new kernel is not taken for the old one."""
    old, _ = await sessions.create_session("a.ipynb", kernel_id="k1")
    kernels.may_stop.clear()
    deletion = asyncio.create_task(sessions.delete_session(old.session_id))
    await until(lambda: kernels.stopping)
    creation = asyncio.create_task(create_until_it_works(sessions, "b.ipynb", kernel_id="k1"))

    kernels.may_stop.set()
    await deletion
    new, _ = await creation

    await sessions.kernel_manager.settled(new.owner, "k1")
    assert sessions.kernel_of(new).state is KernelState.IDLE


async def create_until_it_works(sessions, path, **wanted):
    while True:
        try:
            return await sessions.create_session(path, **wanted)
        except KernelDead:
            await asyncio.sleep(0)


async def test_a_deletion_at_a_stale_revision_is_refused(sessions, three, kernels):
    """Who ends what he saw does not end what it has become since."""
    await sessions.update_session(three[0].session_id, name="important")

    with pytest.raises(RevisionMismatch):
        await sessions.delete_session(three[0].session_id, expected_revision=three[0].revision)

    assert await sessions.session_exists("a.ipynb")
    assert three[0].kernel_id in kernels.alive


async def test_of_deletions_side_by_side_one_succeeds(sessions, three):
    """The others hear that there is nothing left to end."""
    outcomes = await asyncio.gather(
        *(sessions.delete_session(three[0].session_id) for _ in range(3)), return_exceptions=True
    )

    assert sum(isinstance(outcome, SessionNotFound) for outcome in outcomes) == 2


async def test_a_session_with_a_dead_kernel_can_be_deleted(sessions, three, kernels):
    """And what it died of is told a last time."""
    kernels.die(three[0].kernel_id)

    deletion = await sessions.delete_session(three[0].session_id)

    assert deletion.kernel.exit.cause is ExitCause.SIGNALED
    assert not await sessions.session_exists("a.ipynb")
