"""Why a kernel cannot be forked: then it is started cold, and the reason is told."""

import asyncio
import errno
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper import zygote_link
from jupyter_sessions_server.keeper.launch import CannotFork
from jupyter_sessions_server.keeper.zygote_process import ZygoteTimes
from tests.keeper.forking import IPYKERNEL, Forks, open_forks
from tests.keeper.talking import standard_env
from tests.keeper.test_zygotes_lifetime import has_ended
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def forks(tmp_path: Path) -> AsyncIterator[Forks]:
    """Zygotes of the test's own."""
    async with open_forks(tmp_path / "r") as forks:
        yield forks


def at_start(folder: Path, code: str) -> dict[str, str]:
    """An environment whose interpreters run this code when they start."""
    (folder / "sitecustomize.py").write_text(code)
    return {**standard_env(), "PYTHONPATH": str(folder)}


async def test_kernels_are_cold_where_forking_is_switched_off(tmp_path: Path) -> None:
    """As on macOS, whose libraries do not stand forks."""
    async with open_forks(tmp_path / "r", forking=False) as forks:
        with pytest.raises(CannotFork, match="not forked here"):
            await forks.fork()


async def test_an_interpreter_that_is_not_there(forks: Forks) -> None:
    """The reason names it."""
    with pytest.raises(CannotFork, match="/nowhere/python"):
        await forks.fork(("/nowhere/python", *IPYKERNEL[1:]))


async def test_an_interpreter_without_ipykernel(forks: Forks, tmp_path: Path) -> None:
    """The reason is the import's."""
    env = at_start(tmp_path, "import sys; sys.modules['ipykernel'] = None")

    with pytest.raises(CannotFork, match="ModuleNotFoundError"):
        await forks.fork(env=env)


async def test_an_interpreter_that_ends_at_once(forks: Forks, tmp_path: Path) -> None:
    """The reason is its last line."""
    env = at_start(tmp_path, "import os; os.write(2, b'no licence\\n'); os._exit(1)")

    with pytest.raises(CannotFork, match="its zygote ended: no licence"):
        await forks.fork(env=env)


async def test_an_interpreter_that_hangs_is_killed(tmp_path: Path) -> None:
    """A start must not wait for it."""
    file = tmp_path / "pid"
    code = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"

    async with open_forks(tmp_path / "r", times=ZygoteTimes(start_seconds=2)) as forks:
        with pytest.raises(CannotFork, match="not ready in 2 seconds"):
            await forks.fork(env=at_start(tmp_path, code))

    assert not psutil.pid_exists(int(file.read_text()))


async def test_a_failure_is_not_tried_again_at_once(forks: Forks, tmp_path: Path) -> None:
    """Every start would be as slow as the first."""
    env = at_start(tmp_path, "import os; open('/proc/self/cwd/x') if 0 else os._exit(1)")
    with pytest.raises(CannotFork):
        await forks.fork(env=env)
    (tmp_path / "sitecustomize.py").write_text("")

    with pytest.raises(CannotFork, match="its zygote ended"):
        await forks.fork(env=env)


async def test_imports_that_start_threads(forks: Forks, tmp_path: Path) -> None:
    """A fork has only one of them, and the locks of all."""
    code = (
        "import threading, time; threading.Thread(target=time.sleep, args=[9], daemon=True).start()"
    )

    with pytest.raises(CannotFork, match="its imports started 1 threads"):
        await forks.fork(env=at_start(tmp_path, code))


async def test_the_fifth_interpreter_is_cold_while_four_are_busy(forks: Forks) -> None:
    """Each zygote takes memory."""
    for number in range(4):
        await forks.fork(env=forks.env(OMP_NUM_THREADS=str(number)))

    with pytest.raises(CannotFork, match="4 interpreters have zygotes already"):
        await forks.fork(env=forks.env(OMP_NUM_THREADS="4"))


