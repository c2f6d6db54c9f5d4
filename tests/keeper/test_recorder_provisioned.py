"""Kernels that a provisioner of jupyter_client starts: a recorder is what holds it."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.keeper.recorded_kernel import TINY, RecordedKernel, recorded
from tests.waiting import until

pytestmark = pytest.mark.slow  # jupyter_client is imported in each

ENTRY_POINTS = """[jupyter_client.kernel_provisioners]
noting = tiny_provisioner:NotingProvisioner
failing = tiny_provisioner:FailingProvisioner
distant = tiny_provisioner:DistantProvisioner
"""

Provisioned = Callable[[str], AbstractContextManager[RecordedKernel]]
Noted = Callable[[], str]


@pytest.fixture
def noted(tmp_path: Path) -> Noted:
    """Tells what the provisioner was asked to do, a line for each."""
    return (tmp_path / "notes").read_text


@pytest.fixture
def provisioned(tmp_path: Path) -> Provisioned:
    """Starts a tiny kernel with the provisioner of this name, found as an installed one is."""
    info = tmp_path / "tiny_provisioner-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: tiny_provisioner\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    kernelspec = {"argv": ["/old"], "display_name": "Tiny", "env": {"A": "old", "C": "${A}"}}
    (tmp_path / "kernels" / "tiny").mkdir(parents=True)
    (tmp_path / "kernels" / "tiny" / "kernel.json").write_text(json.dumps(kernelspec))
    recorder_env = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parent)]),
        "JUPYTER_PATH": str(tmp_path),
        "NOTES": str(tmp_path / "notes"),
    }

    def start(name: str) -> AbstractContextManager[RecordedKernel]:
        provisioner = {"name": name, "config": {"greeting": "hi"}, "kernel_name": "tiny"}
        env = {"A": "$B", "C": "d"}
        start = partial(recorded, provisioner=provisioner, env=env, recorder_env=recorder_env)
        return start(TINY)

    return start


async def test_the_provisioner_starts_it_with_its_config_and_the_kernels_id(
    provisioned: Provisioned, noted: Noted
) -> None:
    """It may look up by the id where the kernel belongs, and add what it has to."""
    with provisioned("noting") as kernel:
        kernel.ask("facts")

        env = (await kernel.message("execute_reply")).content["env"]

        assert (env["GREETING"], env["A"], env["C"]) == ("hi", "$B", "d")
        assert noted() == "launch a-kernel\n"


async def test_its_sockets_lie_in_the_private_folder(provisioned: Provisioned) -> None:
    """On tcp anyone on this machine could read what it publishes."""
    with provisioned("noting") as kernel:
        told = kernel.answer["connection"]

        assert (told["transport"], told["ip"]) == ("ipc", f"{kernel.folder}/s")
        assert json.loads((kernel.folder / "connection.json").read_text())["key"] == told["key"]


async def test_its_messages_and_its_exit_are_recorded(
    provisioned: Provisioned, noted: Noted
) -> None:
    """To a reader of the journal it is a kernel like all others."""
    with provisioned("noting") as kernel:
        kernel.ask("flood 1000")
        kernel.ask("exit 3")

        exited = await kernel.exit()

        assert len(kernel.messages("stream")) == 1000
        assert (exited["cause"], exited["exit_code"]) == ("EXITED", 3)
        assert exited["stderr_tail"] == "last words\n"
        assert noted() == "launch a-kernel\ncleanup\n"


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        (signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGUSR1, signal.SIGKILL),
    ],
)
async def test_a_signal_to_the_recorder_becomes_a_call_of_the_provisioner(
    provisioned: Provisioned, noted: Noted, sent: signal.Signals, number: signal.Signals
) -> None:
    """Only it can reach its kernel, which may be anywhere."""
    with provisioned("noting") as kernel:
        kernel.ask("hang")
        await until((kernel.folder / "s-1").exists)

        kernel.process.send_signal(sent)

        assert (await kernel.exit())["signal"] == number
        assert f"signal {int(number)}\n" in noted()


async def test_what_a_provisioner_cannot_start_is_told(provisioned: Provisioned) -> None:
    """Who asked for the kernel reads the provisioner's own words."""
    with provisioned("failing") as kernel:
        kernel.process.wait()

        assert kernel.answer == {"error": "RuntimeError: no room on the cluster"}


async def test_a_provisioner_that_is_not_installed_is_told(provisioned: Provisioned) -> None:
    """The kernelspec may come from a machine that has it."""
    with provisioned("absent") as kernel:
        kernel.process.wait()

        assert "'absent' has not been registered" in kernel.answer["error"]


async def test_the_end_of_a_distant_kernel_is_told_though_nobody_knows_how(
    provisioned: Provisioned,
) -> None:
    """There is no process to look at, so there is no pid either."""
    with provisioned("distant") as kernel:
        kernel.ask("exit 0")

        assert (await kernel.exit())["cause"] == "LOST"
        assert kernel.answer["pid"] is None
