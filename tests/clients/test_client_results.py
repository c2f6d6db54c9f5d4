"""Result: what code said and how it ended, from the events of its execution."""

import pytest
from events import (
    PNG,
    TRACEBACK,
    clear,
    display,
    ended,
    error,
    error_output,
    gap,
    result_of,
    stream,
    update,
    value,
)

from jupyter_sessions import ExecutionFailed, JupyterSessionsError, KernelExitCause
from jupyter_sessions.outputs import ErrorOutput, StreamOutput
from jupyter_sessions.results import ResultCollector
from jupyter_sessions.v1.kernels_pb2 import KernelExit


def test_the_value_is_that_of_the_last_expression():
    """As text, and in all its representations."""
    result = result_of(value("<Frame>", png=PNG, json='{"a": [1, null]}'))

    assert result.value == "<Frame>"
    assert result.data["image/png"] == PNG
    assert result.data["application/json"] == {"a": [1, None]}
    assert (result.ok, result.execution_count) == (True, 3)


def test_code_without_a_value_has_none():
    """As a statement has."""
    result = result_of(stream("hello\n"))

    assert result.value is None
    assert result.data == {}


def test_streams_are_kept_apart_and_in_order():
    """Text of one stream that comes in pieces is one output."""
    result = result_of(stream("a"), stream("b\n"), stream("c\n", "stderr"), stream("d\n"))

    assert (result.stdout, result.stderr) == ("ab\nd\n", "c\n")
    assert result.outputs == (
        StreamOutput("stdout", "ab\n"),
        StreamOutput("stderr", "c\n"),
        StreamOutput("stdout", "d\n"),
    )


def test_the_text_is_what_a_console_shows():
    """Things that are shown have lines of their own; written text stands as it was written."""
    result = result_of(stream("a"), display("<Figure>"), stream("b\n"), value("2"))

    assert result.text == "a\n<Figure>\nb\n2"


def test_clearing_removes_what_came_before():
    """Progress bars and animations do it all the time."""
    result = result_of(stream("old\n"), clear(), stream("new\n"))

    assert result.text == "new\n"


def test_clearing_may_wait_for_what_comes_next():
    """So that nothing flickers; and if nothing comes, all stays."""
    assert result_of(stream("old\n"), clear(wait=True), stream("new\n")).text == "new\n"
    assert result_of(stream("old\n"), clear(wait=True)).text == "old\n"


def test_a_display_is_shown_as_it_was_last_updated():
    """Its place stays; displays with other ids, or none, are not touched."""
    result = result_of(
        display("0 %", display_id="bar"),
        display("other", display_id="foo"),
        display("plain"),
        update("100 %", "bar"),
        update("of another cell", "unknown"),
    )

    assert result.text == "100 %\nother\nplain"


def test_an_error_is_a_result():
    """Code that raises is no failed call."""
    execution = ended("FAILED", error=error_output())

    result = result_of(stream("a\n"), error(), execution=execution)

    assert not result.ok
    assert result.state == "FAILED"
    assert result.error == ErrorOutput("ZeroDivisionError", "division by zero", tuple(TRACEBACK))
    assert result.text == "a\n"


def test_a_program_that_wants_an_exception_asks_for_it():
    """The remote traceback comes along, without colours."""
    result = result_of(execution=ended("FAILED", error=error_output()))

    with pytest.raises(ExecutionFailed, match="ZeroDivisionError: division by zero") as raised:
        result.raise_for_error()

    assert raised.value.traceback == tuple(TRACEBACK)
    assert raised.value.__notes__ == ["ZeroDivisionError\ndivision by zero"]


def test_a_result_without_error_is_passed_on():
    """So that calls can be chained."""
    assert result_of(value("2")).raise_for_error().value == "2"


def test_a_lost_execution_tells_how_its_kernel_ended():
    """There is no error of the code then."""
    cause = KernelExitCause.KERNEL_EXIT_CAUSE_OUT_OF_MEMORY
    result = result_of(execution=ended("LOST", kernel_exit=KernelExit(cause=cause)))

    with pytest.raises(ExecutionFailed, match=r"LOST.*OUT_OF_MEMORY") as raised:
        result.raise_for_error()

    assert (raised.value.state, raised.value.ename) == ("LOST", "")
    assert result.error is None