async def test_a_package_that_was_replaced_needs_a_new_zygote(forks: Forks, tmp_path: Path) -> None:
    """The old one would mix what it has imported with what is imported later."""
    env = forks.env(PYTHONPATH=str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text("version = 1")
    first = await forks.fork(env=env)
    (tmp_path / "sitecustomize.py").write_text("version = 22")

    second = await forks.fork(env=env)

    code = "import sitecustomize; sitecustomize.version"
    shown = [await each.talk.run(code) for each in (first, second)]
    assert shown == ["1", "22"]


async def test_a_zygote_that_was_killed_is_replaced(forks: Forks) -> None:
    """Its kernels live on; how they end then is known to nobody."""
    first = await forks.fork()
    os.kill(psutil.Process(first.process.pid).ppid(), signal.SIGKILL)

    second = await forks.fork()

    assert await first.talk.run("6 * 7") == await second.talk.run("6 * 7") == "42"
    assert await first.end() is None
    assert await second.end() == -signal.SIGKILL


async def test_the_launcher_is_asked_once_whether_it_fits(forks: Forks, tmp_path: Path) -> None:
    """Before a cold start; the answer holds for all of that interpreter and environment."""
    env = at_start(tmp_path, f"open({str(tmp_path / 'asked')!r}, 'a').write('x')")
    launch = forks.launch(env=env)

    problems = [await forks.zygotes.probe(launch) for _ in range(2)]

    assert problems == [None, None]
    assert (tmp_path / "asked").read_text() == "x"


async def test_the_launcher_does_not_fit_where_ipykernel_is_missing(
    forks: Forks, tmp_path: Path
) -> None:
    """Such a kernel is recorded, if it starts at all."""
    env = at_start(tmp_path, "import sys; sys.modules['ipykernel'] = None")

    problem = await forks.zygotes.probe(forks.launch(env=env))

    assert problem is not None
    assert "ipykernel" in problem


async def test_an_interpreter_that_is_not_there_cannot_be_asked(forks: Forks) -> None:
    """The reason names it."""
    launch = forks.launch(("/nowhere/python", *IPYKERNEL[1:]))

    assert "/nowhere/python" in str(await forks.zygotes.probe(launch))


async def test_a_kernel_that_cannot_be_watched_is_not_left_behind(
    forks: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When no descriptor is left for it nobody would ever end it."""
    await (await forks.fork()).end()
    forked = []

    def no_more(pid: int, _flags: int = 0) -> int:
        forked.append(psutil.Process(pid))
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", no_more)
    with pytest.raises(OSError, match="Too many open files"):
        await forks.fork()

    (kernel,) = forked
    await until(lambda: has_ended(kernel.pid))


async def test_a_kernel_is_not_forked_twice_because_its_keeper_was_held_up(
    forks: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was there, and it was too late to wait for it: both are seen at once."""
    await (await forks.fork()).end()
    monkeypatch.setattr(zygote_link, "ANSWER_SECONDS", 0.5)
    forking = asyncio.create_task(forks.fork())
    while not forking.done():
        await asyncio.sleep(0.001)
        time.sleep(1)  # noqa: ASYNC251 - as a process that gets no processor

    kernel = await forking
    (link,) = forks.zygotes._links
    assert (await link.request("status"))["kernels"] == 1
    assert await kernel.talk.run("6 * 7") == "42"


async def test_a_zygote_that_hangs_is_let_go_of(
    forks: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is forked by another one; what the first still forks, late as it is, ends."""
    await (await forks.fork()).end()
    (link,) = forks.zygotes._links
    zygote = psutil.Process(link.pid)
    zygote.suspend()
    with monkeypatch.context() as impatient:
        impatient.setattr(zygote_link, "ANSWER_SECONDS", 0.3)
        forking = asyncio.create_task(forks.fork())
        await until(lambda: link not in forks.zygotes._links)
    kernel = await forking

    zygote.resume()

    assert kernel.process.pid not in [each.pid for each in zygote.children()]
    await until(lambda: not zygote.is_running() or not zygote.children())
