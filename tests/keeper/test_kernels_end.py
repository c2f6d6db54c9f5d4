"""The end of a process: what the journal tells of it, and that nothing is left."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jupyter_sessions_server.journal import JournalWriter
from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.protocol import Cause
from tests.keeper.kernel_parts import (
    FakeZygotes,
    events,
    exit_of,
    is_alive,
    kill,
    opened,
    python,
    start_of,
)
from tests.waiting import until


@pytest.fixture
async def kernels(tmp_path: Path) -> AsyncIterator[Kernels]:
    """An empty table."""
    async with opened(tmp_path, FakeZygotes()) as table:
        yield table


async def test_an_exit_code_is_told(kernels: Kernels, tmp_path: Path) -> None:
    """The user sees whether a kernel ended by itself."""
    await kernels.start(start_of("k", "sh", "-c", "echo why >&2; exit 3"))

    assert await exit_of(tmp_path) == {
        "event": "exited",
        "cause": "EXITED",
        "exit_code": 3,
        "signal": None,
        "stderr_tail": "why\n",
    }


async def test_a_signal_is_told(kernels: Kernels, tmp_path: Path) -> None:
    """A crash in native code is one of these."""
    await kernels.start(start_of("k", "sh", "-c", "kill -SEGV $$"))

    told = await exit_of(tmp_path)
    assert (told["cause"], told["exit_code"], told["signal"]) == ("SIGNALED", None, signal.SIGSEGV)


async def test_only_the_last_whole_lines_of_the_output_are_told(
    kernels: Kernels, tmp_path: Path
) -> None:
    """The reason stands at the end, and a journal must stay small."""
    await kernels.start(start_of("k", *python("for n in range(9999): print(n)")))

    lines = (await exit_of(tmp_path))["stderr_tail"].splitlines()
    assert lines == [str(n) for n in range(9999 - len(lines), 9999)]
    assert 700 < len(lines) < 1000


async def test_what_a_kernel_started_ends_with_it(kernels: Kernels, tmp_path: Path) -> None:
    """Workers of a dead kernel would go on for ever."""
    await kernels.start(start_of("k", "sh", "-c", "sleep 1000 & echo $!"))

    worker = int((await exit_of(tmp_path))["stderr_tail"])
    await until(lambda: not is_alive(worker))


async def test_nothing_is_left_of_a_process_that_ended(kernels: Kernels, tmp_path: Path) -> None:
    """A folder holds a key, and folders must not add up."""
    await kernels.start(start_of("k", "true"))

    await exit_of(tmp_path)
    assert not list((tmp_path / "p").iterdir())
    assert not list((tmp_path / "kernels").iterdir())
    assert not kernels.running()


async def test_a_stopped_kernel_is_dead_when_stop_returns(kernels: Kernels, tmp_path: Path) -> None:
    """Whoever stopped it may start it again at once."""
    running = await kernels.start(start_of())

    await kernels.stop("k", Cause.CULLED, 0)

    assert not is_alive(running["pid"])
    told = await exit_of(tmp_path)
    assert (told["cause"], told["signal"]) == ("CULLED", signal.SIGKILL)


async def test_a_kernel_has_time_to_end_by_itself(kernels: Kernels, tmp_path: Path) -> None:
    """The server has asked it already; it may have files to write."""
    await kernels.start(start_of("k", "sh", "-c", "sleep 0.01; exit 5"))

    await kernels.stop("k", Cause.SHUT_DOWN, 20)

    told = await exit_of(tmp_path)
    assert (told["cause"], told["exit_code"]) == ("SHUT_DOWN", 5)


async def test_a_kernel_that_does_not_end_is_asked_by_signal(
    kernels: Kernels, tmp_path: Path
) -> None:
    """It may be too busy to hear a message."""
    await kernels.start(start_of())

    await kernels.stop("k", Cause.SHUT_DOWN, 0.02)

    assert (await exit_of(tmp_path))["signal"] == signal.SIGTERM


async def test_a_kernel_that_does_not_listen_is_killed(kernels: Kernels, tmp_path: Path) -> None:
    """A stop always ends."""
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    await kernels.start(start_of("k", *python(deaf)))
    (folder,) = (tmp_path / "p").iterdir()
    await until(lambda: (folder / "stderr").read_text())

    await kernels.stop("k", Cause.SHUT_DOWN, 0.02)

    assert (await exit_of(tmp_path))["signal"] == signal.SIGKILL


async def test_the_first_cause_stays(kernels: Kernels, tmp_path: Path) -> None:
    """A kernel that was culled is so, even if the server shuts down meanwhile."""
    await kernels.start(start_of())

    (folder,) = (tmp_path / "p").iterdir()
    (folder / "cause").write_text("CULLED")
    await kernels.stop("k", Cause.SHUT_DOWN, 0)

    assert (await exit_of(tmp_path))["cause"] == "CULLED"


async def test_a_signal_reaches_the_whole_group(kernels: Kernels, tmp_path: Path) -> None:
    """An interrupt is for what the kernel runs, too."""
    code = "import signal, os; os.fork(); signal.signal(2, lambda *_: print('int', flush=True))"
    await kernels.start(start_of("k", *python(f"{code}; print('on', flush=True); signal.pause()")))
    (folder,) = (tmp_path / "p").iterdir()
    await until(lambda: (folder / "stderr").read_text().count("on") == 2)

    kernels.signal("k", signal.SIGINT)

    told = await exit_of(tmp_path)
    assert (told["exit_code"], "int" in told["stderr_tail"]) == (0, True)


async def test_killing_a_kernel_from_outside_is_told_as_such(
    kernels: Kernels, tmp_path: Path
) -> None:
    """Somebody else ended it: it was neither stopped nor out of memory."""
    running = await kernels.start(start_of())

    kill(running["pid"])

    assert (await exit_of(tmp_path))["cause"] == "SIGNALED"


async def test_signals_and_stops_of_nothing_do_nothing(kernels: Kernels) -> None:
    """A kernel may end just before."""
    kernels.signal("k", signal.SIGINT)

    await kernels.stop("k", Cause.CULLED, 0)

    assert os.getpid()


async def test_a_shutdown_ends_all_at_the_same_time(kernels: Kernels, tmp_path: Path) -> None:
    """It may not take longer for more kernels."""
    for number in range(20):
        await kernels.start(start_of(f"k{number}"))

    await kernels.shut_down(10)

    causes = {(await exit_of(tmp_path, f"k{number}"))["cause"] for number in range(20)}
    assert causes == {"SHUT_DOWN"}
    assert len(kernels) == 0


async def test_an_end_that_cannot_be_stored_now_is_stored_later(
    kernels: Kernels, tmp_path: Path
) -> None:
    """It is all that tells the server; a disk may be full for a while."""
    running = await kernels.start(start_of())
    journals = tmp_path / "journals"
    journals.rename(tmp_path / "away")
    journals.touch()
    kill(running["pid"])
    await until(lambda: not kernels.running())

    journals.unlink()
    (tmp_path / "away").rename(journals)

    assert (await exit_of(tmp_path))["signal"] == signal.SIGKILL


async def test_the_end_of_one_of_which_nothing_could_be_stored_is_told(
    kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last that its journal tells is the end of the process before: that is not its own."""
    await kernels.start(start_of("k", "false"))
    await exit_of(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(JournalWriter, "_write", lambda *_: False)
        await kernels.start(start_of("k"))
        stopping = asyncio.create_task(kernels.stop("k", Cause.SHUT_DOWN, 0))
        await asyncio.wait([stopping], timeout=0.2)
        assert not stopping.done()

    await stopping

    told = [each["cause"] for each in events(tmp_path) if each["event"] == "exited"]
    assert told == ["EXITED", "SHUT_DOWN"]
