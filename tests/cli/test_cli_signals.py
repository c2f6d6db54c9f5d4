"""Ctrl-C, SIGTERM and SIGHUP: what a command runs is cancelled, nobody else's code, and it ends."""

import signal

import pytest
from events import ended, error, error_output, stream
from notebooks import code, read, write

from jupyter_sessions.cli.signals import EndingSignals, Signalled
from jupyter_sessions.v1 import executions_pb2 as pb
from tests.waiting import until

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
async def waiting(start, fake):
    """A command whose code waits."""
    fake.add_session("a.ipynb")
    fake.says["wait"] = [stream("begun\n")]
    command = await start("exec", "a.ipynb", "wait")
    await command.stdout.readline()
    return command


@pytest.mark.parametrize("number", STOPPING)
async def test_exec_cancels_its_own_code_alone(waiting, fake, number):
    """The kernel may run somebody else's just now."""
    fake.ends["wait"] = ended("CANCELLED")

    waiting.send_signal(number)

    _out, err = await waiting.communicate()
    assert (waiting.returncode, err) == (128 + number, b"")
    assert [request.execution_id for request in fake.requests["CancelExecution"]] == ["e1"]
    assert fake.requests["InterruptKernel"] == []


async def test_exec_shows_what_cancelled_code_still_says(start, fake):
    """As in a console."""
    fake.add_session("a.ipynb")
    fake.says["wait"] = [error()]
    fake.ends["wait"] = ended("CANCELLED", stop_step=pb.StopStep.STOP_STEP_KERNEL_RESTARTED)
    command = await start("exec", "a.ipynb", "wait")
    await fake.asked["Execute"].wait()

    command.send_signal(signal.SIGINT)

    _out, err = await command.communicate()
    assert err.decode().splitlines() == [
        "ZeroDivisionError",
        "division by zero",
        "jupyter-sessions: the code did not stop when it was interrupted, and its kernel was "
        "restarted",
    ]


async def test_code_that_is_not_yet_taken_on_is_cancelled_when_it_is(start, fake):
    """It would run unseen."""
    fake.add_session("a.ipynb")
    command = await start("exec", "a.ipynb", "queued")
    await fake.asked["Execute, queued"].wait()

    command.send_signal(signal.SIGTERM)
    fake.may_accept.set()

    await command.communicate()
    assert command.returncode == 128 + signal.SIGTERM


async def test_a_second_signal_leaves_the_code_to_itself(waiting, fake):
    """Some code does not listen; the shell is told."""
    fake.hanging.add("CancelExecution")

    waiting.send_signal(signal.SIGINT)
    await fake.asked["CancelExecution"].wait()
    waiting.send_signal(signal.SIGTERM)

    _out, err = await waiting.communicate()
    assert (waiting.returncode, err) == (128 + signal.SIGTERM, b"")
    await fake.hung_up.wait()


async def test_a_terminal_that_is_gone_keeps_nothing_from_its_end(start, fake, tmp_path):
    """With the terminal's window its streams are closed, too."""
    path = write(tmp_path / "a.ipynb", code("first"), code("wait"))
    fake.says["first"] = [stream("done\n")]
    command = await start("run", str(path))
    await until(lambda: len(fake.requests["Execute"]) == 2)
    command.stderr._transport.close()

    command.send_signal(signal.SIGHUP)

    assert await command.wait() == 128 + signal.SIGHUP
    assert read(path).cells[0].outputs[0].text == "done\n"
    assert fake.sessions == {}


async def test_nohup_lets_a_run_go_on(start, fake, tmp_path):
    """Whoever logs out means it to."""
    path = write(tmp_path / "a.ipynb", code("wait"))
    command = await start("run", str(path), within='trap "" HUP; exec "$@"')
    await fake.asked["Execute"].wait()

    command.send_signal(signal.SIGHUP)
    fake.interrupted.set()

    await command.communicate()
    assert command.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_run_cancels_its_cell_saves_and_ends_its_session(start, fake, tmp_path, number):
    """What the cell still says is saved too; no cell is run after it."""
    path = write(tmp_path / "a.ipynb", code("wait"), code("2"))
    fake.says["wait"] = [stream("begun\n")]
    fake.ends["wait"] = ended("CANCELLED", error=error_output())
    command = await start("run", str(path), "--allow-errors")
    await fake.asked["Execute"].wait()

    command.send_signal(number)

    _out, err = await command.communicate()
    assert command.returncode == 128 + number
    assert err == b"jupyter-sessions: interrupted in cell 1\n"
    assert read(path).cells[0].outputs[0].text == "begun\n"
    assert len(fake.requests["Execute"]) == 1
    assert fake.requests["InterruptKernel"] == []
    assert fake.sessions == {}


