"""Starting a kernel: what its process is given, what the journal tells, which way is taken."""

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.protocol import ErrorCode, RequestRefused
from tests.keeper.kernel_parts import FakeZygotes, ended, events, exit_of, opened, python, start_of
from tests.waiting import until


@pytest.fixture
async def zygotes() -> FakeZygotes:
    """Zygotes that fork nothing, unless a test lets them."""
    return FakeZygotes()


@pytest.fixture
async def kernels(tmp_path: Path, zygotes: FakeZygotes) -> AsyncIterator[Kernels]:
    """An empty table."""
    async with opened(tmp_path, zygotes) as table:
        yield table


async def test_the_answer_tells_the_connection_that_the_kernel_reads(
    kernels: Kernels, tmp_path: Path
) -> None:
    """The server speaks to the kernel's sockets itself."""
    command = python("import sys; print(open(sys.argv[1]).read())")

    running = await kernels.start(start_of("k", *command, "{connection_file}"))

    read = (await exit_of(tmp_path))["stderr_tail"]
    assert json.loads(read) == running["connection"]
    assert running["connection"]["ip"].startswith(str(tmp_path / "p"))
    assert running["connection"]["ip"].endswith("/s")


async def test_nobody_else_can_read_what_belongs_to_a_start(
    kernels: Kernels, tmp_path: Path
) -> None:
    """The key in the connection file lets one run code as this user."""
    await kernels.start(start_of())

    (folder,) = (tmp_path / "p").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "kernels" / "k.json").stat().st_mode) == 0o600


async def test_the_journal_tells_the_start_before_the_process_runs(
    kernels: Kernels, tmp_path: Path
) -> None:
    """A journal has one writer at a time, and what a kernel says comes after its start."""
    journal = tmp_path / "journals" / "k"

    await kernels.start(start_of("k", *python(f"import os; print(os.listdir({str(journal)!r}))")))

    assert "00000000000000000001.journal" in (await exit_of(tmp_path))["stderr_tail"]
    assert events(tmp_path)[0] == {"event": "started", "mode": "COLD", "cold_reason": ""}


async def test_a_process_leads_a_session_without_terminal_or_input(
    kernels: Kernels, tmp_path: Path
) -> None:
    """It outlives whoever started the keeper, and reads nothing that was not meant for it."""
    code = "import os, sys; print(os.getsid(0) == os.getpid(), repr(sys.stdin.read()))"

    await kernels.start(start_of("k", *python(code)))

    assert (await exit_of(tmp_path))["stderr_tail"] == "True ''\n"


async def test_a_process_has_the_environment_and_folder_it_was_given(
    kernels: Kernels, tmp_path: Path
) -> None:
    """Nothing of the keeper's own reaches a kernel, but that it need not watch its parent."""
    code = "import os; print(os.getcwd(), *sorted(os.environ.items()))"
    env = {"A": "1", "LC_CTYPE": "C.UTF-8"}

    await kernels.start(start_of("k", *python(code), env=env, cwd=str(tmp_path)))

    told = (await exit_of(tmp_path))["stderr_tail"]
    assert told == f"{tmp_path} ('A', '1') ('JPY_PARENT_PID', '1') ('LC_CTYPE', 'C.UTF-8')\n"


async def test_a_process_stands_back_for_others(kernels: Kernels, tmp_path: Path) -> None:
    """A busy kernel should not slow down its neighbours more than its owner wants."""
    await kernels.start(start_of("k", *python("import os; print(os.nice(0))"), nice=7))

    assert (await exit_of(tmp_path))["stderr_tail"] == "7\n"


async def test_a_second_start_of_a_kernel_is_refused(kernels: Kernels) -> None:
    """Two processes would write to one journal."""
    await kernels.start(start_of())

    with pytest.raises(RequestRefused) as refused:
        await kernels.start(start_of())

    assert refused.value.code == ErrorCode.ALREADY_RUNNING


async def test_a_program_that_is_not_there_fails_the_start(
    kernels: Kernels, tmp_path: Path
) -> None:
    """The user sees which program is missing, in the answer and in the journal."""
    with pytest.raises(RequestRefused, match="no-such-program") as refused:
        await kernels.start(start_of("k", "no-such-program"))

    assert refused.value.code == ErrorCode.START_FAILED
    assert events(tmp_path)[-1]["cause"] == "NEVER_READY"
    assert "no-such-program" in events(tmp_path)[-1]["stderr_tail"]
    assert not list((tmp_path / "p").iterdir())
    assert not list((tmp_path / "kernels").iterdir())


async def test_each_start_has_a_folder_of_its_own(kernels: Kernels) -> None:
    """A second kernel on the sockets of a first would be taken for it."""
    first = await kernels.start(start_of())
    await ended(kernels)

    second = await kernels.start(start_of())

    assert first["connection"]["ip"] != second["connection"]["ip"]
    assert second["first_seq"] == first["first_seq"] + 2


async def test_a_warm_start_is_forked(
    kernels: Kernels, zygotes: FakeZygotes, tmp_path: Path
) -> None:
    """It is ready much sooner."""
    zygotes.cannot = None

    running = await kernels.start(start_of(warm=True))

    assert (running["mode"], running["cold_reason"]) == ("WARM", "")
    assert events(tmp_path)[0]["mode"] == "WARM"


async def test_what_cannot_be_forked_is_started_cold(kernels: Kernels) -> None:
    """A slow kernel is better than none; the reason is told."""
    running = await kernels.start(start_of(warm=True))

    assert (running["mode"], running["cold_reason"]) == ("COLD", "no zygote")
    assert not running["recorded"]


async def test_prepare_reaches_the_zygotes(kernels: Kernels, zygotes: FakeZygotes) -> None:
    """The server tells ahead of time which kernels are likely to be wanted."""
    kernels.prepare(start_of("", "a", "b"))

    await until(lambda: zygotes.prepared == [("a", "b")])
