"""Complete, Inspect, IsComplete and History: what a kernel knows, without running anything."""

import json

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.model import Channel


@pytest.fixture
def ask(execution_stub, kernel):
    """Asks the kernel."""

    async def ask(rpc, **fields):
        request = getattr(pb, f"{rpc}Request")(kernel_id=kernel.kernel_id, **fields)
        return await getattr(execution_stub, rpc)(request)

    return ask


def sent(kernels):
    """What the kernel was asked last."""
    return json.loads(kernels.requests[-1][2].content)


async def test_code_is_completed_at_its_end(ask):
    """What a completion menu shows, and what the chosen one replaces."""
    answer = await ask("Complete", code="say va")

    assert list(answer.matches) == ["value"]
    assert (answer.cursor_start, answer.cursor_end) == (4, 6)
    assert json.loads(answer.metadata_json) == {"kind": "words"}


async def test_code_is_completed_at_the_cursor(ask):
    """People complete in the middle of a line."""
    answer = await ask("Complete", code="wa say", cursor_position=2)

    assert list(answer.matches) == ["wait"]
    assert (answer.cursor_start, answer.cursor_end) == (0, 2)


async def test_positions_count_unicode_characters(ask, kernels):
    """Neither bytes nor UTF-16: a smiley before the cursor is one."""
    answer = await ask("Complete", code="\U0001f600é wa")

    assert sent(kernels)["cursor_pos"] == 5
    assert (answer.cursor_start, answer.cursor_end) == (3, 5)


async def test_the_kernel_of_a_session_is_asked(execution_stub, session):
    """Most callers know the document, not its kernel."""
    request = pb.CompleteRequest(session_id=session.session_id, code="di")

    assert list((await execution_stub.Complete(request)).matches) == ["die"]


async def test_a_name_is_inspected(ask):
    """What a tooltip shows, in several representations."""
    answer = await ask("Inspect", code="say")

    assert answer.found
    parts = {part.mime_type: part.text or part.json for part in answer.data.parts}
    assert parts == {"text/plain": "say: a word", "application/json": '{"word": "say"}'}
    assert json.loads(answer.metadata_json) == {"level": 0}


async def test_a_name_is_inspected_with_its_source(ask):
    """What two question marks show in IPython."""
    answer = await ask("Inspect", code="say", detail=pb.INSPECT_DETAIL_SOURCE)

    assert answer.data.parts[0].text == "say: a word; its source"


async def test_a_name_that_is_not_known(ask):
    """Nothing is found, and nothing is wrong."""
    answer = await ask("Inspect", code="nothing")

    assert answer == pb.InspectResponse(found=False)


@pytest.mark.parametrize(
    ("code", "completeness", "indent"),
    [
        ("say a", pb.CODE_COMPLETENESS_COMPLETE, ""),
        ("say (", pb.CODE_COMPLETENESS_INCOMPLETE, "  "),
        ("say )", pb.CODE_COMPLETENESS_INVALID, ""),
        ("say ?", pb.CODE_COMPLETENESS_UNKNOWN, ""),
    ],
)
async def test_a_console_learns_whether_to_ask_for_more_lines(ask, code, completeness, indent):
    """Only where more is needed there is something to begin the next line with."""
    answer = await ask("IsComplete", code=code)

    assert (answer.completeness, answer.indent) == (completeness, indent)


@pytest.mark.parametrize(
    ("access", "lines"),
    [
        ({"tail_count": 2}, [2, 3]),
        ({"tail_count": 100}, [1, 2, 3]),
        ({"range": pb.HistoryRange(start=1, stop=3)}, [1, 2]),
        ({"range": pb.HistoryRange(start=2)}, [2, 3]),
        ({"search": pb.HistorySearch(pattern="*value*", count=5)}, [2, 3]),
    ],
    ids=str,
)
async def test_history_is_what_was_run(ask, run, kernel, access, lines):
    """The last ones, a range, or those that match; oldest first."""
    for code in ("say a", "value 1", "value 2"):
        await run(kernel_id=kernel.kernel_id, code=code)

    answer = await ask("History", **access)

    assert [entry.line for entry in answer.entries] == lines
    assert all(entry.history_session == 1 for entry in answer.entries)
    assert not any(entry.HasField("output") for entry in answer.entries)


async def test_history_with_outputs(ask, run, kernel):
    """A notebook can be made of it."""
    await run(kernel_id=kernel.kernel_id, code="value 1")

    answer = await ask("History", tail_count=1, output=True)

    assert [(entry.input, entry.output) for entry in answer.entries] == [("value 1", "out 1")]


@pytest.mark.parametrize(
    ("rpc", "fields", "content"),
    [
        ("Complete", {"code": "a"}, {"code": "a", "cursor_pos": 1}),
        ("Inspect", {"code": "ab", "cursor_position": 0}, {"cursor_pos": 0, "detail_level": 0}),
        ("IsComplete", {"code": ""}, {"code": ""}),
        (
            "History",
            {"search": pb.HistorySearch(pattern="a?", count=1, unique=True), "raw": True},
            {"hist_access_type": "search", "pattern": "a?", "n": 1, "unique": True, "raw": True},
        ),
        (
            "History",
            {"range": pb.HistoryRange(history_session=-1, start=2, stop=4), "output": True},
            {"hist_access_type": "range", "session": -1, "start": 2, "stop": 4, "output": True},
        ),
    ],
)
async def test_what_is_asked_reaches_the_kernel(ask, kernels, rpc, fields, content):
    """Under the names of the Jupyter protocol, on its shell channel."""
    await ask(rpc, **fields)

    assert kernels.requests[-1][1] is Channel.SHELL
    assert sent(kernels).items() >= content.items()


@pytest.mark.parametrize(
    ("rpc", "fields", "answer"),
    [
        ("Complete", {"code": "fail"}, pb.CompleteResponse(cursor_start=4, cursor_end=4)),
        ("Inspect", {"code": "fail"}, pb.InspectResponse()),
        (
            "IsComplete",
            {"code": "fail"},
            pb.IsCompleteResponse(completeness=pb.CODE_COMPLETENESS_UNKNOWN),
        ),
        (
            "History",
            {"search": pb.HistorySearch(pattern="fail", count=1)},
            pb.HistoryResponse(),
        ),
    ],
)
async def test_a_kernel_that_fails_to_tell_knows_nothing(ask, rpc, fields, answer):
    """Its failure is its own: the service has asked, and an editor shows no menu."""
    assert await ask(rpc, **fields) == answer
