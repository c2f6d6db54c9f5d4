"""CreateSession is atomic: whoever comes at the same time, fails or hangs up."""

import asyncio

import grpc

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused
from tests.waiting import until

REQUEST = pb.CreateSessionRequest(path="a.ipynb")


async def test_a_hundred_concurrent_creates_make_one_session_and_one_kernel(session_stub, kernels):
    """Many windows that open a document at once do not race."""
    answers = await asyncio.gather(*(session_stub.CreateSession(REQUEST) for _ in range(100)))

    assert len({answer.session.session_id for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    assert len(kernels.launches) == 1


async def test_concurrent_creates_for_different_wishes_make_one_session(session_stub, kernels):
    """Nor do front ends that name the document differently."""
    requests = [pb.CreateSessionRequest(path="a.ipynb", name=str(n % 5)) for n in range(20)]

    answers = await asyncio.gather(*map(session_stub.CreateSession, requests))

    assert len({answer.session.session_id for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    assert len(kernels.launches) == 1


async def test_one_of_many_exclusive_creates_wins(session_stub, kernels):
    """IF_EXISTS_FAIL gives a document to one job alone."""
    request = pb.CreateSessionRequest(path="a.ipynb", if_exists=pb.IF_EXISTS_FAIL)
    calls = [session_stub.CreateSession(request) for _ in range(10)]

    await asyncio.wait([asyncio.ensure_future(_ended(call)) for call in calls])

    losers = [call for call in calls if await call.code() is not grpc.StatusCode.OK]
    assert len(losers) == 9
    assert {(await refused(call)).reason for call in losers} == {"SESSION_ALREADY_EXISTS"}
    assert len(kernels.launches) == 1


async def test_the_creator_may_hang_up_while_another_waits(hang_up, session_stub, kernels):
    """Closing one of two windows does not close the other."""
    kernels.may_start.clear()
    creator = session_stub.CreateSession(REQUEST)
    await kernels.held_up(1)
    waiter = session_stub.CreateSession(REQUEST)
    await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))  # it has arrived

    await hang_up(creator)
    kernels.may_start.set()

    session = (await waiter).session
    assert [launch.kernel_id for launch in kernels.launches] == [session.kernel.kernel_id]
    assert list(kernels.alive) == [session.kernel.kernel_id]


async def test_a_waiter_with_another_wish_begins_anew_when_the_creator_hangs_up(
    hang_up, session_stub, kernels
):
    """What the one who has gone wanted counts no more."""
    kernels.may_start.clear()
    creator = session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb", name="first"))
    await kernels.held_up(1)
    waiter = session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb", name="second"))
    await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))  # it has arrived

    await hang_up(creator)
    kernels.may_start.set()

    answer = await waiter
    assert (answer.created, answer.session.name) == (True, "second")
    assert list(kernels.alive) == [answer.session.kernel.kernel_id]


async def test_an_only_creator_who_hangs_up_leaves_nothing(session_stub, kernel_stub, kernels):
    """A closed window does not leave a process that nobody knows of."""
    kernels.may_start.clear()
    call = session_stub.CreateSession(REQUEST)
    await kernels.held_up(1)

    call.cancel()
    await until(lambda: not kernels.starting)
    kernels.may_start.set()

    assert not (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions
    assert not (await kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest())).kernels
    assert not kernels.alive
    assert (await session_stub.CreateSession(REQUEST)).created


async def test_a_deadline_that_passes_leaves_nothing(session_stub, kernels):
    """A deadline is a hang-up."""
    kernels.may_start.clear()
    call = session_stub.CreateSession(REQUEST, timeout=0.1)

    await _ended(call)
    await until(lambda: not kernels.starting)
    kernels.may_start.set()

    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    exists = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))
    assert not exists.exists
    assert not kernels.alive


async def test_ten_documents_that_name_one_kernel_share_it(session_stub, kernels):
    """A caller who opens a workspace names the kernel, and need not order the calls."""
    requests = [pb.CreateSessionRequest(path=f"{n}.ipynb", kernel_id="shared") for n in range(10)]

    answers = await asyncio.gather(*map(session_stub.CreateSession, requests))

    assert {answer.session.kernel.kernel_id for answer in answers} == {"shared"}
    assert all(answer.created for answer in answers)
    assert list(kernels.alive) == ["shared"]
    assert len(kernels.launches) == 1


async def test_who_hangs_up_does_not_end_a_kernel_that_others_wait_for(
    hang_up, session_stub, kernels
):
    """The first of them began the start, and it goes on for the rest."""
    kernels.may_start.clear()
    first, *others = (
        session_stub.CreateSession(pb.CreateSessionRequest(path=f"{n}.ipynb", kernel_id="shared"))
        for n in range(3)
    )
    await kernels.held_up(1)

    await hang_up(first)
    kernels.may_start.set()

    assert {(await other).session.kernel.kernel_id for other in others} == {"shared"}
    assert list(kernels.alive) == ["shared"]


async def test_a_start_that_fails_is_told_to_all_who_wait(session_stub, kernels):
    """Nobody waits for ever, and no kernel is started again for each of them."""
    kernels.may_start.clear()
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="broken")
    calls = [session_stub.CreateSession(request) for _ in range(5)]
    await kernels.held_up(1)

    kernels.may_start.set()

    refusals = [await refused(call) for call in calls]
    assert {refusal.reason for refusal in refusals} == {"KERNEL_START_FAILED"}
    exists = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))
    assert not exists.exists


async def test_a_hang_up_at_any_moment_leaves_all_or_nothing(session_stub, kernels):
    """There is no moment at which a caller may not go."""
    for turns in range(60):
        call = session_stub.CreateSession(REQUEST)
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        await _ended(call)

        async with asyncio.timeout(10):
            while kernels.starting or len(await _sessions(session_stub)) != len(kernels.alive):
                pass
        for session in await _sessions(session_stub):
            deletion = pb.DeleteSessionRequest(session_id=session.session_id)
            await session_stub.DeleteSession(deletion)

    assert (await session_stub.CreateSession(REQUEST)).created
    assert len(kernels.alive) == 1


async def _sessions(session_stub):
    return (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions


async def _ended(call) -> None:
    """Wait for the call's end, whatever it is."""
    await call.code()
