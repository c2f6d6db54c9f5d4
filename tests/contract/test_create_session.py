"""CreateSession opens a session for a path, or returns the one that is open."""

import asyncio

from jupyter_sessions.v1 import sessions_pb2 as pb


async def test_creating_twice_gives_the_same_session(session_stub):
    """A document has one session, however many windows open it."""
    first = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    second = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert second.session.session_id == first.session.session_id
    assert (first.created, second.created) == (True, False)


async def test_a_hundred_concurrent_creates_make_one_session_and_one_kernel(session_stub, kernels):
    """Many windows that open a document at once do not race."""
    request = pb.CreateSessionRequest(path="a.ipynb")

    answers = await asyncio.gather(*(session_stub.CreateSession(request) for _ in range(100)))

    assert len({answer.session.session_id for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    assert len(kernels.launches) == 1
