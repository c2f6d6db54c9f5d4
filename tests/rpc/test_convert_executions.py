"""Executions and what they say, as the contract has them."""

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions_server import model
from jupyter_sessions_server.rpc.convert_executions import (
    EXECUTION_STATE_TO_PB,
    GAP_REASON_TO_PB,
    code_from_pb,
    event_to_pb,
    execution_to_pb,
)

EXECUTION = model.Execution(
    execution_id="e",
    kernel_id="k",
    session_id=None,
    code="1/0",
    state=model.ExecutionState.QUEUED,
    queued_ms=1_000,
    first_seq=3,
    next_seq=4,
)


def converted(output):
    """The event of an output."""
    return event_to_pb(model.ExecutionEvent(seq=5, time_ms=1_500, output=output))


@pytest.mark.parametrize(
    "output",
    [
        model.StreamText("stdout", "a\ud800b"),
        model.CodeError("\ud800", "\ud800", ["\ud800"]),
        model.Display({"text/\ud800": "\ud800"}, {"\ud800": 1}, {"display_id": "\ud800"}, False),
        model.Result({"application/json": {"\ud800": "\ud800"}}, {}, 1),
        model.Result({"image/png": "\ud800"}, {}, 1),
        model.InputWanted("i", "\ud800", False),
        model.Finished(
            model.Execution(
                "e", "k", None, "\ud800", model.ExecutionState.SUCCEEDED, 0, 0, 1,
                user_expressions={"\ud800": {"text/plain": "\ud800"}},
            )
        ),
    ],
    ids=lambda output: type(output).__name__,
)  # fmt: skip
def test_halves_of_characters_do_not_break_the_stream(output):
    """Python can print a lone surrogate, and UTF-8 cannot hold it."""
    assert "?" in str(converted(output))


def test_every_event_has_its_number_and_time():
    """Numbers are those of the journal."""
    event = converted(model.Started(7))

    assert (event.seq, event.time.ToMilliseconds()) == (5, 1_500)
    assert event.started.execution_count == 7


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (model.Accepted("e", "k"), {"accepted": {"execution_id": "e", "kernel_id": "k"}}),
        (model.Started(0), {"started": {}}),
        (model.StreamText("stderr", "é\n"), {"stream": {"name": "stderr", "text": "é\n"}}),
        (
            model.Display({"text/plain": "a"}, {"w": 1}, {"display_id": "d"}, update=False),
            {
                "display_data": {
                    "data": {"parts": [{"mime_type": "text/plain", "text": "a"}]},
                    "metadata_json": '{"w": 1}',
                    "display_id": "d",
                    "transient_json": '{"display_id": "d"}',
                }
            },
        ),
        (model.Display({}, {}, {}, update=True), {"update_display_data": {"data": {}}}),
        (
            model.Result({"text/plain": "1"}, {}, 3),
            {
                "execute_result": {
                    "data": {"parts": [{"mime_type": "text/plain", "text": "1"}]},
                    "execution_count": 3,
                }
            },
        ),
        (
            model.CodeError("E", "v", ["a", "b"]),
            {"error": {"ename": "E", "evalue": "v", "traceback": ["a", "b"]}},
        ),
        (model.Clear(wait=True), {"clear_output": {"wait": True}}),
        (model.Clear(wait=False), {"clear_output": {}}),
        (
            model.InputWanted("i", "name?", password=True),
            {"input_request": {"input_request_id": "i", "prompt": "name?", "password": True}},
        ),
        (
            model.Missing(3, model.GapReason.TRIMMED),
            {"gap": {"missing_count": 3, "reason": pb.GAP_REASON_TRIMMED}},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_event(output, expected):
    """Each is told as what it is, also where all of its fields are empty."""
    event = converted(output)

    assert event == pb.ExecutionEvent(seq=5, time={"seconds": 1, "nanos": 500_000_000}, **expected)


def test_every_output_of_the_model_can_be_told():
    """The list above is complete."""
    told = {kind.name for kind in pb.ExecutionEvent.DESCRIPTOR.oneofs_by_name["event"].fields}

    assert len(told) == len(model.Output.__args__) + 1  # a Display is told in two ways


def test_an_execution_that_waits_has_no_times_yet():
    """Unset is not zero."""
    made = execution_to_pb(EXECUTION)

    assert made == pb.Execution(
        execution_id="e",
        kernel_id="k",
        state=pb.EXECUTION_STATE_QUEUED,
        code="1/0",
        queue_time={"seconds": 1},
        first_seq=3,
        next_seq=4,
    )


def test_an_execution_that_has_ended():
    """Its error, its expressions, how its kernel ended."""
    ended = model.Execution(
        execution_id="e",
        kernel_id="k",
        session_id="s",
        code="1/0",
        state=model.ExecutionState.FAILED,
        queued_ms=1_000,
        first_seq=3,
        next_seq=9,
        started_ms=2_000,
        finished_ms=3_000,
        execution_count=4,
        error=model.CodeError("E", "v", []),
        kernel_exit=model.KernelExit(model.ExitCause.SIGNALED, 1, signal=9),
        user_expressions={"a": {"text/plain": "1"}, "b": model.CodeError("E", "", [])},
    )

    made = execution_to_pb(ended)

    assert (made.session_id, made.state) == ("s", pb.EXECUTION_STATE_FAILED)
    assert (made.start_time.seconds, made.finish_time.seconds) == (2, 3)
    assert made.error == pb.ErrorOutput(ename="E", evalue="v")
    assert made.kernel_exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SIGNALED
    assert made.user_expressions["a"].value.parts[0].text == "1"
    assert made.user_expressions["b"].error.ename == "E"


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (EXECUTION_STATE_TO_PB, pb.ExecutionState),
        (GAP_REASON_TO_PB, pb.GapReason),
    ],
    ids=["state", "gap"],
)
def test_each_value_of_an_enum_has_its_number(values, numbers):
    """None is left out, and UNSPECIFIED is never sent."""
    assert sorted(values.values()) == sorted(set(numbers.values()) - {0})
    for value, number in values.items():
        assert numbers.Name(number).endswith(f"_{value.name}")


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("store_history", [None, False, True])
def test_history_is_stored_unless_told_otherwise(silent, store_history):
    """Silent code leaves none, unless it is asked for."""
    code = code_from_pb(pb.ExecuteRequest(silent=silent, store_history=store_history))

    assert code.store_history is (not silent if store_history is None else store_history)


@pytest.mark.parametrize("stop_on_error", [None, False, True])
def test_an_error_aborts_what_waits_unless_told_otherwise(stop_on_error):
    """As the Jupyter protocol has it."""
    code = code_from_pb(pb.ExecuteRequest(stop_on_error=stop_on_error))

    assert code.stop_on_error is (stop_on_error is not False)
