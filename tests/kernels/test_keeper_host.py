"""Kernels of a keeper, as the server has them: what lives on, what is left behind, what is told."""

import asyncio
import os
import signal
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.errors import KernelStartFailed
from jupyter_sessions_server.model import Channel, ExitCause, Message, ProcessExited, StartMode
from jupyter_sessions_server.requests import request
from tests.kernels.real_host import K1, TINY, add_kernelspec, launch, open_host, ready
from tests.waiting import until


@pytest.fixture
def folder(monkeypatch):
    """A folder with a short name, and kernelspecs "tiny" and "none", for this test alone."""
    with tempfile.TemporaryDirectory(prefix="host-") as name:
        monkeypatch.setenv("JUPYTER_DATA_DIR", f"{name}/jupyter")
        monkeypatch.setenv("JUPYTER_PATH", "")
        add_kernelspec(Path(name) / "jupyter", "tiny", [*TINY, "{connection_file}"])
        add_kernelspec(Path(name) / "jupyter", "none", ["/no/such/program", "{connection_file}"])
        yield Path(name)


@pytest.fixture
async def host(folder):
    """A host whose keeper ends with it."""
    async with open_host(folder, ephemeral=True) as opened:
        yield opened


@asynccontextmanager
async def lasting_keeper(folder):
    """Ends the keeper of the folder, and its kernels, when the test is over."""
    try:
        yield
    finally:
        async with open_host(folder) as host:
            await host._link.shut_down()


async def end_of(host, kernel_id=K1):
    """The first end of a process that the journal tells."""
    async for batch in host.read(kernel_id, 1):
        for told in batch:
            if isinstance(told, ProcessExited):
                return told.exit
    return None


async def test_a_kernel_is_started_asked_and_ended(host):
    """The whole life of one."""
    started = await host.start(launch())
    await ready(host)
    await host.stop(K1, ExitCause.SHUT_DOWN, grace_seconds=0)

    assert started.mode is StartMode.COLD
    assert (await end_of(host)).cause is ExitCause.SHUT_DOWN
    assert await host.running() == []


async def test_it_can_be_started_again_at_once(host):
    """Its journal goes on: numbers never begin anew."""
    for _ in range(3):
        before = host.next_seq(K1)
        await host.start(launch())
        await ready(host)
        await host.stop(K1, ExitCause.SHUT_DOWN, grace_seconds=0)

        assert host.next_seq(K1) > before


async def test_it_can_be_forgotten_at_once(host, folder):
    """And nothing is left of it on the disk."""
    await host.start(launch())
    await host.stop(K1, ExitCause.SHUT_DOWN, grace_seconds=0)

    await host.forget(K1)

    assert list((folder / "journals").iterdir()) == []
    assert list((folder / "run" / "p").iterdir()) == []
    assert host.next_seq(K1) == 1


async def test_a_program_that_is_not_there_is_told_and_leaves_nothing(host, folder):
    """Whoever made the kernelspec reads what is missing."""
    with pytest.raises(KernelStartFailed, match="/no/such/program"):
        await host.start(launch("none"))

    assert await host.running() == []
    assert not (folder / "journals" / K1).exists()


async def test_a_directory_that_is_not_there_is_told(host):
    """It may have been removed since somebody asked for it."""
    with pytest.raises(KernelStartFailed, match="/no/such/directory"):
        await host.start(launch(cwd="/no/such/directory"))


@pytest.mark.parametrize("turns", [1, 2, 5, 20, 100])
async def test_a_start_that_is_cancelled_leaves_nothing(host, folder, turns):
    """Who hangs up pays for no kernel."""
    starting = asyncio.create_task(host.start(launch()))
    for _ in range(turns):
        await asyncio.sleep(0)
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting

    running = await host.running()
    if starting.cancelled():
        assert running == []
        assert list((folder / "run" / "kernels").iterdir()) == []
        assert list((folder / "journals").glob("*")) == []
    else:
        assert running == [K1]


async def test_kernels_outlive_the_host(folder):
    """The server is upgraded, and finds them as they were."""
    async with lasting_keeper(folder):
        async with open_host(folder) as host:
            await host.start(launch())
            await ready(host)
            seq = host.next_seq(K1)

        async with open_host(folder) as host:
            assert await host.running() == [K1]
            assert host.next_seq(K1) >= seq
            await host.send(K1, Channel.SHELL, execute("facts"))
            reply = await reply_after(host, seq)

    assert reply.channel is Channel.SHELL


async def test_a_keeper_that_was_killed_is_started_again(folder):
    """And has the kernels that the one before had."""
    async with lasting_keeper(folder), open_host(folder) as host:
        await host.start(launch())
        await ready(host)
        killed = host._link.pid
        os.kill(killed, signal.SIGKILL)
        await until(lambda: host._link.pid not in (None, killed))

        await host.stop(K1, ExitCause.SHUT_DOWN, grace_seconds=0)

        assert (await end_of(host)).cause is ExitCause.SHUT_DOWN


async def test_kernels_of_an_ephemeral_host_end_with_it(folder):
    """Nothing is left of a server that was only tried out."""
    async with open_host(folder, ephemeral=True) as host:
        await host.start(launch())
        await ready(host)
        pid = host._processes[K1].pid
        end = asyncio.create_task(end_of(host))
        await asyncio.sleep(0)

    assert (await end).cause is ExitCause.SHUT_DOWN
    assert not psutil.pid_exists(pid)


async def test_usage_is_told_of_each_kernel(host):
    """So that one sees which of them fills the machine."""
    await host.start(launch())
    await ready(host)

    usage = (await host.usage())[K1]

    assert usage.memory_bytes > 1_000_000
    assert usage.cpu_seconds > 0


def execute(code):
    """A request to run code of the tiny kernel."""
    return request("execute_request", {"code": code})


async def reply_after(host, seq):
    """The first reply to code from a number on; before it, one more may tell that it is ready."""
    async for batch in host.read(K1, seq):
        for told in batch:
            if isinstance(told, Message) and told.msg_type == "execute_reply":
                return told
    return None
