"""What a new keeper makes of an earlier one's state files."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_sessions_server.journal import Limits
from jupyter_sessions_server.keeper import journal_ends
from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.processes import Identity, identify
from jupyter_sessions_server.keeper.protocol import ErrorCode, Mode, RequestRefused, RunningKernel
from jupyter_sessions_server.keeper.state_files import KernelState, StateFiles
from tests.keeper.kernel_parts import FakeZygotes, events, exit_of, is_alive, opened, start_of
from tests.waiting import until


@pytest.fixture
async def zygotes() -> FakeZygotes:
    """Zygotes that tell what a test lets them."""
    return FakeZygotes()


@pytest.fixture
async def kernels(tmp_path: Path, zygotes: FakeZygotes) -> AsyncIterator[Kernels]:
    """A table that has adopted nothing yet."""
    async with opened(tmp_path, zygotes) as table:
        yield table


@pytest.fixture
def left(tmp_path: Path) -> Iterator["Left"]:
    """What an earlier keeper has left."""
    with contextlib.ExitStack() as stack:
        yield Left(tmp_path, stack)


class Left:
    """A kernel whose keeper has gone."""

    def __init__(self, run_dir: Path, stack: contextlib.ExitStack) -> None:
        self.states = StateFiles(run_dir / "kernels")
        self.folder = run_dir / "p" / "0a0a0a0a"
        self.folder.mkdir(parents=True)
        self.journal = run_dir / "journals" / "k"
        self._stack = stack
        journal_ends.append_started(self.journal, Limits(), Mode.WARM, "")

    def process(self, *argv: str) -> "subprocess.Popen[bytes]":
        """A process that leads a group."""
        command = argv or ("/bin/sleep", "1000")
        process = self._stack.enter_context(subprocess.Popen(command, start_new_session=True))
        self._stack.callback(process.kill)
        return process

    def state(self, process: Identity | None) -> KernelState:
        """A state with this process."""
        kernel = RunningKernel(
            kernel_id="k",
            pid=0 if process is None else process.pid,
            mode=Mode.WARM,
            cold_reason="",
            recorded=False,
            connection={},
            requests=None,
            interrupt_by_message=True,
            first_seq=1,
            started_ms=1,
        )
        return KernelState(kernel, self.folder, process, None, False, Limits(), 0)


async def test_what_lives_is_adopted_as_it_was(kernels: Kernels, left: Left) -> None:
    """A server finds its kernels again, with all that it needs to speak to them."""
    state = left.state(identify(left.process().pid))
    left.states.write(state)

    await kernels.adopt()

    assert kernels.running() == [state.kernel]


async def test_a_number_that_is_another_process_now_is_not_adopted(
    kernels: Kernels, left: Left, tmp_path: Path
) -> None:
    """After a while the system gives a dead kernel's number to a stranger."""
    stranger = left.process()
    left.states.write(left.state(replace(identify(stranger.pid), start_time="1")))

    await kernels.adopt()

    assert not kernels.running()
    assert is_alive(stranger.pid)
    assert events(tmp_path)[-1]["cause"] == "LOST"
    assert not list((tmp_path / "p").iterdir())
    assert not list((tmp_path / "kernels").iterdir())


async def test_an_end_that_was_told_is_not_told_twice(
    kernels: Kernels, left: Left, tmp_path: Path
) -> None:
    """The earlier keeper may have ended between its last two steps."""
    left.states.write(left.state(Identity(2**22 + 1, "1", "")))
    event = journal_ends.never_ready(Exception("told before"))
    journal_ends.store_exited(left.journal, Limits(), event, first_seq=1)

    await kernels.adopt()

    assert [event["event"] for event in events(tmp_path)] == ["started", "exited"]
    assert events(tmp_path)[-1]["stderr_tail"] == "told before"


async def test_a_cause_that_was_noted_counts(kernels: Kernels, left: Left, tmp_path: Path) -> None:
    """The earlier keeper was ending the kernel when it ended itself."""
    left.states.write(left.state(Identity(2**22 + 1, "1", "")))
    (left.folder / "cause").write_text("CULLED")

    await kernels.adopt()

    assert events(tmp_path)[-1]["cause"] == "CULLED"


