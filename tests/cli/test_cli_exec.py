"""exec: code from the command line, its outputs as they come, and what its exit code means."""

import io
import json
import sys

import grpc
import pytest
from events import (
    PNG,
    clear,
    display,
    ended,
    error,
    error_output,
    gap,
    stream,
    update,
    value,
)

from jupyter_sessions.v1.kernels_pb2 import KernelExit


@pytest.fixture
def says(fake):
    """A session exists, and the code "go" causes these events."""
    fake.add_session("a.ipynb")

    def says(*events, execution=None):
        fake.says["go"] = events
        if execution is not None:
            fake.ends["go"] = execution

    return says


async def test_outputs_go_where_the_code_sent_them(run, says):
    """A shell can redirect them as those of any other program."""
    says(stream("out\n"), stream("err\n", "stderr"), value("2"))

    assert await run("exec", "a.ipynb", "go") == (0, "out\n2\n", "err\n")


async def test_what_is_shown_has_lines_of_its_own(run, says):
    """Written text may end in the middle of a line."""
    says(stream("50 %"), display("<Figure>"), clear(), update("<Figure 2>", "d"), stream("end"))

    _code, out, _err = await run("exec", "a.ipynb", "go")

    assert out == "50 %\n<Figure>\n<Figure 2>\nend"


async def test_code_that_raises_is_1_and_shows_its_traceback(run, says):
    """Without colours, since stderr is no terminal here."""
    says(stream("a"), error(), execution=ended("FAILED", error=error_output()))

    code, out, err = await run("exec", "a.ipynb", "go")

    assert (code, out) == (1, "a\n")
    assert err == "ZeroDivisionError\ndivision by zero\n"


async def test_a_kernel_that_dies_meanwhile_is_2(run, says):
    """That is not the code's own failure, or not for sure."""
    says(execution=ended("LOST", kernel_exit=KernelExit(cause="KERNEL_EXIT_CAUSE_OUT_OF_MEMORY")))

    code, _out, err = await run("exec", "a.ipynb", "go")

    assert code == 2
    assert "ended as LOST, since its kernel ended (OUT_OF_MEMORY)" in err


async def test_a_dead_kernel_can_be_restarted(run, fake, says):
    """The message says how."""
    code = grpc.StatusCode.FAILED_PRECONDITION
    fake.fail_next("Execute", code, "KERNEL_DEAD", {"kernel_id": "k0"})

    assert await run("exec", "a.ipynb", "go") == (
        2,
        "",
        "jupyter-sessions: Execute fails; restart it: jupyter sessions restart a.ipynb\n",
    )


async def test_missing_outputs_are_told(run, says):
    """On stderr, so that stdout holds what the code said and nothing else."""
    says(stream("a\n"), gap(3), stream("b\n"))

    _code, out, err = await run("exec", "a.ipynb", "go")

    assert out == "a\nb\n"
    assert err == "jupyter-sessions: 3 messages of the kernel are missing here (TRIMMED)\n"


async def test_code_can_come_from_standard_input(run, fake, says, monkeypatch):
    """A script need not fit into an argument."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("x = 1\nx\n"))

    await run("exec", "s0", "-")

    [request] = fake.requests["Execute"]
    assert (request.code, request.session_id) == ("x = 1\nx\n", "s0")


@pytest.mark.parametrize("closed", ["<&-", "< /dev/null"])
async def test_standard_input_may_be_closed_or_empty(start, fake, says, closed):
    """The former is told, the latter is code that does nothing."""
    command = await start("exec", "a.ipynb", "-", within=f'exec "$@" {closed}')

    _out, err = await command.communicate()

    told = b"jupyter-sessions: standard input is closed\n"
    assert (command.returncode, err) == ((2, told) if closed == "<&-" else (0, b""))


async def test_standard_input_that_is_no_text_is_told(start, fake, says, monkeypatch):
    """A pipe of two commands has gone wrong; nothing is run."""
    monkeypatch.setenv("PYTHONUTF8", "1")
    command = await start("exec", "a.ipynb", "-")

    _out, err = await command.communicate(b"print('\xff')")

    told = b"jupyter-sessions: standard input is not text in utf-8: invalid start byte\n"
    assert (command.returncode, err) == (2, told)
    assert fake.requests["Execute"] == []


async def test_images_are_written_to_files(run, says, tmp_path):
    """Their paths stand where the images would."""
    says(display("<Figure>", png=PNG), stream("end\n"))

    _code, out, _err = await run("exec", "a.ipynb", "go", "--images", str(tmp_path))

    assert out == f"<Figure>\n{tmp_path}/image-1.png\nend\n"
    assert (tmp_path / "image-1.png").read_bytes() == PNG


async def test_without_a_folder_images_are_left_out(run, says, tmp_path, monkeypatch):
    """Nobody expects files where they did not ask for them."""
    monkeypatch.chdir(tmp_path)
    says(display("<Figure>", png=PNG))

    assert await run("exec", "a.ipynb", "go") == (0, "<Figure>\n", "")
    assert list(tmp_path.iterdir()) == []


async def test_programs_get_each_event_as_a_line_of_json(run, says):
    """As it comes, with the contract's names."""
    says(stream("a\n"))

    code, out, _err = await run("exec", "a.ipynb", "go", "--json")

    accepted, written, finished = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert accepted["accepted"]["execution_id"] == "e1"
    assert written["stream"] == {"name": "stdout", "text": "a\n"}
    assert finished["finished"]["execution"]["state"] == "EXECUTION_STATE_SUCCEEDED"
