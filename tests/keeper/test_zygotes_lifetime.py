"""How long zygotes and their kernels live, when keepers come and go."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper.processes import Identity
from jupyter_sessions_server.keeper.zygote_process import ZygoteTimes
from jupyter_sessions_server.keeper.zygotes import Zygotes
from tests.keeper.forking import Forked, Forks, open_forks
from tests.waiting import until

pytestmark = pytest.mark.slow


def zygote_of(kernel: Forked) -> int:
    """The process that a kernel was forked by."""
    return psutil.Process(kernel.process.pid).ppid()


def has_ended(pid: int) -> bool:
    """Whether there is no such process, or a zombie."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def hang_up(forks: Forks) -> None:
    """Lose the connections without a word, as a keeper does that is killed."""
    for link in forks.zygotes._links:
        link.close()
    await until(lambda: not forks.zygotes._links)


async def test_a_kernel_outlives_its_keeper(tmp_path: Path) -> None:
    """And so does the zygote: it is the only one that can tell how the kernel ended."""
    async with open_forks(tmp_path / "r") as forks:
        kernel = await forks.fork()
        zygote = zygote_of(kernel)

        await forks.zygotes.close()
        await until(lambda: not forks.zygotes._links)

        assert await kernel.talk.run("6 * 7") == "42"
        assert not has_ended(zygote)


async def test_a_zygote_without_kernels_ends_when_its_keeper_leaves(tmp_path: Path) -> None:
    """Nothing is left that nobody owns."""
    async with open_forks(tmp_path / "r") as forks:
        kernel = await forks.fork()
        zygote = zygote_of(kernel)
        await kernel.end()

        await forks.zygotes.close()

        await until(lambda: has_ended(zygote))
        assert list((tmp_path / "r" / "z").glob("*.sock")) == []


async def test_a_zygote_waits_for_the_next_keeper(tmp_path: Path) -> None:
    """One that was killed is soon replaced; not for ever."""
    times = ZygoteTimes(linger_seconds=0.5)
    async with open_forks(tmp_path / "r", times=times) as forks:
        kernel = await forks.fork()
        zygote = zygote_of(kernel)
        await hang_up(forks)
        kernel.process.signal_group(signal.SIGKILL)

        lived_on = not has_ended(zygote)
        await until(lambda: has_ended(zygote))

        assert lived_on


async def test_the_next_keeper_forks_by_the_same_zygote(tmp_path: Path) -> None:
    """It is found by its socket."""
    async with open_forks(tmp_path / "r") as before:
        first = await before.fork()
        await hang_up(before)

        async with open_forks(tmp_path / "r") as after:
            second = await after.fork()

            assert zygote_of(first) == zygote_of(second)


async def test_the_next_keeper_learns_how_a_kernel_ended_meanwhile(tmp_path: Path) -> None:
    """The zygote remembers, and tells who asks."""
    async with open_forks(tmp_path / "r") as before:
        kernel = await before.fork()
        identity = kernel.process.identity
        await hang_up(before)
        kernel.talk.execute("import os; os._exit(3)")
        await until(lambda: has_ended(identity.pid))

        async with open_forks(tmp_path / "r") as after:
            stranger = Identity(identity.pid, "0", identity.boot_id)

            assert await after.zygotes.exit_code(identity) == 3
            assert await after.zygotes.exit_code(stranger) is None


async def test_a_kernel_that_runs_on_is_waited_for_by_the_next_keeper(tmp_path: Path) -> None:
    """The same question, asked before the end."""
    async with open_forks(tmp_path / "r") as before:
        kernel = await before.fork()
        await hang_up(before)

        async with open_forks(tmp_path / "r") as after:
            answer = asyncio.ensure_future(after.zygotes.exit_code(kernel.process.identity))
            os.kill(kernel.process.pid, signal.SIGKILL)

            assert await answer == -signal.SIGKILL


async def test_what_a_dead_zygote_left_is_cleared_away(tmp_path: Path) -> None:
    """Its socket answers nobody."""
    async with open_forks(tmp_path / "r") as forks:
        kernel = await forks.fork()
        os.kill(zygote_of(kernel), signal.SIGKILL)
        await until(lambda: not forks.zygotes._links)
        (socket,) = (tmp_path / "r" / "z").glob("*.sock")

        await Zygotes(tmp_path / "r", forks.zygotes._tasks).open()

        assert not socket.exists()


async def test_an_unused_zygote_ends_by_itself(tmp_path: Path) -> None:
    """Not while it has kernels."""
    times = ZygoteTimes(idle_seconds=0.3)
    async with open_forks(tmp_path / "r", times=times) as forks:
        kernel = await forks.fork()
        zygote = zygote_of(kernel)
        await kernel.talk.run("import time; time.sleep(0.5)")
        lived_on = not has_ended(zygote)

        await kernel.end()

        await until(lambda: has_ended(zygote))
        assert lived_on
