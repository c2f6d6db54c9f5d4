"""The keeper's table of kernels in this process, with programs of a line or two as kernels."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal import JournalReader, Kind, Record
from jupyter_sessions_server.keeper.fields import Fields
from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.launch import CannotFork, Launch
from jupyter_sessions_server.keeper.processes import Identity, Process, child
from jupyter_sessions_server.keeper.protocol import Cause
from jupyter_sessions_server.keeper.ways import Ways
from tests.waiting import until


class FakeZygotes:
    """Zygotes whose forks are fresh processes; by default there are none."""

    def __init__(self) -> None:
        self.cannot: str | None = "no zygote"
        self.problem: str | None = None
        self.prepared: list[Sequence[str]] = []
        self.exit_codes: dict[int, int] = {}
        self.may_fork = asyncio.Event()
        self.may_fork.set()
        self.may_probe = asyncio.Event()
        self.may_probe.set()

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def fork(self, launch: Launch) -> Process:
        """A process of the launch's own command."""
        await self.may_fork.wait()
        if self.cannot is not None:
            raise CannotFork(self.cannot)
        return _started(launch)

    async def probe(self, launch: Launch) -> str | None:
        """What the test says."""
        await self.may_probe.wait()
        return self.problem

    def prepare(self, argv: Sequence[str], cwd: str, env: Mapping[str, str], pool: int) -> None:
        """Remember it."""
        self.prepared.append(argv)

    async def exit_code(self, identity: Identity) -> int | None:
        """What the test says."""
        return self.exit_codes.get(identity.pid)


def _started(launch: Launch) -> Process:
    return child(subprocess.Popen(launch.command, start_new_session=True))


def own_journal(launch: Launch) -> list[str] | None:
    """Takes every kernel for one that writes its own journal, but those called "other"."""
    return None if "other" in launch.argv else launch.command


@contextlib.asynccontextmanager
async def opened(
    run_dir: Path, zygotes: FakeZygotes, recorder: Sequence[str] = ("false",)
) -> AsyncIterator[Kernels]:
    """Kernels that all end with the block."""
    async with asyncio.TaskGroup() as tasks:
        kernels = Kernels(
            run_dir=run_dir,
            journal_dir=run_dir / "journals",
            ways=Ways(zygotes, own_journal, recorder),
            tasks=tasks,
        )
        yield kernels
        await kernels.shut_down(0)


def start_of(kernel_id: str = "k", *argv: str, **others: Any) -> Fields:
    """A start; without arguments, of a process that ends when it is made to."""
    return Fields(start_request(kernel_id, *argv, **others))


def start_request(kernel_id: str = "k", *argv: str, **others: Any) -> dict[str, Any]:
    """The same, as a server writes it."""
    return {
        "kernel_id": kernel_id,
        "argv": list(argv) or ["sleep", "1000"],
        "cwd": "/",
        "env": dict(os.environ),
        "warm": False,
        "pool": 0,
        "nice": 0,
        "provisioner": None,
    } | others


def python(code: str) -> tuple[str, ...]:
    """The command that runs it."""
    return sys.executable, "-c", code


def events(run_dir: Path, kernel_id: str = "k") -> list[dict[str, Any]]:
    """What the keeper has told in a kernel's journal."""
    with contextlib.closing(JournalReader(run_dir / "journals" / kernel_id)) as reader:
        records = [each for each in reader.read() if isinstance(each, Record)]
    return [json.loads(each.frames[0]) for each in records if each.kind == Kind.EVENT]


async def exit_of(run_dir: Path, kernel_id: str = "k") -> dict[str, Any]:
    """How a kernel has ended, once it has and all is told."""
    state = run_dir / "kernels" / f"{kernel_id}.json"
    await until(lambda: events(run_dir, kernel_id)[-1]["event"] == "exited" and not state.exists())
    return events(run_dir, kernel_id)[-1]


async def ended(kernels: Kernels, cause: Cause = Cause.SHUT_DOWN) -> None:
    """End kernel "k" at once."""
    await kernels.stop("k", cause, 0)


def stand_in_recorder(script: str) -> tuple[str, ...]:
    """A recorder that does what a few lines of Python say.

    `spec` is what it was told, `tell` answers the keeper, `exited` writes the kernel's end.
    """
    return python(_RECORDER + script)


_RECORDER = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
from jupyter_sessions_server.journal import JournalWriter, Kind, Limits
spec = json.loads(Path(sys.argv[1]).read_text())
def tell(**answer):
    print(json.dumps(answer), flush=True)
def exited():
    event = {"event": "exited", "cause": "EXITED", "exit_code": 9}
    writer = JournalWriter(spec["journal"], Limits(*spec["limits"]))
    writer.append(Kind.EVENT, [json.dumps(event).encode()])
    writer.close()
def start():
    kernel = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    tell(pid=kernel.pid, connection={"told": True})
    return kernel
"""


def is_alive(pid: int) -> bool:
    """Whether the process is there and is no zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kill(pid: int) -> None:
    """Kill a process by force, with its group."""
    os.killpg(pid, signal.SIGKILL)
