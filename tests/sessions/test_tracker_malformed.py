"""What kernels say that they should not say: code in a kernel can send anything."""

import json

import pytest

from jupyter_sessions_server.model import (
    Channel,
    Clear,
    CodeError,
    Display,
    ExecutionState,
    InputWanted,
    Result,
    Started,
    StreamText,
)
from jupyter_sessions_server.sessions.outputs import MOST_ERROR_CHARACTERS, MOST_REPLY_CHARACTERS
from tests.sessions.journal_records import busy, idle, input_, message, project, reply, status

NOT_OBJECTS = [b"", b"no json", b"[1]", b"null", b"5", b'"text"', b"\xff\xfe", b"{"]
TOO_DEEP = b"[" * 100_000
WRONG = [None, 5, 2**40, -1, "text", [1], {"a": 1}, True, 1.5]


@pytest.mark.parametrize("content", [*NOT_OBJECTS, pytest.param(TOO_DEEP, id="too deep")])
@pytest.mark.parametrize(
    ("msg_type", "output"),
    [
        ("execute_input", Started(0)),
        ("stream", StreamText("stdout", "")),
        ("display_data", Display({}, {}, {}, update=False)),
        ("execute_result", Result({}, {}, 0)),
        ("error", CodeError("", "", [])),
        ("clear_output", Clear(wait=False)),
        ("input_request", InputWanted("m1", "", password=False)),
    ],
)
def test_a_content_that_is_no_object_counts_as_an_empty_one(content, msg_type, output):
    """A kernel's nonsense is shown as nothing; it breaks no stream."""
    _, events = project(message(msg_type, content))

    assert [event.output for event in events] == [output]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    ("msg_type", "key", "fields"),
    [
        ("execute_input", "execution_count", {"execution_count": int}),
        ("execute_result", "execution_count", {"execution_count": int}),
        ("execute_result", "data", {"data": dict}),
        ("execute_result", "metadata", {"metadata": dict}),
        ("display_data", "data", {"data": dict}),
        ("display_data", "metadata", {"metadata": dict}),
        ("display_data", "transient", {"transient": dict}),
        ("error", "traceback", {"traceback": list}),
        ("error", "ename", {"ename": str}),
        ("stream", "text", {"text": str}),
        ("stream", "name", {"name": str}),
        ("clear_output", "wait", {"wait": bool}),
        ("input_request", "prompt", {"prompt": str}),
    ],
)
def test_a_value_of_a_wrong_type_does_not_break_the_stream(msg_type, key, fields, value):
    """What the caller gets has the type the contract says, whatever the kernel sent."""
    _, [event] = project(message(msg_type, {key: value}))

    for name, type_ in fields.items():
        assert isinstance(getattr(event.output, name), type_)


@pytest.mark.parametrize("count", [-1, 2**31, 2**40, "1", 1.5, [1]])
def test_an_execution_count_that_is_none_counts_as_0(count):
    """The contract has room for 31 bits."""
    _, [event] = project(input_(count))

    assert event.output == Started(0)


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    "key", ["status", "execution_count", "traceback", "user_expressions", "ename"]
)
def test_a_malformed_reply_still_ends_the_execution(key, value):
    """Nobody waits for ever for a kernel that answers nonsense."""
    answer = message("execute_reply", {"status": "error", key: value}, channel=reply()(1).channel)

    projection, _ = project(busy(), input_(), answer, idle())

    assert projection.execution.state is ExecutionState.FAILED


@pytest.mark.parametrize("value", WRONG)
def test_malformed_user_expressions_are_empty(value):
    """One bad result is no reason to withhold the others."""
    results = {"good": {"status": "ok", "data": {"a/b": "x"}}, "bad": value}

    projection, _ = project(busy(), reply(user_expressions=results), idle())

    expressions = projection.execution.user_expressions
    assert expressions["good"] == {"a/b": "x"}
    assert expressions["bad"] == {}


@pytest.mark.parametrize("value", WRONG)
def test_a_malformed_status_says_nothing(value):
    """The kernel is not taken for idle before it says so."""
    projection, _ = project(busy(), input_(), status(value), reply())

    assert projection.execution.state is ExecutionState.RUNNING


NESTED = b"[" * 150 + b"]" * 150
TOO_NESTED = b"[" * 300 + b"]" * 300


def display(value):
    """The kernel displays this JSON."""
    return message("display_data", b'{"data": {"application/json": %s}, "metadata": {}}' % value)


def test_lone_surrogates_are_read_as_python_does():
    """Kernels written in Python do send them, and the rest of the message is fine."""
    _, [surrogate] = project(message("stream", b'{"name": "stdout", "text": "a\\ud800b"}'))

    assert surrogate.output.text.startswith("a")


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b"1e400", b"9" * 5000])
def test_numbers_that_json_has_not_are_null(value):
    """What is passed on is JSON, and can be stored as such."""
    _, [event] = project(display(b'{"a": %s, "b": 1.5}' % value))

    assert event.output.data == {"application/json": {"a": None, "b": 1.5}}


def test_what_is_nested_too_deep_counts_as_empty():
    """Whoever passes it on could not write it."""
    _, [deep] = project(display(NESTED))
    _, [too_deep] = project(display(TOO_NESTED))

    assert json.dumps(deep.output.data["application/json"]) == NESTED.decode()
    assert too_deep.output.data == {}


@pytest.mark.parametrize("value", [b"NaN", b"1e400", b"9" * 5000, b'"\\ud800"', NESTED, TOO_NESTED])
async def test_whatever_a_reply_has_its_execution_can_be_stored(execution_store, value):
    """One that cannot would keep all others from being stored."""
    expressions = b'{"a": {"status": "ok", "data": {"application/json": %s}}}' % value
    content = b'{"status": "ok", "user_expressions": %s}' % expressions
    answer = message("execute_reply", content, channel=Channel.SHELL)

    tracker, _ = project(busy(), input_(), answer)
    await execution_store.save([tracker.record])  # before its end
    tracker.apply(idle()(4))
    await execution_store.save([tracker.record])

    stored = execution_store.find(tracker.execution_id)
    assert stored.execution.finished
    assert stored == tracker.record


def test_results_that_are_too_large_are_errors():
    """The last event of an execution is never larger than a message may be."""
    results = {"a": {"status": "ok", "data": {"text/plain": "x" * (MOST_REPLY_CHARACTERS + 1)}}}

    tracker, _ = project(busy(), input_(), reply(user_expressions=results), idle())

    assert tracker.execution.user_expressions["a"].ename == "ResultsTooLarge"


def test_an_error_that_is_too_large_is_cut():
    """The event has all of it."""
    much = "x" * (MOST_ERROR_CHARACTERS + 1)
    raised = {"ename": "E", "evalue": much, "traceback": [much]}

    tracker, events = project(
        busy(), input_(), message("error", raised), reply("error", **raised), idle()
    )

    assert tracker.execution.error == CodeError("E", much[:-1], [])
    assert CodeError("E", much, [much]) in [event.output for event in events]
