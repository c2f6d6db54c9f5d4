"""The keeper as a program: one per folder, small, quiet, and its kernels outlive it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jupyter_sessions_server.keeper import protocol, zygote
from tests.keeper.forking import IPYKERNEL
from tests.keeper.keeper_program import Keepers, Refused, terminate
from tests.keeper.kernel_parts import events, exit_of, is_alive, kill, start_request
from tests.waiting import until


async def test_a_folder_has_one_keeper(keepers: Keepers) -> None:
    """Two would both take themselves for the parent of the same kernels."""
    first = keepers.start()
    await first.connect()

    second = keepers.start()

    assert await second.ended() == protocol.LOCKED_EXIT_CODE
    await first.connect()


async def test_kernels_outlive_a_killed_keeper(keepers: Keepers, run_dir: Path) -> None:
    """No user loses work because a program of ours crashed."""
    first = keepers.start()
    server = await first.connect()
    started = [await server.call("start", **start_request(f"k{n}")) for n in range(3)]
    await first.kill()

    listed = await (await keepers.start().connect()).call("list")

    assert listed["kernels"] == started
    assert all(is_alive(kernel["pid"]) for kernel in started)


async def test_kernels_outlive_a_keeper_that_is_told_to_end(
    keepers: Keepers, run_dir: Path
) -> None:
    """So it can be replaced by a newer one."""
    first = keepers.start()
    server = await first.connect()
    kernel = await server.call("start", **start_request())

    terminate(first)

    assert await first.ended() == 0
    assert is_alive(kernel["pid"])
    assert not (run_dir / "keeper.sock").exists()


async def test_the_end_of_an_adopted_kernel_is_told(keepers: Keepers, run_dir: Path) -> None:
    """Its parent has gone, so how it ended is not known, but that it did is."""
    first = keepers.start()
    kernel = await (await first.connect()).call("start", **start_request())
    await first.kill()
    await keepers.start().connect()

    kill(kernel["pid"])

    told = await exit_of(run_dir)
    assert told["event"] == "exited"
    assert not list((run_dir / "p").iterdir())


async def test_an_adopted_kernel_can_be_stopped(keepers: Keepers, run_dir: Path) -> None:
    """A new keeper can do all that the old one could."""
    first = keepers.start()
    kernel = await (await first.connect()).call("start", **start_request())
    await first.kill()
    server = await keepers.start().connect()

    await server.call("stop", kernel_id="k", cause="CULLED", grace_seconds=0)

    assert not is_alive(kernel["pid"])
    assert (await exit_of(run_dir))["cause"] == "CULLED"


async def test_kernels_that_ended_without_a_keeper_are_told_when_one_starts(
    keepers: Keepers, run_dir: Path
) -> None:
    """A server waits for the end of each start that it has read."""
    first = keepers.start()
    kernel = await (await first.connect()).call("start", **start_request())
    await first.kill()
    kill(kernel["pid"])
    await until(lambda: not is_alive(kernel["pid"]))

    server = await keepers.start().connect()

    assert (await server.call("list"))["kernels"] == []
    assert events(run_dir)[-1]["event"] == "exited"
    assert len(events(run_dir)) == 2


async def test_an_interrupt_of_the_server_does_not_reach_the_keeper(keepers: Keepers) -> None:
    """Ctrl-C in a terminal is sent to all of its programs."""
    keeper = keepers.start()
    server = await keeper.connect()

    keeper.process.send_signal(signal.SIGINT)

    assert (await server.call("list"))["kernels"] == []
    assert os.getsid(keeper.process.pid) == keeper.process.pid


async def test_a_keeper_of_no_use_ends_by_itself(keepers: Keepers) -> None:
    """Nothing of ours stays on a machine that nobody uses it on."""
    keeper = keepers.start("--linger", "0.01")

    assert await keeper.ended() == 0


async def test_a_keeper_stays_as_long_as_there_is_a_server(keepers: Keepers) -> None:
    """It would have to be started again at once."""
    keeper = keepers.start()
    server = await keeper.connect(linger_seconds=0)
    await server.call("start", **start_request("k", "true"))

    await server.call("stop", kernel_id="k", cause="SHUT_DOWN", grace_seconds=10)
    assert (await server.call("list"))["kernels"] == []

    await server.close()
    assert await keeper.ended() == 0


async def test_a_keeper_stays_as_long_as_there_is_a_kernel(keepers: Keepers) -> None:
    """That is what it is for."""
    keeper = keepers.start()
    server = await keeper.connect(linger_seconds=0.01)
    kernel = await server.call("start", **start_request())

    await server.close()
    again = await keeper.connect()

    assert (await again.call("list"))["kernels"] == [kernel]
    await again.call("stop", kernel_id="k", cause="SHUT_DOWN", grace_seconds=0)
    await again.close()
    assert await keeper.ended() == 0


async def test_kernels_that_nobody_came_back_for_are_ended(keepers: Keepers, run_dir: Path) -> None:
    """A server that is gone for good must not leave kernels for ever."""
    keeper = keepers.start()
    server = await keeper.connect(linger_seconds=0.01, orphan_ttl_seconds=0.05)
    kernel = await server.call("start", **start_request())

    await server.close()

    assert await keeper.ended() == 0
    assert events(run_dir)[-1]["cause"] == "CULLED"
    assert not is_alive(kernel["pid"])


async def test_an_ephemeral_keeper_ends_with_its_starter(keepers: Keepers, run_dir: Path) -> None:
    """A server for an hour leaves nothing behind, even when it is killed."""
    keeper = keepers.start("--ephemeral", stdin=subprocess.PIPE)
    kernel = await (await keeper.connect()).call("start", **start_request())

    assert keeper.process.stdin is not None
    keeper.process.stdin.close()

    assert await keeper.ended() == 0
    assert not is_alive(kernel["pid"])
    assert events(run_dir)[-1]["cause"] == "SHUT_DOWN"


async def test_a_shutdown_ends_kernels_and_keeper(keepers: Keepers, run_dir: Path) -> None:
    """A server that was told to stop with its kernels waits until they have gone."""
    keeper = keepers.start()
    server = await keeper.connect()
    started = [await server.call("start", **start_request(f"k{n}")) for n in range(5)]

    await server.call("shutdown")

    assert not any(is_alive(kernel["pid"]) for kernel in started)
    assert await keeper.ended() == 0


async def test_kernels_make_files_as_their_user_does(keepers: Keepers, run_dir: Path) -> None:
    """A notebook's results may be for others to read, unlike what the keeper writes."""
    server = await keepers.start().connect()

    await server.call("start", **start_request("k", "sh", "-c", "umask"))

    mine = os.umask(0o022)
    os.umask(mine)
    assert int((await exit_of(run_dir))["stderr_tail"], 8) == mine
    assert all(path.stat().st_mode & 0o077 == 0 for path in run_dir.glob("*"))  # noqa: ASYNC240


