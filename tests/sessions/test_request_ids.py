"""Creating requests that name themselves, so that they may be repeated."""

import asyncio

import pytest

from jupyter_sessions_server.errors import RequestIdReused, SessionNotFound
from jupyter_sessions_server.model import IfExists


async def test_a_request_that_named_itself_may_be_repeated(sessions):
    """A retry after a lost answer gets the first answer, also where it would be refused."""
    wanted = {"if_exists": IfExists.FAIL, "request_id": "r1"}
    first = await sessions.create_session("a.ipynb", **wanted)

    again = await sessions.create_session("a.ipynb", **wanted)

    assert again == first
    assert again.created


@pytest.mark.parametrize(
    "changed",
    [{"path": "b"}, {"name": "N"}, {"type": "x"}, {"kernel_name": "ir"}, {"labels": {"a": "b"}},
     {"env": {"A": "B"}}, {"cwd": "/x"}, {"session_id": "s"}, {"if_exists": IfExists.RETURN_ANY}],
)  # fmt: skip
async def test_a_request_id_of_another_request_is_refused(sessions, changed):
    """A program that mixes its requests up hears of it."""
    await sessions.create_session(path="a.ipynb", request_id="r1")

    with pytest.raises(RequestIdReused):
        await sessions.create_session(**{"path": "a.ipynb", "request_id": "r1", **changed})


async def test_a_request_whose_session_was_deleted_makes_no_second_one(sessions):
    """A late retry does not bring back what was ended since."""
    session, _ = await sessions.create_session("a.ipynb", request_id="r1")
    await sessions.delete_session(session.session_id)

    with pytest.raises(SessionNotFound):
        await sessions.create_session("a.ipynb", request_id="r1")

    assert not await sessions.session_exists("a.ipynb")


async def test_one_request_id_for_two_paths_side_by_side_makes_one_session(sessions, kernels):
    """The one that comes second is refused, and leaves no kernel."""
    outcomes = await asyncio.gather(
        sessions.create_session("a.ipynb", request_id="r1"),
        sessions.create_session("b.ipynb", request_id="r1"),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, RequestIdReused) for outcome in outcomes) == 1
    assert len(kernels.alive) == len((await sessions.list_sessions()).sessions) == 1


async def test_a_request_id_is_forgotten_after_a_day(sessions, clock):
    """An id that a program uses again the next day is a new request."""
    await sessions.create_session("a.ipynb", request_id="r1")

    clock.ms += 25 * 3600 * 1000

    assert (await sessions.create_session("b.ipynb", request_id="r1")).created
