"""How the end of a recorded kernel is told, and that nothing of it is left."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper.recorded_process import RecordedProcess
from tests.keeper.recorded_kernel import TINY, recorded, spec_of
from tests.waiting import until


def is_gone(pid: int) -> bool:
    """Whether there is no such process; a zombie nobody reaps does nothing any more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_an_exit_is_told_with_its_code_and_the_last_words() -> None:
    """They say why, where nobody was there to see it."""
    with recorded(TINY) as kernel:
        kernel.ask("exit 3")

        assert await kernel.exit() == {
            "event": "exited",
            "cause": "EXITED",
            "exit_code": 3,
            "signal": None,
            "stderr_tail": "last words\n",
        }
        assert kernel.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
async def test_a_kernel_that_was_killed_is_told_with_its_signal(number: signal.Signals) -> None:
    """Who looks for the reason of a crash wants to know it was one."""
    with recorded(TINY) as kernel:
        kernel.ask("hang")

        os.kill(kernel.pid, number)

        exited = await kernel.exit()
        assert (exited["cause"], exited["signal"]) == ("SIGNALED", number)
        assert exited["exit_code"] is None


async def test_the_cause_that_was_written_before_counts() -> None:
    """A kernel that was told to end did not crash, whatever its signal."""
    with recorded(TINY) as kernel:
        (kernel.folder / "cause").write_text("CULLED")
        os.killpg(kernel.pid, signal.SIGKILL)

        exited = await kernel.exit()

        assert (exited["cause"], exited["signal"]) == ("CULLED", signal.SIGKILL)


async def test_what_was_sent_just_before_the_end_comes_before_it() -> None:
    """When a recorder hears of the end, a kernel's last outputs may still be on their way."""
    with recorded(TINY) as kernel:
        kernel.ask("last_words 100")
        await kernel.message("waiting")
        kernel.process.send_signal(signal.SIGSTOP)
        (kernel.folder / "go").touch()
        await until(lambda: is_gone(kernel.pid))

        kernel.process.send_signal(signal.SIGCONT)

        await kernel.exit()
        assert len(kernel.messages("stream")) == 100


async def test_the_children_of_a_kernel_end_with_it() -> None:
    """They would go on computing for nobody."""
    with recorded(TINY) as kernel:
        kernel.ask("child")
        child = (await kernel.message("execute_reply")).content["pid"]

        os.kill(kernel.pid, signal.SIGKILL)

        await kernel.exit()
        await until(lambda: is_gone(child))


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
async def test_a_kernel_ends_with_its_recorder() -> None:
    """Nobody would write down what it says, and nobody would reap it."""
    with recorded(TINY) as kernel:
        kernel.ask("hang")

        kernel.process.kill()

        await until(lambda: is_gone(kernel.pid))


async def test_sigterm_ends_kernel_and_recorder() -> None:
    """A machine that shuts down sends it to every process."""
    with recorded(TINY) as kernel:
        kernel.process.terminate()

        exited = await kernel.exit()

        assert (exited["cause"], exited["signal"]) == ("SIGNALED", signal.SIGKILL)
        assert is_gone(kernel.pid)


async def test_sigint_means_nothing_to_a_recorder() -> None:
    """An interrupt is for the kernel, which has a process group of its own."""
    with recorded(TINY) as kernel:
        kernel.process.send_signal(signal.SIGINT)
        kernel.ask("")

        await kernel.message("execute_reply")

        assert kernel.process.poll() is None


async def test_a_kernel_can_be_interrupted_though_its_recorder_ignores_it() -> None:
    """Ignored signals are inherited: the recorder handles them instead."""
    with recorded(["/bin/sleep", "1000"]) as kernel:
        os.killpg(kernel.pid, signal.SIGINT)

        assert (await kernel.exit())["signal"] == signal.SIGINT


@pytest.mark.parametrize(
    ("argv", "text"), [(["/no/such/program"], "/no/such/program"), (["/"], "Permission denied")]
)
async def test_a_program_that_cannot_be_started_is_told(argv: list[str], text: str) -> None:
    """Who asked for the kernel reads it, so it names what is missing."""
    with recorded(argv) as kernel:
        kernel.process.wait()

        assert text in kernel.answer["error"]
        assert kernel.read() == []
        assert [file.name for file in kernel.folder.iterdir() if file.is_socket()] == []


async def test_a_kernel_whose_sockets_cannot_be_made_is_killed() -> None:
    """A kernel that runs and cannot be reached is worse than none."""
    with recorded(["/bin/sleep", "1000"], requests="/no/such/folder/requests") as kernel:
        kernel.process.wait()

        assert "error" in kernel.answer
        assert not processes_in(kernel.folder)


def processes_in(folder: Path) -> list[int]:
    """The processes that work in this folder."""
    return [p.pid for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(folder)]


async def test_the_end_is_seen_where_the_system_cannot_look_without_reaping(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Python has no waitid on macOS before 3.13."""
    monkeypatch.delattr(os, "waitid")
    process = RecordedProcess.start(spec_of(tmp_path, ["/bin/sleep", "1000"]))
    assert not process.ended()

    process.kill()

    await until(process.ended)
    assert process.reap() == -signal.SIGKILL


async def test_the_end_is_told_though_somebody_goes_on_asking() -> None:
    """Nobody hears that any more."""
    with recorded(TINY) as kernel:
        kernel.ask("facts")
        await kernel.message("execute_reply")
        os.kill(kernel.pid, signal.SIGKILL)

        async with asyncio.timeout(10):
            while kernel.process.poll() is None:
                kernel.ask("facts")
                await asyncio.sleep(0.005)

        assert (await kernel.exit())["signal"] == signal.SIGKILL