async def test_a_keeper_loads_nothing_that_it_does_not_need(keepers: Keepers) -> None:
    """It stays small because it knows neither ZMQ nor Jupyter nor gRPC."""
    code = (
        "import sys, jupyter_sessions_server.keeper.__main__\n"
        "heavy = ['zmq', 'ipykernel', 'jupyter_client', 'jupyter_core', 'grpc', 'tornado']\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    told = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: ASYNC221

    assert told == "[]\n"


async def test_an_idle_keeper_takes_little(keepers: Keepers) -> None:
    """It runs beside every server, for weeks."""
    keeper = keepers.start()
    server = await keeper.connect()
    await server.call("start", **start_request())

    assert keeper.rss_bytes() < 30 * 1024 * 1024


@pytest.mark.slow
async def test_an_idle_keeper_does_nothing(keepers: Keepers) -> None:
    """A laptop's battery is not for waking up in vain."""
    keeper = keepers.start()
    server = await keeper.connect()
    await server.call("start", **start_request())

    async def is_idle() -> bool:
        before = keeper.wake_ups()
        await asyncio.sleep(3)
        return keeper.wake_ups() == before

    # What the start has left to do may take a moment; who wakes up now and then never is idle.
    assert await is_idle() or await is_idle()


@pytest.mark.slow
async def test_a_zygote_that_is_not_ready_ends_with_its_keeper(keepers: Keepers) -> None:
    """The next keeper would not know of it, and one that is ready waits for that for a minute."""
    keeper = keepers.start()
    server = await keeper.connect()
    await server.call("prepare", **start_request("", *IPYKERNEL))
    started = psutil.Process(keeper.process.pid)
    await until(lambda: [each for each in started.children() if zygote.__file__ in each.cmdline()])
    (importing,) = started.children()

    await keeper.kill()

    await until(lambda: not importing.is_running())


@pytest.mark.parametrize("run_dir", [Path("/tmp/" + "x" * 80)])  # noqa: S108
async def test_a_folder_too_deep_for_sockets_is_refused(run_dir: Path, keepers: Keepers) -> None:
    """The system would cut the path, or refuse it when the first kernel starts."""
    assert await keepers.start().ended() == 2

    log = (run_dir / "keeper.log").read_text()
    assert "has more than" in log


async def test_what_is_not_known_is_told(keepers: Keepers) -> None:
    """A newer server sees what this keeper can do."""
    server = await keepers.start().connect()

    with pytest.raises(Refused, match=r"UNKNOWN_OP.*start, prepare") as refused:
        await server.call("dance")

    assert refused.value.code == "UNKNOWN_OP"
