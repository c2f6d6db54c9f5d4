"""DeleteSession ends a session and, unless told otherwise, the kernel that no other uses."""

import asyncio

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
async def sharing(session_stub, session):
    """Another session, b.ipynb, on the kernel of the session."""
    request = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    return (await session_stub.CreateSession(request)).session


def deletion_of(session, **fields):
    return pb.DeleteSessionRequest(session_id=session.session_id, **fields)


async def test_session_and_kernel_are_gone(session_stub, kernel_stub, session, kernels):
    """A closed document leaves nothing running."""
    answer = await session_stub.DeleteSession(deletion_of(session))

    assert answer.revision == session.revision + 1
    assert answer.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
    assert answer.kernel.exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SHUT_DOWN
    assert not kernels.alive
    assert not (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions
    assert not (await kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest())).kernels


async def test_the_path_is_free_again(session_stub, session):
    """A new session of the path is another one: ids are never used again."""
    await session_stub.DeleteSession(deletion_of(session))

    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert answer.created
    assert answer.session.session_id != session.session_id
    assert answer.session.kernel.kernel_id != session.kernel.kernel_id


@pytest.mark.covers("SessionService.DeleteSession", "SESSION_NOT_FOUND")
async def test_deleting_again_is_not_found(session_stub, session):
    """A caller who repeats the call may take that for success."""
    await session_stub.DeleteSession(deletion_of(session))

    refusal = await refused(session_stub.DeleteSession(deletion_of(session)))

    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert refusal.facts == {"session_id": session.session_id}


@pytest.mark.covers("SessionService.DeleteSession", "REVISION_MISMATCH")
async def test_a_stale_revision_is_refused(session_stub, session, kernels):
    """What somebody has just renamed is not deleted by one who has not seen that."""
    renamed = pb.Session(session_id=session.session_id, path="b.ipynb")
    await session_stub.UpdateSession(
        pb.UpdateSessionRequest(session=renamed, update_mask={"paths": ["path"]})
    )
    request = deletion_of(session, expected_revision=session.revision)

    refusal = await refused(session_stub.DeleteSession(request))

    assert refusal.what == ("ABORTED", "REVISION_MISMATCH")
    assert refusal.facts["revision"] == str(session.revision + 1)
    assert session.kernel.kernel_id in kernels.alive


async def test_the_expected_revision_lets_the_deletion_through(session_stub, session):
    """Nothing has changed since."""
    request = deletion_of(session, expected_revision=session.revision)

    assert (await session_stub.DeleteSession(request)).revision == session.revision + 1


async def test_a_kept_kernel_lives_on_and_can_be_attached_to(session_stub, session, kernels):
    """A product closes a view, and opens another one on the same kernel later."""
    request = deletion_of(session, kernel=pb.KERNEL_DISPOSITION_KEEP)

    answer = await session_stub.DeleteSession(request)

    assert answer.kernel.state == kernels_pb2.KERNEL_STATE_IDLE
    again = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    assert (await session_stub.CreateSession(again)).session.kernel == answer.kernel
    assert len(kernels.launches) == 1


async def test_a_kernel_that_another_session_uses_lives_on(
    session_stub, execution_stub, session, sharing
):
    """Closing the console does not end the notebook."""
    answer = await session_stub.DeleteSession(deletion_of(session))

    assert answer.kernel.state == kernels_pb2.KERNEL_STATE_IDLE
    code = executions_pb2.ExecuteRequest(session_id=sharing.session_id, code="say hi")
    events = [e async for batch in execution_stub.Execute(code) for e in batch.events]
    assert [event.stream.text for event in events if event.HasField("stream")] == ["hi"]


async def test_the_last_session_of_a_kernel_takes_it_along(session_stub, session, sharing, kernels):
    """When both are closed nothing is left."""
    await session_stub.DeleteSession(deletion_of(session))

    answer = await session_stub.DeleteSession(deletion_of(sharing))

    assert answer.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
    assert not kernels.alive


async def test_a_kernel_that_was_there_before_its_session_goes_with_it(
    session_stub, kernel, kernels
):
    """A kernel that was given to a session is the session's, unless KEEP is said."""
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_id=kernel.kernel_id)
    attached = (await session_stub.CreateSession(request)).session

    await session_stub.DeleteSession(deletion_of(attached))

    assert not kernels.alive


async def test_all_sessions_of_a_kernel_may_go_at_once(session_stub, session, kernels):
    """None of them leaves the kernel to the others."""
    ids = [session.session_id, *"bcdefghij"]
    for path in ids[1:]:
        request = pb.CreateSessionRequest(
            path=path, session_id=path, kernel_id=session.kernel.kernel_id
        )
        await session_stub.CreateSession(request)

    requests = [pb.DeleteSessionRequest(session_id=session_id) for session_id in ids]
    await asyncio.gather(*map(session_stub.DeleteSession, requests))

    assert not kernels.alive


async def test_shut_down_ends_a_kernel_that_others_use(session_stub, session, sharing, kernels):
    """An administrator may insist; the other session stays, and says what has happened."""
    request = deletion_of(session, kernel=pb.KERNEL_DISPOSITION_SHUT_DOWN)

    await session_stub.DeleteSession(request)

    found = (await session_stub.GetSession(pb.GetSessionRequest(path="b.ipynb"))).session
    assert found.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
    assert found.kernel.exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SHUT_DOWN
    assert found.revision == sharing.revision
    assert not kernels.alive


async def test_a_session_whose_kernel_is_dead_can_be_deleted(session_stub, session, kernels):
    """The answer still tells what the kernel died of."""
    kernels.die(session.kernel.kernel_id, signal=11)

    answer = await session_stub.DeleteSession(deletion_of(session))

    assert answer.kernel.exit.signal == 11


async def test_a_deletion_goes_on_when_its_caller_hangs_up(hang_up, session_stub, session, kernels):
    """A tab that closes sends its deletion and does not wait."""
    kernels.may_stop.clear()
    call = session_stub.DeleteSession(deletion_of(session))
    await until(lambda: kernels.stopping)

    await hang_up(call)
    kernels.may_stop.set()

    async with asyncio.timeout(10):
        path = pb.SessionExistsRequest(path="a.ipynb")
        while (await session_stub.SessionExists(path)).exists:
            pass
    assert not kernels.alive


async def test_of_two_deletions_at_once_one_is_not_found(session_stub, session):
    """The session is deleted once, and has one revision for it."""
    calls = [session_stub.DeleteSession(deletion_of(session)) for _ in range(2)]

    first, second = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(first, Exception) != isinstance(second, Exception)
    loser = calls[0] if isinstance(first, Exception) else calls[1]
    assert (await refused(loser)).reason == "SESSION_NOT_FOUND"


async def test_who_waits_for_the_kernel_of_a_session_that_is_deleted_is_answered(
    session_stub, kernels
):
    """Nobody waits for ever for what has gone."""
    kernels.answers = False
    waiting = session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb", wait_ready=True))
    present = (await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))).session

    await session_stub.DeleteSession(deletion_of(present))

    assert (await waiting).session.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
