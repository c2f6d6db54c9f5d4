"""run: a notebook's cells in order, what they show in the file, and what the exit code means."""

import base64

import pytest
from events import PNG, display, ended, error, error_output, gap, stream, update, value
from google.protobuf.timestamp_pb2 import Timestamp
from nbformat.v4 import new_markdown_cell
from notebooks import code, read, write

from jupyter_sessions.v1 import executions_pb2 as pb


@pytest.fixture
def path(tmp_path):
    """Where the notebook is."""
    return tmp_path / "a.ipynb"


@pytest.fixture
def codes(fake):
    """The codes that were run, in order."""
    return lambda: [request.code for request in fake.requests["Execute"]]


@pytest.fixture
def fails(fake):
    """Lets a code raise an error."""

    def fails(source):
        fake.says[source] = [error()]
        fake.ends[source] = ended("FAILED", error=error_output())

    return fails


def started(count):
    """The kernel began to run the code."""
    time = Timestamp(seconds=1_700_000_000, nanos=500_000_000)
    return pb.ExecutionEvent(started=pb.ExecutionStarted(execution_count=count), time=time)


async def test_outputs_and_counts_are_written_into_the_notebook(run, fake, path):
    """It looks as if a person had run it."""
    write(path, new_markdown_cell("# A"), code("print(1)"), code("plot()"))
    fake.says["print(1)"] = [started(7), stream("1"), stream("\n")]
    fake.says["plot()"] = [started(8), display("<Figure>", png=PNG), value("2")]

    assert await run("run", str(path)) == (0, f"{path}\n", "")

    _, first, second = read(path).cells
    assert (first.execution_count, second.execution_count) == (7, 8)
    assert first.outputs == [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
    assert second.outputs[0].data["image/png"] == base64.b64encode(PNG).decode()
    assert second.outputs[1].data == {"text/plain": "2"}


async def test_an_update_changes_the_cell_that_displayed(run, fake, path):
    """A later cell may move an earlier one's progress bar."""
    write(path, code("show"), code("move"))
    fake.says["show"] = [display("0 %", display_id="bar")]
    fake.says["move"] = [update("100 %", "bar")]

    await run("run", str(path))

    first, second = read(path).cells
    assert [output.data["text/plain"] for output in first.outputs] == ["100 %"]
    assert second.outputs == []


async def test_times_are_written_as_jupyterlab_does(run, fake, path):
    """Its extensions show how long a cell took."""
    write(path, code("go"))
    fake.says["go"] = [started(1)]
    fake.ends["go"] = ended(finish_time=Timestamp(seconds=1_700_000_002))

    await run("run", str(path))

    [cell] = read(path).cells
    assert cell.metadata.execution == {
        "iopub.execute_input": "2023-11-14T22:13:20.500000Z",
        "shell.execute_reply": "2023-11-14T22:13:22.000000Z",
    }


async def test_a_cell_that_fails_ends_the_run(run, fails, codes, path):
    """Its error is in the notebook and on the terminal, with the number of the cell."""
    write(path, code("1"), code("bad"), code("3", outputs=[], execution_count=9))
    fails("bad")

    exit_code, out, err = await run("run", str(path))

    assert (exit_code, out) == (1, "")
    assert err == (
        "ZeroDivisionError\ndivision by zero\n"
        "jupyter-sessions: cell 2 failed: ZeroDivisionError: division by zero\n"
    )
    assert codes() == ["1", "bad"]
    assert [o.ename for o in read(path).cells[1].outputs] == ["ZeroDivisionError"]
    assert read(path).cells[2].execution_count is None


async def test_errors_can_be_allowed(run, fails, fake, codes, path):
    """For a report that shows what failed."""
    write(path, code("bad"), code("2"))
    fails("bad")

    exit_code, _out, err = await run("run", str(path), "--allow-errors")

    assert (exit_code, err) == (0, "")
    assert codes() == ["bad", "2"]
    assert not fake.requests["Execute"][0].stop_on_error


async def test_a_cell_may_be_meant_to_fail(run, fails, codes, path):
    """Documentation shows errors on purpose."""
    write(path, code("bad", "raises-exception"), code("2"))
    fails("bad")

    exit_code, _out, _err = await run("run", str(path))

    assert (exit_code, codes()) == (0, ["bad", "2"])


async def test_some_cells_are_not_run(run, codes, path):
    """Empty ones, and those with nbclient's tag, which keep what they show."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "kept"}]
    write(path, code(" \n"), code("no", "skip-execution", outputs=shown), code("yes"))

    await run("run", str(path))

    assert codes() == ["yes"]
    assert read(path).cells[1].outputs == shown


async def test_each_cell_has_the_timeout(run, fake, path):
    """The server ends a cell that takes longer; the run ends with it, errors allowed or not."""
    write(path, code("slow"), code("2"))
    fake.says["slow"] = [stream("begun\n")]
    fake.ends["slow"] = ended("TIMED_OUT", stop_step=pb.StopStep.STOP_STEP_KERNEL_RESTARTED)

    exit_code, _out, err = await run("run", str(path), "--timeout", "2.5", "--allow-errors")

    [request] = fake.requests["Execute"]
    assert request.timeout.ToMilliseconds() == 2_500
    assert exit_code == 1
    assert "cell 1 failed: it ran longer than 2.5 s, and was interrupted; it went on" in err
    assert read(path).cells[0].outputs[0].text == "begun\n"


async def test_a_kernel_that_ends_is_told(run, fake, path):
    """It is no error of the code, or not for sure."""
    write(path, code("crash"))
    fake.ends["crash"] = ended("LOST")

    exit_code, _out, err = await run("run", str(path))

    assert exit_code == 1
    assert err.startswith("jupyter-sessions: cell 1 failed: the execution ended as LOST")


async def test_missing_outputs_are_told_of(run, fake, path):
    """The notebook itself has no place for that."""
    write(path, code("go"))
    fake.says["go"] = [gap(3)]

    _code, _out, err = await run("run", str(path))

    assert err == "jupyter-sessions: cell 1: 3 messages of the kernel are missing here (TRIMMED)\n"
