"""complete, inspect, history: what a session's kernel knows, from the command line."""

import json

import grpc
import pytest

from jupyter_sessions.v1 import executions_pb2 as pb


@pytest.fixture(autouse=True)
def _session(fake):
    """There is a session."""
    fake.add_session("a.ipynb")


async def test_complete_prints_a_suggestion_per_line(run, fake):
    """For a shell's own completion, say."""
    assert await run("complete", "a.ipynb", "time.sl") == (0, "sleep\nsleepy\n", "")
    assert fake.requests["Complete"] == [pb.CompleteRequest(session_id="s0", code="time.sl")]


async def test_inspect_prints_text_without_colours(run, fake):
    """It may go to a file."""
    assert await run("inspect", "a.ipynb", "sleep") == (0, "Docstring: Sleep.\n", "")


async def test_inspect_asks_for_the_source(run, fake):
    """If it is wanted."""
    await run("inspect", "a.ipynb", "sleep", "--source")

    assert fake.requests["Inspect"][0].detail == pb.INSPECT_DETAIL_SOURCE


async def test_inspect_finds_nothing(run):
    """A script can tell by the exit code."""
    code, out, err = await run("inspect", "a.ipynb", "nothing")

    assert (code, out) == (1, "")
    assert err == "jupyter-sessions: nothing is known of 'nothing'\n"


async def test_history_prints_code_that_can_be_run_again(run, fake):
    """Outputs, if there are any, are comments."""
    assert await run("history", "a.ipynb", "-n", "3", "--output") == (0, "x = 1\nx\n# 1\n", "")
    assert fake.requests["History"] == [
        pb.HistoryRequest(session_id="s0", tail_count=3, raw=True, output=True)
    ]


async def test_history_is_searched(run, fake):
    """For what one half remembers."""
    await run("history", "a.ipynb", "--search", "x*")

    assert fake.requests["History"][0].search == pb.HistorySearch(pattern="x*", count=20)


async def test_history_for_programs_is_an_array(run):
    """With the contract's field names."""
    _code, out, _err = await run("history", "a.ipynb", "--json")

    assert json.loads(out)[1] == {"history_session": 7, "line": 2, "input": "x", "output": "1"}


async def test_a_busy_kernel_says_how_to_stop_what_it_runs(run, fake):
    """The server runs, and the advice is not to start one."""
    fake.fail_next("Complete", grpc.StatusCode.UNAVAILABLE, "KERNEL_BUSY", {"kernel_id": "k0"})

    code, out, err = await run("complete", "a.ipynb", "x")

    assert (code, out) == (2, "")
    assert err.endswith("stop what it runs: jupyter sessions interrupt a.ipynb\n")
