"""run: which session and kernel a notebook gets, where it is saved, and what Ctrl-C leaves."""

import os
from pathlib import Path

import grpc
import nbformat
import pytest
from events import stream
from notebooks import code, read, write

from tests.waiting import until

pytestmark = pytest.mark.usefixtures("fake")


@pytest.fixture
def path(tmp_path):
    """A notebook of two cells."""
    return write(tmp_path / "a.ipynb", code("1"), code("2"))


async def test_the_session_ends_with_the_run_that_opened_it(run, fake, path):
    """A job leaves nothing behind."""
    await run("run", str(path))

    assert fake.requests["CreateSession"][0].path == str(path)
    assert fake.sessions == {}


async def test_the_session_can_be_kept(run, fake, path):
    """To look at the variables afterwards."""
    await run("run", str(path), "--path", "work/a.ipynb", "--keep")

    assert list(fake.sessions) == ["work/a.ipynb"]


async def test_a_session_that_is_open_is_used_and_stays(run, fake, path):
    """Somebody works with it."""
    session = fake.add_session(str(path))

    _code, _out, err = await run("run", str(path))

    assert (
        err == f"jupyter-sessions: the session {path} is open: its kernel and variables are used\n"
    )
    assert fake.requests["Execute"][0].session_id == session.session_id
    assert list(fake.sessions) == [str(path)]


async def test_the_kernel_is_the_notebooks_unless_told(run, fake, tmp_path):
    """As in a front end."""
    path = write(tmp_path / "a.ipynb", code("1"), kernel="bash")

    await run("run", str(path))
    await run("run", str(path), "--kernel", "python3")

    names = [request.kernel_name for request in fake.requests["CreateSession"]]
    assert names == ["bash", "bash", "python3", "python3"]


async def test_the_notebook_names_the_kernel_it_was_run_with(run, tmp_path):
    """A front end then opens it with the same one."""
    path = write(tmp_path / "a.ipynb", code("1"), kernel=None)

    await run("run", str(path))

    assert read(path).metadata.kernelspec.name == "python3"


async def test_the_notebook_tells_the_kernels_language(run, fake, path):
    """Who shows it colours the code by that, as after a run of nbclient."""
    fake.language_info = {"name": "python", "version": "3.13.1", "file_extension": ".py"}

    await run("run", str(path))

    assert read(path).metadata.language_info == fake.language_info


@pytest.mark.parametrize("told", [None, {"version": "1"}, "python"])
async def test_a_kernel_that_does_not_tell_its_language_is_no_error(run, fake, tmp_path, told):
    """What the notebook said of another kernel's is then gone, for it would mislead."""
    fake.language_info = told
    path = write(tmp_path / "a.ipynb", code("1"), kernel="ir")
    notebook = read(path)
    notebook.metadata.language_info = {"name": "R"}
    nbformat.write(notebook, path)

    assert (await run("run", str(path)))[0] == 0

    assert read(path).metadata.kernelspec.name == "python3"
    assert "language_info" not in read(path).metadata


async def test_the_result_can_be_saved_elsewhere(run, path, tmp_path):
    """The notebook itself stays as it is."""
    before = path.read_text()

    code, out, _err = await run("run", str(path), "--output", str(tmp_path / "out.ipynb"))

    assert (code, out) == (0, f"{tmp_path}/out.ipynb\n")
    assert path.read_text() == before
    assert [cell.source for cell in read(tmp_path / "out.ipynb").cells] == ["1", "2"]


async def test_where_it_cannot_be_saved_it_is_not_run(run, fake, path, tmp_path):
    """Better told now than after hours of work."""
    code, _out, err = await run("run", str(path), "--output", str(tmp_path / "no" / "out.ipynb"))

    assert code == 2
    assert f"could not be saved: {tmp_path}/no is no folder" in err
    assert fake.requests["Execute"] == []


@pytest.mark.parametrize(("make", "kind"), [(Path.mkdir, "a folder"), (os.mkfifo, "a pipe")])
async def test_what_is_no_file_is_not_replaced(run, fake, path, tmp_path, make, kind):
    """It is named, before anything is run."""
    make(tmp_path / "out")

    code, _out, err = await run("run", str(path), "--output", str(tmp_path / "out"))

    assert code == 2
    assert err == f"jupyter-sessions: {tmp_path}/out could not be saved: it is {kind}\n"
    assert fake.requests["CreateSession"] == []


async def test_a_link_to_a_file_is_written_through(run, path, tmp_path):
    """It points to where the results are."""
    write(tmp_path / "results.ipynb")
    (tmp_path / "out.ipynb").symlink_to(tmp_path / "results.ipynb")

    code, _out, _err = await run("run", str(path), "--output", str(tmp_path / "out.ipynb"))

    assert code == 0
    assert [cell.source for cell in read(tmp_path / "results.ipynb").cells] == ["1", "2"]


async def test_each_result_has_a_session_of_its_own(start, fake, tmp_path):
    """One notebook is run with several parameters at once, and their variables do not mix."""
    path = write(tmp_path / "a.ipynb", code("wait"))
    outputs = [tmp_path / "x.ipynb", tmp_path / "y.ipynb"]
    commands = [await start("run", str(path), "--output", str(output)) for output in outputs]
    await until(lambda: len(fake.requests["Execute"]) == 2)

    assert set(fake.sessions) == {str(output) for output in outputs}

    fake.interrupted.set()
    for command in commands:
        assert (await command.communicate())[1] == b""
    assert fake.sessions == {}


async def test_the_sessions_path_can_be_chosen(run, fake, path, tmp_path):
    """Whatever file is written."""
    await run("run", str(path), "--output", str(tmp_path / "b.ipynb"), "--path", "c.ipynb")

    assert {request.path for request in fake.requests["CreateSession"]} == {"c.ipynb"}


async def test_quiet_prints_nothing(run, path):
    """For scripts, which look at the exit code."""
    assert await run("run", str(path), "--quiet") == (0, "", "")


async def test_a_server_that_fails_leaves_what_is_there_so_far(run, fake, path):
    """Hours of work are not thrown away."""
    fake.says["1"] = [stream("done\n")]
    fake.fail_next("Execute, later", grpc.StatusCode.INTERNAL)

    code, _out, err = await run("run", str(path))

    assert (code, read(path).cells[0].outputs[0].text) == (2, "done\n")
    assert err == "jupyter-sessions: cell 1: Execute, later fails\n"


async def test_a_run_that_cannot_begin_changes_nothing(run, fake, tmp_path):
    """What the notebook showed was the result of a run before."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "kept"}]
    path = write(tmp_path / "a.ipynb", code("1", outputs=shown))
    before = path.read_text()
    fake.fail_next("Execute", grpc.StatusCode.INVALID_ARGUMENT)

    code_, _out, err = await run("run", str(path))

    assert (code_, err) == (2, "jupyter-sessions: cell 1: Execute fails\n")
    assert path.read_text() == before


async def test_a_terminal_sees_how_far_it_is(start, path):
    """One line, which goes away in the end."""
    terminal, inside = os.openpty()
    command = await start("run", str(path), stderr=inside)
    os.close(inside)

    await command.communicate()

    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert shown == "\r\x1b[Kcell 1 of 2\r\x1b[Kcell 2 of 2\r\x1b[K"
