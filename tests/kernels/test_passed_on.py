"""What front ends say to a kernel that takes no more: it waits, and nothing waits behind it."""

import asyncio
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.model import Channel, ExitCause
from jupyter_sessions_server.requests import request
from tests.kernels.real_host import K1, TINY, add_kernelspec, launch, open_host, ready

LARGE = request("comm_msg", {"data": "x" * 1_000_000})
"""More than the system keeps for a process that does not read."""
STALLED_SECONDS = 0.5


@pytest.fixture
async def host(monkeypatch):
    """A host whose keeper ends with it, with a kernelspec whose kernels get recorders."""
    with tempfile.TemporaryDirectory(prefix="host-") as name:
        monkeypatch.setenv("JUPYTER_DATA_DIR", f"{name}/jupyter")
        monkeypatch.setenv("JUPYTER_PATH", "")
        add_kernelspec(Path(name) / "jupyter", "tiny", [*TINY, "{connection_file}"])
        async with open_host(Path(name), ephemeral=True) as opened:
            yield opened


@pytest.fixture(params=["python3", "tiny", "tiny's recorder"])
async def reader(request, host):
    """A process that reads what is sent to a kernel: the kernel, or its recorder."""
    kernel_name, _, recorder = request.param.partition("'s ")
    await host.start(launch(kernel_name))
    await ready(host)
    (pid,) = [process.pid for process in host._processes.values()]
    kernel = psutil.Process(pid)
    reader = kernel.parent() if recorder else kernel
    yield reader
    with suppress(psutil.NoSuchProcess):
        reader.send_signal(signal.SIGCONT)


async def pass_on_until_it_waits(host):
    """Pass on one message after the other; the first that has to wait."""
    for _ in range(1000):
        passing = asyncio.create_task(host.pass_on(K1, Channel.SHELL, LARGE))
        if not (await asyncio.wait([passing], timeout=STALLED_SECONDS))[0]:
            return passing
    pytest.fail("a gigabyte was taken")


async def test_they_wait_until_it_takes_them(host, reader):
    """A kernel that is stopped costs the server a message or two, and loses none."""
    reader.send_signal(signal.SIGSTOP)
    waiting = await pass_on_until_it_waits(host)

    reader.send_signal(signal.SIGCONT)

    await waiting


async def test_what_the_server_asks_does_not_wait_behind_them(host, reader):
    """A flood in one window does not keep others from running code."""
    reader.send_signal(signal.SIGSTOP)
    waiting = await pass_on_until_it_waits(host)

    await host.send(K1, Channel.SHELL, request("kernel_info_request", {}))

    assert not waiting.done()
    waiting.cancel()


async def test_none_waits_for_a_process_that_has_ended(host, reader):
    """The front end is not stuck when its kernel is killed."""
    reader.send_signal(signal.SIGSTOP)
    waiting = await pass_on_until_it_waits(host)

    reader.send_signal(signal.SIGCONT)
    await host.stop(K1, ExitCause.SHUT_DOWN, grace_seconds=0)

    await waiting


async def test_who_hangs_up_leaves_the_others_their_turn(host, reader):
    """A front end that floods the kernel and is closed is in nobody's way."""
    reader.send_signal(signal.SIGSTOP)
    waiting = await pass_on_until_it_waits(host)
    after_it = asyncio.create_task(host.pass_on(K1, Channel.SHELL, LARGE))
    await asyncio.sleep(0)
    waiting.cancel()

    reader.send_signal(signal.SIGCONT)

    await after_it
    assert waiting.cancelled()
