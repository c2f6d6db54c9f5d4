"""The processes that a server has: its own, those that help it, and its kernels."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measure import cpu_seconds
from benchmarks.servers import Server
from jupyter_sessions_server.keeper.state_files import KernelState, StateFiles

_KEEPER = "jupyter_sessions_server.keeper"
_ZYGOTE = "/keeper/zygote.py"

_CALM_SECONDS = 0.3
_BUSY = 0.1
"""Of a processor: more than kernels take that do nothing, less than one that starts."""
_PATIENCE_SECONDS = 300.0


@dataclass(slots=True)
class Family:
    """What runs for a server."""

    server: psutil.Process
    keepers: list[psutil.Process] = field(default_factory=list)
    """One for our server, whose kernels they are; none for jupyter_server."""
    zygotes: list[psutil.Process] = field(default_factory=list)
    """Those that the kernels are forked from; they end when they have had none for a while."""
    kernels: list[psutil.Process] = field(default_factory=list)
    """Parked ones too."""

    @property
    def helpers(self) -> list[psutil.Process]:
        """Keepers and zygotes."""
        return [*self.keepers, *self.zygotes]

    @property
    def all(self) -> list[psutil.Process]:
        """The server itself too."""
        return [self.server, *self.helpers, *self.kernels]


def family(server: Server) -> Family:
    """The processes of this server now."""
    found = Family(server.process)
    for child in server.process.children():
        if _KEEPER in _command(child):
            found.keepers.append(child)
            _add_children(found, child)
        else:
            found.kernels.append(child)
    return found


def _add_children(found: Family, keeper: psutil.Process) -> None:
    for child in keeper.children():
        if any(part.endswith(_ZYGOTE) for part in _command(child)):
            found.zygotes.append(child)
            found.kernels += child.children()
        else:
            found.kernels.append(child)


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


async def calm(server: Server, kernels: int) -> Family:
    """The processes, once that many kernels run, and others are parked, and none does anything."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            now = family(server)
            if len(now.kernels) == kernels + server.program.parked:
                before = _busy_seconds(now)
                await asyncio.sleep(_CALM_SECONDS)
                after = _busy_seconds(now)
                if None not in (before, after) and after - before < _BUSY * _CALM_SECONDS:
                    return now
            else:
                await asyncio.sleep(_CALM_SECONDS / 10)


def _busy_seconds(processes: Family) -> Any:
    with suppress(OSError, psutil.Error):  # one has ended meanwhile
        return sum(map(cpu_seconds, processes.all))
    return None


def kernel_state(server: Server, kernel_id: str) -> KernelState:
    """What the keeper of our server knows of a kernel: its process, and where its sockets are."""
    for keeper in family(server).keepers:
        command = keeper.cmdline()
        run_dir = Path(command[command.index("--run-dir") + 1])
        if state := StateFiles(run_dir / "kernels").read(kernel_id):
            return state
    message = f"{server.name} has no kernel {kernel_id}"
    raise LookupError(message)


def kernel_process(server: Server, kernel_id: str) -> psutil.Process:
    """The process of a kernel that runs."""
    if not server.program.speaks_rest:
        return psutil.Process(kernel_state(server, kernel_id).kernel["pid"])
    (process,) = (each for each in family(server).kernels if kernel_id in " ".join(_command(each)))
    return process


def pss_mib(processes: list[psutil.Process]) -> float | None:
    """Their memory, each page that several have counted in part; None but on Linux."""
    memory = [process.memory_full_info() for process in processes]
    if not psutil.LINUX:
        return None
    return float(sum(each.pss for each in memory)) / 2**20


def rss_mib(processes: list[psutil.Process]) -> float:
    """What is resident of them, each page as often as it is mapped."""
    return float(sum(process.memory_info().rss for process in processes)) / 2**20
