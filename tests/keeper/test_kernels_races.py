"""Starts and stops of one kernel that meet, and many at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.protocol import Cause, ErrorCode, RequestRefused
from tests.keeper.kernel_parts import FakeZygotes, events, is_alive, opened, start_of
from tests.waiting import until


@pytest.fixture
async def zygotes() -> FakeZygotes:
    """Zygotes that fork, once they may."""
    fake = FakeZygotes()
    fake.cannot = None
    return fake


@pytest.fixture
async def kernels(tmp_path: Path, zygotes: FakeZygotes) -> AsyncIterator[Kernels]:
    """An empty table."""
    async with opened(tmp_path, zygotes) as table:
        yield table


async def test_the_second_of_two_starts_is_refused_while_the_first_is_under_way(
    kernels: Kernels, zygotes: FakeZygotes
) -> None:
    """Two windows open the same notebook."""
    zygotes.may_fork.clear()
    first = asyncio.ensure_future(kernels.start(start_of(warm=True)))
    await until(lambda: len(kernels) == 1)

    with pytest.raises(RequestRefused) as refused:
        await kernels.start(start_of(warm=True))

    assert refused.value.code == ErrorCode.ALREADY_RUNNING
    zygotes.may_fork.set()
    await first


async def test_a_stop_ends_a_kernel_that_is_just_starting(
    kernels: Kernels, zygotes: FakeZygotes, tmp_path: Path
) -> None:
    """A user who changes their mind need not wait, and no kernel is left over."""
    zygotes.may_fork.clear()
    starting = asyncio.ensure_future(kernels.start(start_of(warm=True)))
    await until(lambda: (tmp_path / "kernels" / "k.json").exists())

    stopping = asyncio.ensure_future(kernels.stop("k", Cause.SHUT_DOWN, 0))
    await until(lambda: list((tmp_path / "p").glob("*/cause")))
    zygotes.may_fork.set()

    running = await starting
    await stopping
    assert not is_alive(running["pid"])
    assert events(tmp_path)[-1]["cause"] == "SHUT_DOWN"


async def test_a_kernel_that_is_stopped_before_it_begins_never_does(
    kernels: Kernels, zygotes: FakeZygotes, tmp_path: Path
) -> None:
    """There is no process to end then, and nothing to tell in the journal."""
    zygotes.may_probe.clear()
    starting = asyncio.ensure_future(kernels.start(start_of()))
    await until(lambda: list((tmp_path / "p").glob("*/connection.json")))

    stopping = asyncio.ensure_future(kernels.stop("k", Cause.SHUT_DOWN, 0))
    await until(lambda: list((tmp_path / "p").glob("*/cause")))
    zygotes.may_probe.set()

    with pytest.raises(RequestRefused, match="stopped while it was starting"):
        await starting
    await stopping
    assert not (tmp_path / "journals").exists()


async def test_a_quick_stop_does_not_wait_for_a_slow_one(kernels: Kernels, tmp_path: Path) -> None:
    """Whoever loses patience is not bound by the grace that another gave."""
    await kernels.start(start_of())
    slow = asyncio.ensure_future(kernels.stop("k", Cause.SHUT_DOWN, 1000))
    await until(lambda: list((tmp_path / "p").glob("*/cause")))

    await kernels.stop("k", Cause.CULLED, 0)

    await slow
    assert events(tmp_path)[-1]["cause"] == "SHUT_DOWN"


async def test_a_start_that_is_cancelled_leaves_nothing(
    kernels: Kernels, zygotes: FakeZygotes, tmp_path: Path
) -> None:
    """The keeper may be told to end in the middle of one."""
    zygotes.may_fork.clear()
    starting = asyncio.ensure_future(kernels.start(start_of(warm=True)))
    await until(lambda: (tmp_path / "kernels" / "k.json").exists())

    starting.cancel()
    await asyncio.wait([starting])

    assert len(kernels) == 0
    assert not list((tmp_path / "p").iterdir())
    assert not list((tmp_path / "kernels").iterdir())


async def test_fifty_kernels_start_at_once(kernels: Kernels) -> None:
    """A class opens its notebooks in the same minute."""
    starts = (kernels.start(start_of(f"k{number}")) for number in range(50))

    started = await asyncio.gather(*starts)

    assert len({running["pid"] for running in started}) == 50
    assert len({running["connection"]["key"] for running in started}) == 50
    assert list(kernels.running()) == started


async def test_nothing_starts_once_all_are_being_ended(kernels: Kernels) -> None:
    """A start could otherwise come after the last look for what is to be ended."""
    await kernels.shut_down(0)

    with pytest.raises(RequestRefused) as refused:
        await kernels.start(start_of())

    assert refused.value.code == ErrorCode.SHUTTING_DOWN
