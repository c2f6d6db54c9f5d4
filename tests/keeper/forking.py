"""Zygotes without a keeper, and kernels that are forked by them."""

import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper import start_folders
from jupyter_sessions_server.keeper.kept_tasks import kept_tasks
from jupyter_sessions_server.keeper.launch import Launch, StartFolder
from jupyter_sessions_server.keeper.processes import Process
from jupyter_sessions_server.keeper.zygote_process import ZygoteTimes
from jupyter_sessions_server.keeper.zygotes import Zygotes
from tests.keeper.talking import Talk, standard_env
from tests.waiting import until

ARGV = (sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher")
IPYKERNEL = (*ARGV, "-f", "{connection_file}")


@dataclass(frozen=True)
class Forked:
    """A kernel that runs, and a conversation with it."""

    launch: Launch
    process: Process
    talk: Talk

    async def end(self) -> int | None:
        """Kill it; how it ended."""
        self.talk.__exit__()
        self.process.signal_group(signal.SIGKILL)
        code = await self.process.wait()
        self.process.release()
        return code


class Forks:
    """Forks kernels, and ends all at the end."""

    def __init__(self, run_dir: Path, zygotes: Zygotes) -> None:
        self.run_dir = run_dir
        self.zygotes = zygotes
        self._started: list[Forked] = []

    def launch(self, argv: Sequence[str] = IPYKERNEL, **changes: Any) -> Launch:
        """A start of an ipykernel; its folder and its connection file are made."""
        folder = start_folders.new_folder(self.run_dir)
        start_folders.make(StartFolder(folder))
        standard: dict[str, Any] = {
            "kernel_id": folder.name,
            "argv": tuple(argv),
            "cwd": str(self.run_dir),
            "env": self.env(),
            "warm": True,
            "pool": 0,
            "nice": 0,
            "provisioner": None,
            "folder": folder,
            "journal": self.run_dir / "journals" / folder.name,
            "limits": Limits(),
        }
        return Launch(**standard | changes)

    def env(self, **more: str) -> Mapping[str, str]:
        """The standard one, with an IPython folder of the test's own."""
        return {**standard_env(), "IPYTHONDIR": str(self.run_dir / "ipython"), **more}

    async def fork(self, argv: Sequence[str] = IPYKERNEL, **changes: Any) -> Forked:
        """Fork a kernel."""
        launch = self.launch(argv, **changes)
        process = await self.zygotes.fork(launch)
        forked = Forked(launch, process, Talk(launch.folder, launch.journal))
        self._started.append(forked)
        return forked

    def parked(self) -> list[int]:
        """The pids of kernels that are ready to be handed over."""
        pools = [zygote.parked for zygote in self.zygotes._zygotes.values()]
        kinds = [kind for pool in pools for kind in pool._kinds.values()]
        return [kernel.pid for kind in kinds for kernel in kind.kernels]

    async def until_parked(self, count: int) -> list[int]:
        """Wait until so many kernels are ready to be handed over."""
        await until(lambda: len(self.parked()) == count)
        return self.parked()

    async def end(self) -> None:
        """End all kernels."""
        for forked in self._started:
            with contextlib.suppress(ValueError):
                await forked.end()


@contextlib.asynccontextmanager
async def open_forks(run_dir: Path, **settings: Any) -> AsyncIterator[Forks]:
    """Zygotes in a run directory; they, and what they forked, end with the block."""
    settings.setdefault("times", ZygoteTimes(linger_seconds=1))  # nothing is to be left behind
    run_dir.mkdir(mode=0o700, exist_ok=True)  # noqa: ASYNC240 - at once
    async with kept_tasks() as tasks:
        zygotes = Zygotes(run_dir, tasks, **settings)
        await zygotes.open()
        forks = Forks(run_dir, zygotes)
        try:
            yield forks
        finally:
            await forks.end()
            await zygotes.close()
