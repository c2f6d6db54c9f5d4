"""What kernels answer, and what they should not: code in a kernel can send anything."""

import pytest

from jupyter_sessions_server.sessions.questions import (
    CodeEnd,
    Complete,
    Completeness,
    Completion,
    History,
    HistoryEntry,
    Inspect,
    Inspection,
    IsComplete,
)

COMPLETE = Complete("é = va", 6)
HISTORY = History({"hist_access_type": "tail", "n": 5}, raw=True, output=True)
WRONG = [None, 5, -1, 2**70, "text", [1], {"a": 1}, True, 1.5, [[]], [[1, 2]], [{"a": 1}]]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("key", ["matches", "cursor_start", "cursor_end", "metadata"])
def test_a_malformed_completion(key, value):
    """What is not of its type counts as empty, and positions stay within the code."""
    answer = COMPLETE.answer({"matches": ["value"], "cursor_start": 4, "cursor_end": 6, key: value})

    assert all(isinstance(match, str) for match in answer.matches)
    assert 0 <= answer.cursor_start <= answer.cursor_end <= 6
    assert isinstance(answer.metadata, dict)


def test_a_completion_of_nothing():
    """Nothing is replaced, at the cursor."""
    assert COMPLETE.answer({}) == Completion([], 6, 6, {})


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("key", ["found", "data", "metadata"])
def test_a_malformed_inspection(key, value):
    """The same."""
    answer = Inspect("a", 1).answer({"found": True, "data": {"text/plain": "a"}, key: value})

    assert isinstance(answer.found, bool)
    assert isinstance(answer.data, dict)
    assert isinstance(answer.metadata, dict)


def test_data_of_what_was_not_found_is_left_out():
    """Some kernels send an empty text."""
    reply = {"found": False, "data": {"text/plain": ""}}

    assert Inspect("a", 1).answer(reply) == Inspection(found=False, data={}, metadata={})


@pytest.mark.parametrize("status", [*WRONG, "", "ok", "error"])
def test_a_kernel_that_does_not_say_whether_code_is_complete(status):
    """Then it is not known."""
    assert IsComplete("a").answer({"status": status}) == CodeEnd(Completeness.UNKNOWN, "")


@pytest.mark.parametrize("value", WRONG)
def test_a_malformed_history(value):
    """It is empty, or has those entries that can be read."""
    entries = HISTORY.answer({"history": value})

    assert all(isinstance(entry, HistoryEntry) for entry in entries)


@pytest.mark.parametrize(
    ("told", "entry"),
    [
        ([1, 2, "a"], HistoryEntry(1, 2, "a", None)),
        ([1, 2, ["a", "b"]], HistoryEntry(1, 2, "a", "b")),
        ([1, 2, ["a", None]], HistoryEntry(1, 2, "a", None)),
        ([1, 2, ["a", {"text/plain": "b"}]], HistoryEntry(1, 2, "a", None)),
    ],
)
def test_an_entry_of_the_history(told, entry):
    """With its output, or without."""
    assert HISTORY.answer({"history": [told]}) == [entry]


@pytest.mark.parametrize(
    "told", [[1, 2], [1, 2, 3], ["1", 2, "a"], [1, 2, ["a"]], [1, 2, "a", "b"], [2**31, 1, "a"]]
)
def test_an_entry_that_cannot_be_read(told):
    """It is left out, and the others are told."""
    assert HISTORY.answer({"history": [told, [1, 2, "a"]]}) == [HistoryEntry(1, 2, "a", None)]
