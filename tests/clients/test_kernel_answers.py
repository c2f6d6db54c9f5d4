"""Questions to the kernel of a session, or to a kernel: the requests, and the answers."""

import asyncio

import pytest

from jupyter_sessions import sync
from jupyter_sessions.answers import Completeness, Completion, HistoryEntry
from jupyter_sessions.v1 import executions_pb2 as pb


@pytest.fixture
async def session(client):
    """A session that is open."""
    async with client.open_session("a.ipynb") as session:
        yield session


async def test_completion_is_asked_for_at_the_end(session, fake):
    """Unless a cursor is given."""
    completion = await session.complete("time.sl")

    assert completion == Completion(("sleep", "sleepy"), 5, 7, {"a": 1})
    assert fake.requests["Complete"] == [pb.CompleteRequest(session_id="s0", code="time.sl")]


async def test_a_cursor_at_the_beginning_is_not_the_end(session, fake):
    """0 is a position."""
    await session.complete("x", 0)
    await session.inspect("x", 0)

    assert fake.requests["Complete"][0].HasField("cursor_position")
    assert fake.requests["Inspect"][0].HasField("cursor_position")


async def test_what_was_found_is_text_without_colours(session):
    """The kernel writes for terminals; the bundle has it as it was."""
    inspection = await session.inspect("sleep")

    assert (inspection.found, inspection.text) == (True, "Docstring: Sleep.")
    assert inspection.data == {"text/plain": "\x1b[31mDocstring:\x1b[0m Sleep."}


async def test_nothing_was_found(session):
    """Which is no error."""
    inspection = await session.inspect("nothing")

    assert (inspection.found, inspection.text, inspection.data) == (False, "", {})


@pytest.mark.parametrize(
    ("source", "detail"),
    [(False, pb.INSPECT_DETAIL_UNSPECIFIED), (True, pb.INSPECT_DETAIL_SOURCE)],
)
async def test_the_source_is_asked_for(session, fake, source, detail):
    """Only by who wants it."""
    await session.inspect("sleep", source=source)

    assert fake.requests["Inspect"][0].detail == detail


async def test_whether_code_is_complete(session):
    """A console shows the indent on the next line."""
    assert await session.is_complete("if x:") == Completeness("INCOMPLETE", "    ")


@pytest.mark.parametrize(
    ("options", "request_"),
    [
        ({"tail": 3}, pb.HistoryRequest(tail_count=3, raw=True)),
        ({"tail": 3, "raw": False, "output": True}, pb.HistoryRequest(tail_count=3, output=True)),
        (
            {"range": (0, 1, 5)},
            pb.HistoryRequest(range=pb.HistoryRange(start=1, stop=5), raw=True),
        ),
        (
            {"search": "a*", "unique": True},
            pb.HistoryRequest(
                search=pb.HistorySearch(pattern="a*", count=100, unique=True), raw=True
            ),
        ),
    ],
    ids=str,
)
async def test_history_is_asked_for_in_three_ways(session, fake, options, request_):
    """The last entries, a range, those that match."""
    request_.session_id = "s0"

    entries = await session.history(**options)

    assert fake.requests["History"] == [request_]
    assert entries == (HistoryEntry(7, 1, "x = 1", None), HistoryEntry(7, 2, "x", "1"))


@pytest.mark.parametrize("options", [{}, {"tail": 1, "search": "a"}], ids=str)
async def test_history_is_asked_for_in_one_way(session, options):
    """It would not be clear which."""
    with pytest.raises(ValueError, match="one of the three"):
        await session.history(**options)


@pytest.mark.parametrize("method", ["complete", "inspect", "is_complete"])
@pytest.mark.parametrize("target", [{}, {"session_id": "s", "kernel_id": "k"}], ids=str)
async def test_one_kernel_is_asked(client, method, target):
    """That of a session, or one by its id."""
    with pytest.raises(ValueError, match="session_id or kernel_id"):
        await getattr(client, method)("x", **target)


async def test_a_kernel_without_a_session_is_asked(client, fake):
    """A service that only runs code needs no documents."""
    await client.is_complete("x", kernel_id="k1")

    assert fake.requests["IsComplete"] == [pb.IsCompleteRequest(kernel_id="k1", code="x")]


async def test_the_blocking_client_asks_the_same(fake):
    """It is generated from the other."""

    def ask():
        with sync.connect(fake.target, "secret") as client:
            return client.complete("time.sl", kernel_id="k1")

    assert (await asyncio.to_thread(ask)).matches == ("sleep", "sleepy")
