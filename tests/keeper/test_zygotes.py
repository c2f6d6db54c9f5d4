"""Warm kernels: forked by a zygote, and ended under its eyes."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper.launch import CannotFork, StartFailed
from tests.e2e.processes import open_files
from tests.keeper.forking import ARGV, Forks, open_forks
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def forks(tmp_path: Path) -> AsyncIterator[Forks]:
    """Zygotes of the test's own."""
    async with open_forks(tmp_path / "r") as forks:
        yield forks


async def test_a_forked_kernel_executes(forks: Forks) -> None:
    """Its sockets are those of the connection file, its journal is that of the launch."""
    kernel = await forks.fork()

    assert await kernel.talk.run("6 * 7") == "42"


async def test_kernels_of_one_interpreter_come_from_one_zygote(forks: Forks) -> None:
    """What it has imported is imported once, and shared."""
    first, second = await forks.fork(), await forks.fork()

    parents = [await each.talk.run("import os; os.getppid()") for each in (first, second)]

    assert parents[0] == parents[1]
    assert parents[0] != str(os.getpid())


async def test_a_variable_that_counts_at_the_start_needs_another_zygote(forks: Forks) -> None:
    """It was read when the interpreter started, or when a library was loaded."""
    first = await forks.fork()
    second = await forks.fork(env=forks.env(OMP_NUM_THREADS="1"))

    shown = await second.talk.run("import os; print(os.getppid(), os.environ['OMP_NUM_THREADS'])")

    assert await first.talk.run("import os; os.getppid()") not in shown
    assert shown.endswith(" 1\n")


async def test_the_environment_is_the_launchs_alone(forks: Forks) -> None:
    """The zygote's own is nobody's."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(forks.run_dir), "ANSWER": "42"}
    kernel = await forks.fork(env=environment)

    shown = await kernel.talk.run("import os; print(*sorted(os.environ))")

    assert set(shown.split()) - set(environment) == {
        *("CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "PAGER", "TERM"),  # ipykernel's
        *("JPY_PARENT_PID", "MPLBACKEND", "PYDEVD_USE_FRAME_EVAL"),
    } & set(shown.split())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os._exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    ],
)
async def test_the_zygote_tells_how_a_kernel_ended(forks: Forks, code: str, expected: int) -> None:
    """It is their parent; the keeper is not."""
    kernel = await forks.fork()

    kernel.talk.execute(code)

    assert await kernel.process.wait() == expected


async def test_a_first_error_has_nothing_left_to_import(forks: Forks) -> None:
    """It is shown as quickly as the next: which module is in which file is known, too."""
    kernel = await forks.fork()
    first = "import inspect, sys; names = set(sys.modules); print(len(inspect.modulesbyfile) > 100)"
    files_are_known = await kernel.talk.run(first)

    await kernel.talk.run("1 / 0")

    assert files_are_known == "True\n"
    assert await kernel.talk.run("print(*set(sys.modules) - names)") == "\n"


async def test_a_crash_leaves_its_traceback_in_the_stderr_file(forks: Forks) -> None:
    """As a cold kernel does."""
    kernel = await forks.fork()
    kernel.talk.execute("import ctypes; ctypes.string_at(0)")

    await kernel.process.wait()

    assert "Segmentation fault" in kernel.launch.stderr.read_text()


async def test_what_a_kernel_leaves_in_its_group_is_killed(forks: Forks) -> None:
    """Its own programs end with it, whoever sees its end first."""
    kernel = await forks.fork()
    code = "import subprocess; subprocess.Popen(['sleep', '1000']).pid"
    left = psutil.Process(int(await kernel.talk.run(code)))

    kernel.talk.execute("import os; os._exit(0)")
    await kernel.process.wait()

    await until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE)


async def test_a_missing_working_folder_is_an_error_of_the_start(forks: Forks) -> None:
    """A cold start would fail as well."""
    with pytest.raises(StartFailed, match="No such file or directory: '/nowhere'"):
        await forks.fork(cwd="/nowhere")


async def test_what_is_no_ipykernel_is_not_forked(forks: Forks) -> None:
    """Zygotes know one kind of kernel."""
    with pytest.raises(CannotFork, match="not an ipykernel"):
        await forks.fork(("bash", "-c", "exec kernel -f {connection_file}"))


async def test_arguments_after_the_connection_file_reach_the_kernel(forks: Forks) -> None:
    """A kernelspec may set any option of ipykernel."""
    argv = (*ARGV, "-f", "{connection_file}", "--IPKernelApp.exec_lines=answer=42")
    kernel = await forks.fork(argv)

    assert await kernel.talk.run("answer") == "42"


async def test_kernels_share_no_secret_that_was_drawn_before_they_were_forked(
    forks: Forks, tmp_path: Path
) -> None:
    """One could pretend to be the other's worker."""
    (tmp_path / "sitecustomize.py").write_text("import multiprocessing.process")
    code = "import multiprocessing as m; bytes(m.current_process().authkey)"
    env = forks.env(PYTHONPATH=str(tmp_path))

    keys = [await (await forks.fork(env=env)).talk.run(code) for _ in range(2)]

    assert keys[0] != keys[1]


async def test_kernels_have_nothing_open_that_is_their_zygotes(forks: Forks) -> None:
    """A kernel that held its line to the keeper would keep it from seeing the zygote's end."""
    first, second = await forks.fork(), await forks.fork()
    await first.talk.run("pass")
    await second.talk.run("pass")

    zygote, *kernels = (
        sockets(pid)
        for pid in (
            psutil.Process(first.process.pid).ppid(),
            first.process.pid,
            second.process.pid,
        )
    )

    assert len(zygote) >= 3
    assert all(kernels)
    assert not zygote & kernels[0]
    assert not zygote & kernels[1]
    assert not kernels[0] & kernels[1]


def sockets(pid: int) -> set[str]:
    """The sockets that a process has open."""
    return {name for name in open_files(psutil.Process(pid)) if name.startswith("socket:")}


async def test_a_kernel_is_listed_with_its_own_command(forks: Forks) -> None:
    """Not with its zygote's: people and tools look for its connection file."""
    kernel = await forks.fork()
    await kernel.talk.run("pass")

    shown = psutil.Process(kernel.process.pid).cmdline()

    connection_file = str(kernel.launch.connection_file)
    assert [each for each in shown if each] == [*ARGV, "-f", connection_file]


async def test_twenty_kernels_at_once(forks: Forks) -> None:
    """Each has its own sockets and journal."""
    kernels = [await forks.fork() for _ in range(20)]

    shown = [await each.talk.run("import os; os.getpid()") for each in kernels]

    assert shown == [str(each.process.pid) for each in kernels]
