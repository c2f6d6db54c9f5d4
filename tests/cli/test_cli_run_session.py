"""run: which session and kernel a notebook gets, where it is saved, and what Ctrl-C leaves."""

import os
import signal

import grpc
import pytest
from events import ended, error_output, stream
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

    await run("run", str(path))

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


async def test_quiet_prints_nothing(run, path):
    """For scripts, which look at the exit code."""
    assert await run("run", str(path), "--quiet") == (0, "", "")


async def test_a_server_that_fails_leaves_what_is_there_so_far(run, fake, path):
    """Hours of work are not thrown away."""
    fake.says["1"] = [stream("done\n")]
    fake.fail_next("Execute, later", grpc.StatusCode.INTERNAL)

    code, _out, err = await run("run", str(path))

    assert (code, read(path).cells[0].outputs[0].text) == (2, "done\n")
    assert "Execute, later fails" in err


async def test_ctrl_c_interrupts_the_cell_and_saves(start, fake, tmp_path):
    """What the cell still says is saved too; no cell is run after it."""
    path = write(tmp_path / "a.ipynb", code("wait"), code("2"))
    fake.says["wait"] = [stream("begun\n")]
    fake.ends["wait"] = ended("FAILED", error=error_output())
    command = await start("run", str(path), "--allow-errors")
    await fake.asked["Execute"].wait()

    command.send_signal(signal.SIGINT)

    _out, err = await command.communicate()
    assert command.returncode == 130
    assert err == b"jupyter-sessions: interrupted in cell 1\n"
    assert read(path).cells[0].outputs[0].text == "begun\n"
    assert len(fake.requests["Execute"]) == 1


async def test_a_second_ctrl_c_saves_and_leaves(start, fake, tmp_path):
    """Some code does not listen."""
    path = write(tmp_path / "a.ipynb", code("first"), code("wait"))
    fake.says["first"] = [stream("done\n")]
    fake.hanging.add("InterruptKernel")
    command = await start("run", str(path), "--keep")
    await until(lambda: len(fake.requests["Execute"]) == 2)

    command.send_signal(signal.SIGINT)
    await fake.asked["InterruptKernel"].wait()
    command.send_signal(signal.SIGINT)

    _out, err = await command.communicate()
    assert (command.returncode, err) == (130, b"")
    assert read(path).cells[0].outputs[0].text == "done\n"


async def test_a_terminal_sees_how_far_it_is(start, path):
    """One line, which goes away in the end."""
    terminal, inside = os.openpty()
    command = await start("run", str(path), stderr=inside)
    os.close(inside)

    await command.communicate()

    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert shown == "\r\x1b[Kcell 1 of 2\r\x1b[Kcell 2 of 2\r\x1b[K"
