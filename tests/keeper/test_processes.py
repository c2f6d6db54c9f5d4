"""Handles of processes, by pidfd and by polling."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_sessions_server.keeper.processes import (
    Identity,
    Process,
    ProcessGone,
    child,
    identify,
    signal_group,
    start_time_by_ps,
)
from tests.keeper.kernel_parts import is_alive
from tests.waiting import until

Popen = subprocess.Popen[bytes]


@pytest.fixture(params=[False, True], ids=["pidfd", "polling"])
def polling(request: pytest.FixtureRequest) -> bool:
    """Both ways to see an end."""
    return bool(request.param)


def run(script: str) -> Popen:
    """A shell that leads a group of its own."""
    return subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True)


@pytest.fixture
def started() -> Iterator[Popen]:
    """A process that leads a group of its own."""
    with run("exec sleep 1000") as process:
        yield process
        process.kill()


@pytest.fixture
async def handle(started: Popen, polling: bool) -> AsyncIterator[Process]:
    """A handle for it as our child."""
    process = child(started, polling=polling)
    yield process
    process.signal_group(signal.SIGKILL)
    process.release()


async def test_a_child_tells_its_signal(handle: Process) -> None:
    """A crash is seen as what it was."""
    handle.signal_group(signal.SIGTERM)

    assert await handle.wait() == -signal.SIGTERM


async def test_a_child_tells_its_exit_code(polling: bool) -> None:
    """The same for an end by itself."""
    process = child(run("exit 7"), polling=polling)

    assert await process.wait() == 7

    process.release()


async def test_a_child_keeps_its_number_until_it_is_released(handle: Process) -> None:
    """Else the group that is killed afterwards could be another process's."""
    handle.signal_group(signal.SIGTERM)
    await handle.wait()

    assert identify(handle.pid) == handle.identity

    handle.release()
    with pytest.raises(ProcessGone):
        identify(handle.pid)


async def test_several_may_wait(handle: Process) -> None:
    """A stop and the watch over the process wait for the same end."""
    waiting = [asyncio.ensure_future(handle.wait()) for _ in range(3)]
    await asyncio.sleep(0)

    handle.signal_group(signal.SIGKILL)

    assert await asyncio.gather(*waiting) == [-signal.SIGKILL] * 3


async def test_the_end_of_a_process_that_is_no_child_is_seen(polling: bool) -> None:
    """A kernel that an earlier keeper started is watched like any other; its code is not known."""
    shell = ["sh", "-c", "sleep 1000 >&2 & echo $!"]
    told = subprocess.run(shell, stdout=subprocess.PIPE, start_new_session=True)  # noqa: ASYNC221
    process = Process.open(int(told.stdout), polling=polling)

    process.signal(signal.SIGKILL)

    assert await process.wait() is None
    process.release()


async def test_a_parent_that_knows_is_asked_for_the_code(started: Popen) -> None:
    """A zygote reaps its kernels, and tells."""

    async def told_by_parent() -> int | None:
        return 5

    process = Process.open(started.pid, told_by_parent)
    process.signal_group(signal.SIGKILL)

    assert await process.wait() == 5
    process.release()


async def test_a_later_process_of_the_same_number_is_not_found(
    started: Popen, polling: bool
) -> None:
    """Numbers are used again: a stranger must not be taken for a kernel, nor be killed."""
    earlier = replace(identify(started.pid), start_time="1")

    with pytest.raises(ProcessGone):
        Process.find(earlier, polling=polling)
    signal_group(earlier, signal.SIGKILL)

    assert is_alive(started.pid)


async def test_a_process_of_an_earlier_boot_is_not_found(started: Popen) -> None:
    """After a restart of the machine all numbers and times begin again."""
    earlier = replace(identify(started.pid), boot_id="another")

    with pytest.raises(ProcessGone):
        Process.find(earlier)
    signal_group(earlier, signal.SIGKILL)

    assert is_alive(started.pid)


def left_behind() -> tuple[Identity, int]:
    """A leader that has ended and was reaped, and the worker that it left in its group."""
    with subprocess.Popen(
        ["/bin/sh", "-c", "sleep 1000 >&2 & echo $!; read line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as leader:
        assert leader.stdout is not None
        return identify(leader.pid), int(leader.stdout.readline())


async def test_what_a_dead_leader_left_behind_gets_the_signal() -> None:
    """Workers live on when the kernel is gone and reaped."""
    leader, worker = left_behind()

    signal_group(leader, signal.SIGKILL)

    await until(lambda: not is_alive(worker))


async def test_a_group_of_this_boot_is_not_that_of_an_earlier_one() -> None:
    """Groups, too, have numbers that begin again."""
    leader, worker = left_behind()

    signal_group(replace(leader, boot_id="another"), signal.SIGSTOP)

    assert Path(f"/proc/{worker}/stat").read_text().split()[2] != "T"  # noqa: ASYNC240
    signal_group(leader, signal.SIGKILL)


async def test_nothing_is_opened_for_a_process_that_is_gone(polling: bool) -> None:
    """Adopting what has ended meanwhile must not hang."""
    with run("true") as process:
        pass

    with pytest.raises(ProcessGone):
        Process.open(process.pid, polling=polling)


def test_systems_without_proc_are_asked_for_start_times_by_ps() -> None:
    """There, too, a process must be known from a later one."""
    mine = start_time_by_ps(os.getpid())

    assert mine == start_time_by_ps(os.getpid())
    assert mine.count(":") == 2
    with pytest.raises(ProcessGone):
        start_time_by_ps(2**22 + 1)