async def test_a_cell_that_never_ran_leaves_the_notebook_as_it_was(start, fake, tmp_path):
    """It waited behind somebody else's code, and was dropped."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "kept"}]
    path = write(tmp_path / "a.ipynb", code("wait", outputs=shown))
    before = path.read_text()
    fake.ends["wait"] = ended("CANCELLED", stop_step=pb.StopStep.STOP_STEP_DROPPED)
    command = await start("run", str(path))
    await fake.asked["Execute"].wait()

    command.send_signal(signal.SIGINT)

    await command.communicate()
    assert command.returncode == 130
    assert path.read_text() == before


async def test_a_second_signal_saves_and_leaves(start, fake, tmp_path):
    """Some code does not listen."""
    path = write(tmp_path / "a.ipynb", code("first"), code("wait"))
    fake.says["first"] = [stream("done\n")]
    fake.hanging.add("CancelExecution")
    command = await start("run", str(path), "--keep")
    await until(lambda: len(fake.requests["Execute"]) == 2)

    command.send_signal(signal.SIGINT)
    await fake.asked["CancelExecution"].wait()
    command.send_signal(signal.SIGINT)

    _out, err = await command.communicate()
    assert (command.returncode, err) == (130, b"")
    assert read(path).cells[0].outputs[0].text == "done\n"


@pytest.mark.parametrize(
    ("number", "kept"),
    [(signal.SIGINT, []), (signal.SIGTERM, []), (signal.SIGTERM, ["--keep"])],
)
async def test_a_session_whose_kernel_still_starts_is_ended(start, fake, tmp_path, number, kept):
    """A job that was called off leaves nothing behind, unless it was to."""
    path = write(tmp_path / "a.ipynb", code("1"))
    fake.may_start.clear()
    command = await start("run", str(path), *kept)
    await until(lambda: len(fake.requests["CreateSession"]) == 2)

    command.send_signal(number)

    _out, err = await command.communicate()
    assert (command.returncode, err) == (128 + number, b"")
    assert len(fake.sessions) == len(kept)


async def test_a_session_that_is_just_created_is_ended(start, fake, tmp_path):
    """The answer tells which one it is, and is waited for."""
    path = write(tmp_path / "a.ipynb", code("1"))
    fake.may_create.clear()
    command = await start("run", str(path))
    await fake.asked["CreateSession"].wait()

    command.send_signal(signal.SIGTERM)
    fake.may_create.set()

    await command.communicate()
    assert command.returncode == 128 + signal.SIGTERM
    assert fake.sessions == {}


async def test_a_session_that_is_just_ended_is_ended_first(start, fake, tmp_path):
    """It takes a while, and who is tired of waiting does not mean to keep the session."""
    path = write(tmp_path / "a.ipynb", code("1"))
    fake.may_delete.clear()
    command = await start("run", str(path))
    await fake.asked["DeleteSession, begun"].wait()

    command.send_signal(signal.SIGINT)
    fake.may_delete.set()

    await command.communicate()
    assert command.returncode == 130
    assert fake.sessions == {}


async def test_a_run_that_is_killed_loses_one_cell_at_most(start, fake, tmp_path):
    """The machine had no memory left."""
    path = write(tmp_path / "a.ipynb", code("first"), code("wait"))
    fake.says["first"] = [stream("done\n")]
    command = await start("run", str(path))
    await until(lambda: len(fake.requests["Execute"]) == 2)

    command.kill()

    await command.communicate()
    assert read(path).cells[0].outputs[0].text == "done\n"


def test_the_same_hangup_may_be_told_twice():
    """By the terminal and by its shell; the end that has begun is not cut short by that."""
    signals = EndingSignals()
    with pytest.raises(Signalled):
        signals.receive(signal.SIGHUP)

    signals.receive(signal.SIGHUP)

    with pytest.raises(Signalled):
        signals.receive(signal.SIGTERM)


@pytest.mark.parametrize("name", ["stdout", "stderr"])
async def test_when_nobody_reads_its_output_code_is_cancelled(start, fake, name):
    """`exec | head -1` is done with its first line."""
    fake.add_session("a.ipynb")
    fake.says["go"] = [stream("x" * 1_000_000, name)]
    command = await start("exec", "a.ipynb", "go")
    read, other = command.stdout, command.stderr
    if name == "stderr":
        read, other = other, read

    read._transport.close()

    assert await other.read() == b""
    assert await command.wait() == 141
    assert [request.execution_id for request in fake.requests["CancelExecution"]] == ["e1"]
