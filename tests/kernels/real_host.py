"""A KernelHost over a real keeper, with kernelspecs of the tests' own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.kernels.keeper_host import KeeperKernelHost
from jupyter_sessions_server.kernels.root_directory import RootDirectory
from jupyter_sessions_server.kernels.specs import JupyterKernelSpecs
from jupyter_sessions_server.model import Channel, KernelId, KernelLaunch, Message
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.work import tasks_of_block

TINY = [sys.executable, str(Path(__file__).parents[1] / "keeper/tiny_kernel.py")]
K1 = KernelId("k1")


def add_kernelspec(jupyter_dir: Path, name: str, argv: list[str]) -> None:
    """Install a kernelspec below this Jupyter data directory."""
    folder = jupyter_dir / "kernels" / name
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": "x"}
    (folder / "kernel.json").write_text(json.dumps(spec))


@asynccontextmanager
async def open_host(folder: Path, *, ephemeral: bool = False) -> AsyncIterator[KeeperKernelHost]:
    """A host over a folder; its keeper, if not ephemeral, lives on."""
    async with (
        tasks_of_block() as tasks,
        KeeperKernelHost(
            tasks=tasks,
            specs=JupyterKernelSpecs(),
            root=RootDirectory(folder),
            config=KernelConfig(policy=KernelPolicy(warm_kernels=0, warm_start=False)),
            run_dir=folder / "run",
            journal_dir=folder / "journals",
            ephemeral=ephemeral,
        ) as host,
    ):
        yield host


def launch(kernel_name: str = "tiny", kernel_id: KernelId = K1, cwd: str = "/") -> KernelLaunch:
    """What to start."""
    return KernelLaunch(kernel_id, kernel_name, cwd, {})


async def ready(host: KeeperKernelHost, kernel_id: KernelId = K1) -> None:
    """Ask the kernel until it has answered."""
    asked = asyncio.create_task(_ask(host, kernel_id))
    try:
        async for batch in host.read(kernel_id, 1):
            if any(isinstance(told, Message) and told.channel is Channel.SHELL for told in batch):
                return
    finally:
        asked.cancel()


async def _ask(host: KeeperKernelHost, kernel_id: KernelId) -> None:
    while True:
        await host.send(kernel_id, Channel.SHELL, request("kernel_info_request", {}))
        await asyncio.sleep(0.1)