@pytest.mark.parametrize(
    ("state", "step", "words"),
    [
        ("TIMED_OUT", "INTERRUPTED", "since its timeout passed: it was interrupted"),
        ("TIMED_OUT", "KERNEL_RESTARTED", "ignored the interrupt, and its kernel was restarted"),
        ("CANCELLED", "DROPPED", "it was dropped before it began"),
        ("CANCELLED", "INTERRUPTED", "it was interrupted"),
        ("ABORTED", "UNSPECIFIED", "an earlier execution failed: it was not run"),
        ("LOST", "UNSPECIFIED", "the record of how it ended is missing"),
        ("FAILED", "UNSPECIFIED", "its kernel told no error"),
    ],
)
def test_each_ending_is_told_in_words(state, step, words):
    """In a log, the name of a state is not enough to know what happened."""
    result = result_of(execution=ended(state, stop_step=f"STOP_STEP_{step}"))

    with pytest.raises(ExecutionFailed, match=f"^the execution ended as {state}.*{words}$"):
        result.raise_for_error()

    assert words in str(result)


def test_code_that_was_stopped_tells_so_and_keeps_the_kernels_error():
    """Where it was interrupted is worth knowing; 'KeyboardInterrupt: ' alone says nothing."""
    interrupted = {"ename": "KeyboardInterrupt", "evalue": "", "traceback": ["line 7"]}
    execution = ended("TIMED_OUT", stop_step="STOP_STEP_INTERRUPTED")
    result = result_of(error(**interrupted), execution=execution)

    with pytest.raises(ExecutionFailed, match="timeout passed") as raised:
        result.raise_for_error()

    assert (raised.value.ename, raised.value.traceback) == ("KeyboardInterrupt", ("line 7",))
    assert raised.value.__notes__ == ["line 7"]
    assert str(result).splitlines() == ["line 7", raised.value.evalue]


def test_code_with_more_output_than_its_limit_tells_so():
    """It was interrupted at the limit, and nobody has cancelled it."""
    execution = ended("CANCELLED", stop_step="STOP_STEP_INTERRUPTED")
    result = result_of(stream("a\n"), gap(3, "OUTPUT_LIMIT"), execution=execution)

    with pytest.raises(ExecutionFailed, match="more output than its limit: it was interrupted"):
        result.raise_for_error()


def test_a_long_error_is_whole():
    """The execution's copy is cut, and has no traceback if that is long."""
    whole = {"evalue": "x" * 1000, "traceback": ["frame"] * 1000}
    cut = error_output(evalue="x" * 10, traceback=[])

    result = result_of(error(**whole), execution=ended("FAILED", error=cut))

    assert (result.error.evalue, len(result.error.traceback)) == ("x" * 1000, 1000)


def test_an_error_that_was_only_shown_is_not_the_one_that_was_raised():
    """A console shows an error that the code has handled."""
    shown = error(ename="KeyError", evalue="'a'")

    result = result_of(shown, execution=ended("FAILED", error=error_output()))

    assert result.error.ename == "ZeroDivisionError"


@pytest.mark.parametrize("state", ["CANCELLED", "TIMED_OUT", "ABORTED"])
def test_what_did_not_run_to_its_end_did_not_succeed(state):
    """Whatever it said until then."""
    result = result_of(stream("a\n"), execution=ended(state))

    with pytest.raises(ExecutionFailed, match=state):
        result.raise_for_error()


def test_gaps_stay_visible():
    """A result never pretends to be complete."""
    result = result_of(stream("a\n"), gap(12), stream("b\n"))

    assert [(lost.missing_count, lost.reason) for lost in result.gaps] == [(12, "TRIMMED")]
    assert "12 messages" in str(result)


def test_a_stream_that_ends_early_is_no_result():
    """The end is told by an event, not by silence."""
    with pytest.raises(JupyterSessionsError, match="before the execution had finished"):
        ResultCollector().result()


async def test_a_handle_collects_the_events(client, fake):
    """The common case: run, wait, look."""
    fake.says["1 + 1"] = [stream("hello\n"), value("2")]

    async with client.open_session("a.ipynb") as session:
        result = await session.execute("1 + 1", silent=False)

    assert (result.stdout, result.value) == ("hello\n", "2")
    assert result.execution.execution_id == "e1"