async def test_a_zygote_that_lives_tells_how_its_kernel_ended(
    kernels: Kernels, zygotes: FakeZygotes, left: Left, tmp_path: Path
) -> None:
    """It is still the parent, whatever became of the keeper."""
    process = left.process()
    left.states.write(left.state(identify(process.pid)))
    zygotes.exit_codes[process.pid] = 4
    await kernels.adopt()

    process.kill()

    assert (await exit_of(tmp_path))["exit_code"] == 4


async def test_a_kernel_that_the_system_killed_for_memory_is_told_as_such(
    kernels: Kernels, zygotes: FakeZygotes, left: Left, tmp_path: Path
) -> None:
    """The user has to know that the data were too large, not that something crashed."""
    process = left.process()
    left.states.write(replace(left.state(identify(process.pid)), oom_kills=-1))
    zygotes.exit_codes[process.pid] = -signal.SIGKILL
    await kernels.adopt()

    process.kill()

    assert (await exit_of(tmp_path))["cause"] == "OUT_OF_MEMORY"


async def test_a_kill_that_was_asked_for_is_no_lack_of_memory(
    kernels: Kernels, zygotes: FakeZygotes, left: Left, tmp_path: Path
) -> None:
    """The system may have killed something else meanwhile."""
    process = left.process()
    left.states.write(replace(left.state(identify(process.pid)), oom_kills=-1))
    zygotes.exit_codes[process.pid] = -signal.SIGKILL
    await kernels.adopt()

    kernels.signal("k", signal.SIGKILL)

    assert (await exit_of(tmp_path))["cause"] == "SIGNALED"


async def test_a_process_that_was_not_yet_noted_is_ended(
    kernels: Kernels, left: Left, tmp_path: Path
) -> None:
    """The keeper ended in the middle of a start: no server knows the kernel to end it."""
    process = left.process("/bin/sh", "-c", "sleep 1000; true", str(left.folder))
    # For a moment after its start a process has no arguments.
    await until(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes())
    left.states.write(left.state(None))

    await kernels.adopt()

    assert not is_alive(process.pid)
    assert events(tmp_path)[-1]["cause"] == "LOST"
    assert not left.folder.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 1, "kernel": 5}', '{"version": 1e9}']
)
async def test_a_state_that_cannot_be_read_is_left(
    kernels: Kernels, left: Left, tmp_path: Path, content: str
) -> None:
    """Its kernel may live; a person can look, and a newer keeper may know more."""
    file = tmp_path / "kernels" / "k.json"
    file.write_text(content)

    await kernels.adopt()

    assert file.read_text() == content
    assert left.folder.exists()
    assert not kernels.running()


async def test_a_kernel_of_a_newer_keeper_is_not_started_again(
    kernels: Kernels, tmp_path: Path
) -> None:
    """Two processes would write to one journal."""
    (tmp_path / "kernels" / "k.json").write_text(json.dumps({"version": 1000}))

    with pytest.raises(RequestRefused, match="newer keeper") as refused:
        await kernels.start(start_of())

    assert refused.value.code == ErrorCode.ALREADY_RUNNING


async def test_folders_that_no_state_knows_are_removed(
    kernels: Kernels, left: Left, tmp_path: Path
) -> None:
    """A keeper that was killed at the wrong moment must not leave keys behind."""
    await kernels.start(start_of())

    kernels.remove_other_folders()

    assert not left.folder.exists()
    assert len(list((tmp_path / "p").iterdir())) == 1


async def test_what_a_dead_kernel_left_behind_is_ended(
    kernels: Kernels, left: Left, tmp_path: Path
) -> None:
    """Its workers would go on for ever."""
    leader = left.process("/bin/sh", "-c", f"sleep 1000 & echo $! > {tmp_path}/worker; read line")
    left.states.write(left.state(identify(leader.pid)))
    await until(lambda: (tmp_path / "worker").exists() and (tmp_path / "worker").read_text())
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()

    await kernels.adopt()

    worker = int((tmp_path / "worker").read_text())
    await until(lambda: not is_alive(worker))
