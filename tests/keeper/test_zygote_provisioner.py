"""Forked kernels under a stock manager of jupyter_client."""

import sys
import tomllib
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from jupyter_sessions_server.keeper.provisioner import ZygoteProvisioner, close_zygotes
from tests.waiting import until

pytestmark = pytest.mark.slow

GROUP = "jupyter_client.kernel_provisioners"
NAME = "jupyter-sessions-zygote"


def entry_point() -> EntryPoint:
    """What an installation makes known to jupyter_client."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    return EntryPoint(NAME, project["entry-points"][GROUP][NAME], GROUP)


class OneSpec(KernelSpecManager):
    """Knows one kernelspec, whose kernels are forked."""

    argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The only one."""
        return KernelSpec(
            argv=list(self.argv),
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )


@pytest.fixture
async def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A stock manager; its kernel and its zygotes end with the test."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setitem(factory.provisioners, NAME, entry_point())
    manager = AsyncKernelManager(
        kernel_spec_manager=OneSpec(),
        connection_file=str(tmp_path / "kernel.json"),
        transport="ipc",
    )
    yield manager
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)
    manager.context.destroy(linger=0)
    await close_zygotes()


async def connected(manager: AsyncKernelManager) -> AsyncKernelClient:
    """A client that the kernel answers."""
    client: AsyncKernelClient = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=20)
    return client


async def value(client: AsyncKernelClient, code: str) -> str:
    """What the expression is in the kernel."""
    reply = await client.execute("", user_expressions={"value": code}, reply=True, timeout=20)
    return str(reply["content"]["user_expressions"]["value"]["data"]["text/plain"])


async def test_a_stock_manager_starts_forked_kernels(manager: AsyncKernelManager) -> None:
    """The kernel's parent is the zygote, not the process of the manager."""
    await manager.start_kernel()

    client = await connected(manager)
    shown = await value(client, "6 * 7")
    parent = psutil.Process(int(await value(client, "__import__('os').getppid()")))
    client.stop_channels()

    assert shown == "42"
    assert any(part.endswith("zygote.py") for part in parent.cmdline())


async def test_a_stock_manager_restarts_a_forked_kernel(manager: AsyncKernelManager) -> None:
    """With the same connection file."""
    await manager.start_kernel()
    first = manager.provisioner.pid

    await manager.restart_kernel(now=True)
    client = await connected(manager)
    shown = await value(client, "6 * 7")
    client.stop_channels()

    assert shown == "42"
    assert manager.provisioner.pid != first


async def test_a_stock_manager_interrupts_a_forked_kernel(manager: AsyncKernelManager) -> None:
    """By a signal to its group."""
    await manager.start_kernel()
    client = await connected(manager)
    request = client.execute("import time; print('runs', flush=True); time.sleep(1000)")
    while (await client.get_iopub_msg(timeout=20))["msg_type"] != "stream":
        pass

    await manager.interrupt_kernel()
    reply = await client._recv_reply(request, timeout=20)
    client.stop_channels()

    assert reply["content"]["ename"] == "KeyboardInterrupt"


async def test_a_stock_manager_sees_the_exit_code(manager: AsyncKernelManager) -> None:
    """Though the process is not its child."""
    await manager.start_kernel()
    client = await connected(manager)

    client.execute("import os; os._exit(3)")
    provisioner = manager.provisioner
    await until(lambda: provisioner.process.poll() is not None)
    client.stop_channels()

    assert await provisioner.wait() == 3


async def test_a_stock_manager_shuts_a_forked_kernel_down(manager: AsyncKernelManager) -> None:
    """By message, as any."""
    await manager.start_kernel()
    client = await connected(manager)
    client.stop_channels()
    pid = manager.provisioner.pid

    await manager.shutdown_kernel()

    assert not psutil.pid_exists(pid)


async def test_a_forked_kernel_ends_with_the_process_that_has_the_manager(
    manager: AsyncKernelManager,
) -> None:
    """As a kernel does that watches its parent."""
    await manager.start_kernel()
    process = psutil.Process(manager.provisioner.pid)

    await close_zygotes()

    await until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


async def test_what_cannot_be_forked_is_started(
    manager: AsyncKernelManager, tmp_path: Path
) -> None:
    """A fork cannot be given a pipe."""
    with (tmp_path / "out").open("wb") as output:
        await manager.start_kernel(stdout=output)

    assert psutil.Process(manager.provisioner.pid).ppid() == psutil.Process().pid


def test_the_provisioner_is_found_by_its_name() -> None:
    """A kernelspec names it in its metadata."""
    assert entry_point().load() is ZygoteProvisioner
