"""CreateSession with a `request_id`: a retry gets what the first call did."""

import asyncio

import pytest

from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused

ONCE = pb.CreateSessionRequest(path="a.ipynb", request_id="r-1")


async def test_a_retry_gets_the_first_answer(session_stub):
    """A caller whose connection broke does not know whether it was heard."""
    first = await session_stub.CreateSession(ONCE)

    second = await session_stub.CreateSession(ONCE)

    assert second == first
    assert second.created


async def test_a_retry_is_answered_where_the_plain_call_would_be_refused(session_stub):
    """The session that is there is the one this very caller created."""
    request = pb.CreateSessionRequest(path="a.ipynb", request_id="r-1", if_exists=pb.IF_EXISTS_FAIL)
    first = await session_stub.CreateSession(request)

    second = await session_stub.CreateSession(request)

    assert second == first


async def test_a_retry_finds_the_session_under_its_new_path(session_stub):
    """What was created by the request is meant, wherever it is by now."""
    first = await session_stub.CreateSession(ONCE)
    moved = pb.UpdateSessionRequest(
        session=pb.Session(session_id=first.session.session_id, path="b.ipynb"),
        update_mask={"paths": ["path"]},
    )
    await session_stub.UpdateSession(moved)

    second = await session_stub.CreateSession(ONCE)

    assert second.session.session_id == first.session.session_id
    assert second.session.path == "b.ipynb"


async def test_a_retry_while_the_first_call_is_under_way_gets_its_answer(session_stub, kernels):
    """Impatient callers repeat before the answer has come."""
    kernels.may_start.clear()
    calls = [session_stub.CreateSession(ONCE) for _ in range(3)]
    await kernels.held_up(1)

    kernels.may_start.set()

    answers = await asyncio.gather(*calls)
    assert [answer.created for answer in answers] == [True, True, True]
    assert len({answer.session.session_id for answer in answers}) == 1
    assert len(kernels.launches) == 1


@pytest.mark.covers("SessionService.CreateSession", "REQUEST_ID_REUSED")
@pytest.mark.parametrize(
    "other",
    [
        {"path": "b.ipynb"},
        {"name": ""},
        {"type": "console"},
        {"kernel_name": "ir"},
        {"kernel_id": "k"},
        {"session_id": "s"},
        {"env": {"A": "B"}},
        {"cwd": "/"},
        {"labels": {"a": "b"}},
        {"if_exists": pb.IF_EXISTS_FAIL},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_another_request_under_the_same_id_is_refused(session_stub, other):
    """An id that is used twice is a bug of the caller, and told as one."""
    await session_stub.CreateSession(ONCE)
    request = pb.CreateSessionRequest(**{"path": "a.ipynb", "request_id": "r-1", **other})

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
    assert refusal.facts == {"request_id": "r-1"}
    assert len((await session_stub.ListSessions(pb.ListSessionsRequest())).sessions) == 1


@pytest.mark.covers("SessionService.CreateSession", "REQUEST_ID_REUSED")
async def test_one_of_two_requests_under_the_same_id_at_once_is_refused(session_stub, kernels):
    """Nor does it help to be as quick as the first."""
    requests = [
        pb.CreateSessionRequest(path=path, request_id="r-1") for path in ("a.ipynb", "b.ipynb")
    ]
    kernels.may_start.clear()
    calls = [session_stub.CreateSession(request) for request in requests]
    await kernels.held_up(2)

    kernels.may_start.set()

    first, second = await asyncio.gather(*calls, return_exceptions=True)
    loser = calls[0 if isinstance(first, Exception) else 1]
    assert (await refused(loser)).reason == "REQUEST_ID_REUSED"
    assert isinstance(first, Exception) != isinstance(second, Exception)
    assert len(kernels.alive) == 1


@pytest.mark.covers("SessionService.CreateSession", "SESSION_NOT_FOUND")
async def test_a_retry_after_the_session_was_deleted_makes_no_second_one(session_stub, kernels):
    """A late retry must not bring back what somebody has closed."""
    first = await session_stub.CreateSession(ONCE)
    session_id = first.session.session_id
    await session_stub.DeleteSession(pb.DeleteSessionRequest(session_id=session_id))

    refusal = await refused(session_stub.CreateSession(ONCE))

    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert refusal.facts == {"session_id": session_id}
    assert len(kernels.launches) == 1


async def test_a_request_that_failed_may_be_repeated_under_its_id(session_stub, kernels):
    """The id is remembered with the session, and there is none."""
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="broken", request_id="r-1")
    await refused(session_stub.CreateSession(request))
    kernels.unstartable.clear()

    answer = await session_stub.CreateSession(request)

    assert answer.created


async def test_a_request_that_found_a_session_does_not_use_its_id_up(session_stub, session):
    """Only what was created is remembered."""
    answer = await session_stub.CreateSession(ONCE)
    request = pb.CreateSessionRequest(path="b.ipynb", request_id="r-1")

    other = await session_stub.CreateSession(request)

    assert not answer.created
    assert other.created


async def test_an_id_is_remembered_for_a_day(session_stub, clock):
    """Ids need to be unique among the calls a client may still repeat, not for ever."""
    await session_stub.CreateSession(ONCE)
    clock.ms += 24 * 3600 * 1000 + 1
    await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb", request_id="r-2"))

    request = pb.CreateSessionRequest(path="c.ipynb", request_id="r-1")
    answer = await session_stub.CreateSession(request)

    assert answer.created
