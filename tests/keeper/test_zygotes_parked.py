"""Parked kernels: forked ahead, and handed over to the first who needs one like them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper.kept_tasks import kept_tasks
from jupyter_sessions_server.keeper.zygotes import Zygotes
from tests.keeper.forking import IPYKERNEL, Forked, Forks, open_forks
from tests.keeper.test_zygotes_lifetime import hang_up, has_ended
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def forks(tmp_path: Path) -> AsyncIterator[Forks]:
    """Zygotes of the test's own, which park as soon as they may."""
    async with open_forks(tmp_path / "r", refill_seconds=0) as forks:
        yield forks


async def park(forks: Forks, count: int) -> list[int]:
    """Have so many, and wait until they are."""
    forks.zygotes.prepare(IPYKERNEL, str(forks.run_dir), forks.env(), count)
    return await forks.until_parked(count)


async def test_a_parked_kernel_is_handed_over(forks: Forks) -> None:
    """It is the kernel of the launch from then on, with its folder, key and journal."""
    pids = await park(forks, 1)

    kernel = await forks.fork()

    assert kernel.process.pid == pids[0]
    assert await kernel.talk.run("6 * 7") == "42"


async def test_how_a_kernel_ended_that_was_handed_over_is_told(forks: Forks) -> None:
    """It is a kernel like all others."""
    await park(forks, 1)
    kernel = await forks.fork()

    kernel.talk.execute("import os; os._exit(3)")

    assert await kernel.process.wait() == 3


async def test_no_parked_kernel_is_handed_over_twice(forks: Forks) -> None:
    """Also if two ask at the same time."""
    pids = await park(forks, 2)

    kernels = await asyncio.gather(*(forks.fork(pool=0) for _ in range(4)))

    assert len({each.process.pid for each in kernels}) == 4
    assert set(pids) < {each.process.pid for each in kernels}


async def test_the_pool_is_filled_again(forks: Forks) -> None:
    """Up to what the last launch says."""
    await park(forks, 1)

    await forks.fork(pool=2)

    await until(lambda: len(forks.parked()) == 2)


async def test_a_smaller_pool_ends_what_is_too_much(forks: Forks) -> None:
    """Each takes memory."""
    pids = await park(forks, 2)

    await forks.fork(pool=0)

    await until(lambda: any(has_ended(pid) for pid in pids))
    assert forks.parked() == []


@pytest.mark.parametrize(
    "env", [{"IPYTHONDIR": "/dev/null/x"}, {"MPLBACKEND": "agg"}, {"XDG_CONFIG_HOME": "/x"}]
)
async def test_a_kernel_that_reads_other_variables_is_forked_anew(
    forks: Forks, env: dict[str, str]
) -> None:
    """They were read before the point where it is parked."""
    pids = await park(forks, 1)

    kernel = await forks.fork(env=forks.env(**env))

    assert kernel.process.pid not in pids


async def test_other_variables_are_those_of_the_launch(forks: Forks) -> None:
    """Nothing of whom it was parked for is left."""
    await park(forks, 1)
    env = {name: value for name, value in forks.env(NEW="42").items() if name != "PWD"}

    kernel = await forks.fork(env=env)

    shown = await kernel.talk.run("import os; print(os.environ['NEW'], 'PWD' in os.environ)")
    assert shown == "42 False\n"


async def test_the_priority_is_that_of_the_launch(forks: Forks) -> None:
    """Also of the threads that were there before."""
    pids = await park(forks, 1)

    kernel = await forks.fork(nice=7)

    threads = psutil.Process(kernel.process.pid).threads()
    priorities = {os.getpriority(os.PRIO_PROCESS, thread.id) for thread in threads}
    assert kernel.process.pid in pids
    assert priorities == {7}


async def test_a_parked_kernel_that_ended_is_not_handed_over(forks: Forks) -> None:
    """Its folder goes too."""
    pids = await park(forks, 2)
    os.kill(pids[0], signal.SIGKILL)
    await until(lambda: len(forks.parked()) == 1)

    kernel = await forks.fork()

    assert kernel.process.pid == pids[1]
    assert [each.name for each in (forks.run_dir / "p").iterdir()] == [kernel.launch.folder.name]


async def test_a_parked_kernel_that_is_ending_is_not_waited_for(forks: Forks) -> None:
    """Another one is forked, also if the keeper has not heard of the end yet."""
    pids = await park(forks, 1)
    os.kill(pids[0], signal.SIGKILL)

    kernel = await forks.fork()

    assert kernel.process.pid not in pids
    assert await kernel.talk.run("6 * 7") == "42"


async def test_parked_kernels_end_with_their_keeper(forks: Forks) -> None:
    """They are nobody's."""
    pids = await park(forks, 2)

    await hang_up(forks)

    await until(lambda: all(has_ended(pid) for pid in pids))


async def test_parked_kernels_end_with_their_zygote(forks: Forks) -> None:
    """Nobody could hand them over."""
    pids = await park(forks, 1)
    os.kill(psutil.Process(pids[0]).ppid(), signal.SIGKILL)

    await until(lambda: all(has_ended(pid) for pid in pids))

    assert forks.parked() == []


async def test_the_history_begins_when_the_kernel_is_handed_over(forks: Forks) -> None:
    """A kernel that was parked for a day, or for nothing, is not in it."""
    code = "get_ipython().history_manager.session_number"
    first = await forks.fork(pool=1)
    before = int(await first.talk.run(code))
    await until(lambda: forks.parked())

    async def number(kernel: Forked) -> int:
        return int(await kernel.talk.run(code))

    forked = await number(await forks.fork((*IPYKERNEL, "--quiet")))
    handed_over = await number(await forks.fork(pool=0))

    assert [forked, handed_over] == [before + 1, before + 2]


async def test_parked_kernels_end_though_the_next_keeper_is_there_already(forks: Forks) -> None:
    """It does not know of them."""
    pids = await park(forks, 2)
    (link,) = forks.zygotes._links
    zygote = psutil.Process(link.pid)
    zygote.suspend()  # it learns of the end of the one and of the next at the same time
    await hang_up(forks)

    async with kept_tasks() as tasks:
        following = Zygotes(forks.run_dir, tasks)
        opening = asyncio.create_task(following.open())
        await asyncio.sleep(0.1)
        zygote.resume()
        await opening

        await until(lambda: all(map(has_ended, pids)))
        await following.close()
