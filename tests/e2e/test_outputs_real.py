"""What code says in a real kernel: as it comes, complete, in order, and typed."""

import hashlib
from datetime import UTC

import pytest

from jupyter_sessions import ExecutionState
from jupyter_sessions.outputs import DisplayData, StreamOutput

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def session(client):
    """A session whose kernel the tests of this file share."""
    with client.open_session("a.ipynb") as opened:
        yield opened


def wait_for(file):
    """Code that waits for a file."""
    return f"import os, time\nwhile not os.path.exists({str(file)!r}): time.sleep(0.01)\n"


def test_output_comes_while_the_code_runs(session, tmp_path):
    """I see the progress of a long cell: this one goes on only when its first line has come."""
    go = tmp_path / "go"
    code = f"print('first', flush=True)\n{wait_for(go)}print('second')"

    events = []
    for event in session.stream(code):
        events.append(event)
        if event.stream.text == "first\n":
            go.touch()

    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == ["accepted", "started", "stream", "stream", "finished"]
    times = [event.time.ToDatetime(tzinfo=UTC) for event in events]
    assert times == sorted(times)
    assert times[2] < times[-1]
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))


def test_twenty_thousand_lines_arrive_complete_and_in_order(session):
    """A chatty cell loses nothing."""
    result = session.execute("for i in range(20_000): print(i)")

    assert result.ok
    assert result.gaps == ()
    assert result.stdout == "".join(f"{i}\n" for i in range(20_000))


def test_five_thousand_displays_arrive_complete_and_in_order(session):
    """Nor does one that sends more messages than a socket holds by default."""
    code = "for i in range(5_000): display({'text/plain': str(i)}, raw=True)"

    result = session.execute(code)

    shown = [output.data["text/plain"] for output in result.outputs]
    assert shown == [str(i) for i in range(5_000)]


def test_five_megabytes_arrive_intact(session):
    """A large table or picture is shown as it is."""
    code = """
import hashlib, random
text = random.Random(1).randbytes(2_500_000).hex()
display({"text/plain": text}, raw=True)
hashlib.sha256(text.encode()).hexdigest()
"""
    result = session.execute(code)

    shown = result.outputs[0].data["text/plain"]
    assert len(shown) == 5_000_000
    assert repr(hashlib.sha256(shown.encode()).hexdigest()) == result.value


def test_an_image_comes_as_bytes(session):
    """I store a plot without knowing about base64."""
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    code = f"from IPython.display import Image; Image(data={content!r}, format='png')"

    result = session.execute(code)

    (image,) = result.images
    assert (image.mime_type, image.content) == ("image/png", content)


def test_a_value_comes_in_all_its_representations(session):
    """A dictionary of JSON, and its text."""
    result = session.execute("from IPython.display import JSON; JSON({'a': [1, None]})")

    assert result.data["application/json"] == {"a": [1, None]}
    assert result.value == "<IPython.core.display.JSON object>"


def test_streams_are_told_apart_and_keep_their_order(session):
    """Warnings are not mixed up with results."""
    code = "import sys; print('out'); print('err', file=sys.stderr); print('out again')"

    result = session.execute(code)

    assert (result.stdout, result.stderr) == ("out\nout again\n", "err\n")
    assert all(isinstance(output, StreamOutput) for output in result.outputs)


def test_code_that_raises_is_failed_with_its_error(session):
    """I act on the class of an error, and show its traceback."""
    result = session.execute("def divide(x): return 1 / x\ndivide(0)")

    assert result.state == "FAILED"
    assert (result.error.ename, result.error.evalue) == ("ZeroDivisionError", "division by zero")
    assert any("divide" in line for line in result.error.traceback)


def test_a_display_is_updated_by_its_id(session):
    """A progress bar is one output, not a hundred."""
    code = """
shown = display({"text/plain": "0 %"}, raw=True, display_id="progress")
shown.update({"text/plain": "100 %"}, raw=True)
"""
    events = [event.WhichOneof("event") for event in session.stream(code)]
    result = session.execute(code)

    assert events[2:-1] == ["display_data", "update_display_data"]
    (output,) = result.outputs
    assert isinstance(output, DisplayData)
    assert (output.display_id, output.data) == ("progress", {"text/plain": "100 %"})


def test_cleared_output_is_gone(session):
    """What an animation showed before is not what I see in the end."""
    code = """
from IPython.display import clear_output
print("before")
clear_output()
print("after")
"""
    assert session.execute(code).text == "after\n"


def test_expressions_are_evaluated_after_the_code(session):
    """I get the values I need as values, without printing and parsing."""
    wanted = {"sum": "x + y", "wrong": "x / 0"}

    result = session.execute("x, y = 40, 2", user_expressions=wanted)

    expressions = result.execution.user_expressions
    (part,) = expressions["sum"].value.parts
    assert (part.mime_type, part.text) == ("text/plain", "42")
    assert expressions["wrong"].error.ename == "ZeroDivisionError"


def test_silent_code_does_not_count(session):
    """My tool looks at variables without leaving a trace in the user's notebook."""
    before = session.execute("1").execution_count

    silent = session.execute("hidden = 1; hidden", silent=True)

    assert (silent.state, silent.outputs, silent.execution_count) == ("SUCCEEDED", (), 0)
    assert session.execute("hidden").execution_count == before + 1


@pytest.mark.parametrize(("stop_on_error", "state"), [(True, "ABORTED"), (False, "SUCCEEDED")])
def test_an_error_aborts_what_is_queued_if_asked_to(session, tmp_path, stop_on_error, state):
    """I run all cells: after a failure the rest is not run on wrong data."""
    go = tmp_path / "go"
    failing = iter(session.stream(f"{wait_for(go)}1 / 0", stop_on_error=stop_on_error))
    assert any(event.HasField("started") for event in failing)
    queued = iter(session.stream("1 + 1"))
    assert next(queued).HasField("accepted")
    session.refresh()  # an answer later, the code is with the kernel

    go.touch()
    *_, failed = failing
    *_, ended = queued

    assert failed.finished.execution.state == ExecutionState.EXECUTION_STATE_FAILED
    assert ExecutionState.Name(ended.finished.execution.state).endswith(state)


def test_code_goes_on_when_its_reader_leaves(session, tmp_path):
    """I close my laptop; the computation does not care."""
    go = tmp_path / "go"
    with session.stream(f"{wait_for(go)}done = True") as stream:
        assert any(event.HasField("started") for event in stream)

    go.touch()

    assert session.execute("done").value == "True"


def test_asking_for_input_fails_rather_than_hangs(session):
    """Nobody is there to answer; the cell says so."""
    result = session.execute("input('your name? ')")

    assert result.error.ename == "StdinNotImplementedError"


def test_code_and_output_may_be_any_text(session):
    """Not all of us write ASCII."""
    text = "日本語 🎉 \u0000 \u001b[1m \u2028"

    result = session.execute(f"print({text!r}); 'ü€𝄞'")

    assert result.stdout == f"{text}\n"
    assert result.value == "'ü€𝄞'"
