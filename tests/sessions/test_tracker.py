"""From a kernel's journal to one execution's state and typed outputs."""

import pytest

from jupyter_sessions_server.model import (
    Channel,
    Clear,
    CodeError,
    Display,
    ExecutionState,
    Finished,
    GapReason,
    InputWanted,
    Missing,
    Result,
    Started,
    StreamText,
)
from tests.sessions.journal_records import (
    EXIT,
    busy,
    exited,
    gap,
    idle,
    input_,
    message,
    project,
    reply,
    status,
    stream,
)

FAILURE = {"ename": "ValueError", "evalue": "no", "traceback": ["line 1", "ValueError: no"]}
FAILED = CodeError("ValueError", "no", ["line 1", "ValueError: no"])


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], ExecutionState.QUEUED),
        ([busy()], ExecutionState.QUEUED),
        ([busy(), input_()], ExecutionState.RUNNING),
        ([busy(), input_(), reply()], ExecutionState.RUNNING),
        ([busy(), input_(), idle()], ExecutionState.RUNNING),
        ([busy(), input_(), reply(), idle()], ExecutionState.SUCCEEDED),
        ([busy(), input_(), idle(), reply()], ExecutionState.SUCCEEDED),
        ([busy(), reply(), idle()], ExecutionState.SUCCEEDED),  # silent: no execute_input
        ([busy(), input_(), reply("error"), idle()], ExecutionState.FAILED),
        ([busy(), input_(), reply("strange"), idle()], ExecutionState.FAILED),
        ([reply("aborted")], ExecutionState.ABORTED),
        ([reply("abort")], ExecutionState.ABORTED),
        ([exited()], ExecutionState.LOST),
        ([busy(), input_(), exited()], ExecutionState.LOST),
        ([busy(), input_(), reply(), exited()], ExecutionState.LOST),
        ([busy(), gap(), reply(), idle()], ExecutionState.SUCCEEDED),
        ([busy(), input_(), gap(), reply("error")], ExecutionState.RUNNING),  # more may come
        ([busy(), gap(), reply(), input_(parent="other")], ExecutionState.SUCCEEDED),
        ([busy(), input_(), gap(), input_(parent="other")], ExecutionState.LOST),
        ([busy(), input_(), gap(), stream("x", parent="other")], ExecutionState.RUNNING),
        ([busy(), input_(), input_(parent="other")], ExecutionState.RUNNING),
    ],
)
def test_what_the_kernel_said_decides_the_state(records, state):
    """Whoever reads the same journal comes to the same state, in whatever order channels come."""
    projection, events = project(*records)

    assert projection.execution.state is state
    assert projection.execution.finished is (
        state not in (ExecutionState.QUEUED, ExecutionState.RUNNING)
    )
    assert (
        any(isinstance(event.output, Finished) for event in events) is projection.execution.finished
    )


@pytest.mark.parametrize(
    ("record", "output"),
    [
        (input_(7), Started(7)),
        (stream("hello"), StreamText("stdout", "hello")),
        (message("stream", {"name": "stderr", "text": "oh"}), StreamText("stderr", "oh")),
        (
            message("display_data", {"data": {"a/b": "x"}, "metadata": {"m": 1}}),
            Display({"a/b": "x"}, {"m": 1}, {}, update=False),
        ),
        (
            message("update_display_data", {"data": {}, "transient": {"display_id": "d"}}),
            Display({}, {}, {"display_id": "d"}, update=True),
        ),
        (
            message("execute_result", {"data": {"a/b": "x"}, "execution_count": 3}),
            Result({"a/b": "x"}, {}, 3),
        ),
        (message("error", FAILURE), FAILED),
        (message("clear_output", {"wait": True}), Clear(wait=True)),
        (message("clear_output", {}), Clear(wait=False)),
        (
            message("input_request", {"prompt": "?", "password": True}, channel=Channel.STDIN),
            InputWanted("m1", "?", password=True),
        ),
        (gap(3), Missing(3, GapReason.TRIMMED)),
    ],
)
def test_messages_become_typed_outputs(record, output):
    """A caller never takes a kernel's JSON apart."""
    _, events = project(record)

    assert [event.output for event in events] == [output]


@pytest.mark.parametrize(
    "record",
    [
        stream("foreign", parent="other"),
        message("execute_reply", {"status": "ok"}, parent="other"),
        status("idle", parent="other"),
        message("execute_reply", {"status": "ok"}, channel=Channel.IOPUB),
        message("comm_msg", {"data": {}}),
        status("busy"),
    ],
)
def test_what_is_not_its_own_output_is_left_out(record):
    """Others run code in the same kernel; their prints are not mine."""
    projection, events = project(record, input_())

    assert [event.output for event in events] == [Started(1)]
    assert projection.execution.state is ExecutionState.RUNNING


def test_outputs_between_reply_and_idle_are_not_lost():
    """The two come on different channels; what was printed last may come after the reply."""
    _, events = project(busy(), input_(), reply(), stream("last words"), idle())

    outputs = [event.output for event in events]

    assert outputs[1] == StreamText("stdout", "last words")
    assert isinstance(outputs[2], Finished)


def test_nothing_follows_the_end():
    """`finished` is the last event, always."""
    _, events = project(busy(), input_(), reply(), idle(), stream("late"), exited())

    assert [type(event.output) for event in events] == [Started, Finished]


def test_events_have_the_numbers_and_times_of_the_journal():
    """Who resumes from a number misses nothing and gets nothing twice."""
    projection, events = project(busy(), input_(), stream("x"), reply(), idle())

    assert [(event.seq, event.time_ms) for event in events] == [(2, 1002), (3, 1003), (5, 1005)]
    assert projection.execution.next_seq == 6


def test_the_end_tells_what_the_execution_came_to():
    """One answer has it all: nobody need collect it from the events."""
    _, events = project(busy(), input_(4), reply(execution_count=4), idle())

    finished = events[-1].output.execution

    assert (finished.started_ms, finished.finished_ms) == (1002, 1004)
    assert (finished.execution_count, finished.error, finished.kernel_exit) == (4, None, None)


def test_a_failed_execution_has_the_error():
    """The error is typed, not a text to be searched."""
    _, events = project(busy(), input_(), reply("error", **FAILURE), idle())

    assert events[-1].output.execution.error == FAILED


def test_an_aborted_execution_has_no_error_and_was_never_started():
    """It is not its own code that failed."""
    _, events = project(reply("aborted", **FAILURE))

    finished = events[-1].output.execution

    assert (finished.error, finished.started_ms) == (None, None)


def test_a_lost_execution_tells_how_the_kernel_ended():
    """A killed kernel is told from code that raised."""
    _, events = project(busy(), input_(), exited())

    assert events[-1].output.execution.kernel_exit == EXIT


def test_user_expressions_are_values_or_errors():
    """Several values in one round trip; one that fails does not spoil the others."""
    results = {"a": {"status": "ok", "data": {"text/plain": "1"}}, "b": {"status": "error"}}

    _, events = project(busy(), reply(user_expressions=results), idle())

    expressions = events[-1].output.execution.user_expressions
    assert expressions == {"a": {"text/plain": "1"}, "b": CodeError("", "", [])}
