"""Kernels with a recorder: what the keeper leaves to it, and what it does when that dies."""

import signal
from pathlib import Path

import pytest

from jupyter_sessions_server.keeper.protocol import Cause, ErrorCode, RequestRefused
from tests.keeper.kernel_parts import (
    FakeZygotes,
    events,
    exit_of,
    is_alive,
    opened,
    stand_in_recorder,
    start_of,
)
from tests.waiting import until

WAITS = stand_in_recorder("start().wait(); exited()")


async def test_the_kernel_not_its_recorder_is_told_of(tmp_path: Path) -> None:
    """The server measures the kernel, and speaks to it by the recorder."""
    async with opened(tmp_path, FakeZygotes(), WAITS) as kernels:
        running = await kernels.start(start_of("k", "other"))

        assert running["recorded"]
        assert running["connection"] == {"told": True}
        assert running["requests"] is not None
        assert running["requests"].startswith(str(tmp_path / "p"))
        assert Path(f"/proc/{running['pid']}/comm").read_text() == "sleep\n"  # noqa: ASYNC240


async def test_an_interpreter_that_cannot_be_hooked_is_recorded(tmp_path: Path) -> None:
    """An unusual ipykernel works all the same, and the reason is told."""
    zygotes = FakeZygotes()
    zygotes.problem = "too old"
    async with opened(tmp_path, zygotes, WAITS) as kernels:
        running = await kernels.start(start_of(warm=True))

        assert (running["recorded"], running["cold_reason"]) == (True, "no zygote; too old")


async def test_a_recorder_tells_the_end_itself(tmp_path: Path) -> None:
    """It is the parent, so it knows how the kernel ended, keeper or not."""
    async with opened(tmp_path, FakeZygotes(), WAITS) as kernels:
        await kernels.start(start_of("k", "other"))

        kernels.signal("k", signal.SIGTERM)

        assert (await exit_of(tmp_path))["exit_code"] == 9
        assert [event["event"] for event in events(tmp_path)] == ["started", "exited"]


async def test_a_kernel_whose_recorder_dies_is_lost_and_ends(tmp_path: Path) -> None:
    """Nobody would hear it any more."""
    dies = stand_in_recorder("start(); print('Traceback', file=sys.stderr); os._exit(1)")
    async with opened(tmp_path, FakeZygotes(), dies) as kernels:
        running = await kernels.start(start_of("k", "other"))

        told = await exit_of(tmp_path)

        assert (told["cause"], told["exit_code"]) == ("LOST", None)
        assert "Traceback" in told["stderr_tail"]
        await until(lambda: not is_alive(running["pid"]))


async def test_a_recorder_that_cannot_start_the_kernel_tells_why(tmp_path: Path) -> None:
    """The user sees the reason, as of any other start."""
    tells = stand_in_recorder("tell(error='no such thing'); sys.exit(1)")
    async with opened(tmp_path, FakeZygotes(), tells) as kernels:
        with pytest.raises(RequestRefused, match="no such thing") as refused:
            await kernels.start(start_of("k", "other"))

        assert refused.value.code == ErrorCode.START_FAILED
        assert events(tmp_path)[-1]["cause"] == "NEVER_READY"
        assert len(kernels) == 0


async def test_a_recorder_that_crashes_at_once_fails_the_start(tmp_path: Path) -> None:
    """Its last words are the best reason there is."""
    crashes = stand_in_recorder("raise RuntimeError('bad day')")
    async with opened(tmp_path, FakeZygotes(), crashes) as kernels:
        with pytest.raises(RequestRefused, match="bad day"):
            await kernels.start(start_of("k", "other"))


async def test_a_stop_is_for_the_kernel_not_for_its_recorder(tmp_path: Path) -> None:
    """The recorder still has the last words to write."""
    async with opened(tmp_path, FakeZygotes(), WAITS) as kernels:
        running = await kernels.start(start_of("k", "other"))

        await kernels.stop("k", Cause.CULLED, 0)

        assert not is_alive(running["pid"])
        assert events(tmp_path)[-1]["exit_code"] == 9


@pytest.mark.parametrize(
    ("sent", "received"),
    [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGKILL, "SIGUSR1")],
)
async def test_signals_for_a_provisioner_go_to_the_recorder(
    tmp_path: Path, sent: int, received: str
) -> None:
    """Its kernel may be on another machine; a recorder could do nothing about SIGKILL."""
    listens = stand_in_recorder(
        "got = []\n"
        "for each in (2, 10, 15): signal.signal(each, lambda n, _: got.append(n))\n"
        "tell(pid=None, connection={})\n"
        "while not got: time.sleep(0.001)\n"
        "print(signal.Signals(got[0]).name, file=sys.stderr)"
    )
    provisioner = {"name": "remote", "config": {}, "kernel_name": "x"}
    async with opened(tmp_path, FakeZygotes(), listens) as kernels:
        await kernels.start(start_of(provisioner=provisioner))

        kernels.signal("k", sent)

        assert (await exit_of(tmp_path))["stderr_tail"] == f"{received}\n"


async def test_other_signals_for_a_provisioner_are_refused(tmp_path: Path) -> None:
    """No provisioner could be asked to send them."""
    waits = stand_in_recorder("tell(pid=None, connection={}); signal.pause()")
    provisioner = {"name": "remote", "config": {}, "kernel_name": "x"}
    async with opened(tmp_path, FakeZygotes(), waits) as kernels:
        await kernels.start(start_of(provisioner=provisioner))

        with pytest.raises(RequestRefused, match="SIGINT, SIGTERM and SIGKILL only"):
            kernels.signal("k", signal.SIGHUP)

        kernels.signal("k", signal.SIGTERM)


async def test_a_kernel_may_be_started_as_soon_as_its_end_is_told(tmp_path: Path) -> None:
    """A server restarts it when it reads that; the recorder may not quite have ended."""
    lingers = stand_in_recorder("start().wait(); exited(); time.sleep(0.1)")
    async with opened(tmp_path, FakeZygotes(), lingers) as kernels:
        await kernels.start(start_of("k", "other"))
        kernels.signal("k", signal.SIGKILL)
        await until(lambda: events(tmp_path)[-1]["event"] == "exited")

        again = await kernels.start(start_of("k", "other"))

        assert is_alive(again["pid"])
        assert again["first_seq"] == 3


async def test_the_local_provisioner_is_a_plain_process(tmp_path: Path) -> None:
    """It is jupyter_client's name for having none."""
    provisioner = {"name": "local-provisioner", "config": {}, "kernel_name": "x"}
    async with opened(tmp_path, FakeZygotes()) as kernels:
        running = await kernels.start(start_of(provisioner=provisioner))

        assert not running["recorded"]
