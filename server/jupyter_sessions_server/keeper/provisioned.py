"""Kernels that a provisioner of jupyter_client starts: the recorder is its manager and its hands.

Signals to the recorder become calls of the provisioner: SIGINT interrupts, SIGTERM terminates,
SIGUSR1 kills.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from copy import copy
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from jupyter_sessions_server.journal.writer import JournalWriter
from jupyter_sessions_server.keeper.recorded_channels import RecordedChannels
from jupyter_sessions_server.keeper.recorded_process import kill_group, open_stderr
from jupyter_sessions_server.keeper.recorder_spec import RecorderSpec

log = logging.getLogger(__name__)

Tell = Callable[..., None]
Signals = asyncio.Queue[signal.Signals]


def record_provisioned(
    spec: RecorderSpec, provisioner: dict[str, Any], writer: JournalWriter, tell: Tell
) -> int | None:
    """Start and record such a kernel; what its provisioner says of its end."""
    return asyncio.run(_record(spec, provisioner, writer, tell))


async def _record(
    spec: RecorderSpec, wanted: dict[str, Any], writer: JournalWriter, tell: Tell
) -> int | None:
    signals = _signals()
    manager = _manager(spec, wanted)
    end, wakeup = os.pipe()
    os.set_blocking(end, False)
    try:
        provisioner = await _start(manager, spec)
        connection = _as_json(manager.get_connection_info())
        with RecordedChannels(connection, spec.requests, end, writer.append) as channels:
            tell(pid=getattr(_popen(provisioner), "pid", None), connection=connection)
            return await _run(provisioner, channels, signals, wakeup)
    finally:
        await _discard(manager)
        os.close(end)
        os.close(wakeup)


async def _run(
    provisioner: KernelProvisionerBase, channels: RecordedChannels, signals: Signals, wakeup: int
) -> int | None:
    """Record in a thread until the kernel has ended."""
    recording = asyncio.get_running_loop().run_in_executor(None, channels.run, bool)
    # A kernel that nobody records any more must not go on.
    recording.add_done_callback(lambda _: signals.put_nowait(signal.SIGUSR1))
    try:
        return await _ended(provisioner, signals)
    finally:
        os.write(wakeup, b"!")
        await recording


def _signals() -> Signals:
    """The signals to this process, as they come."""
    signals: Signals = asyncio.Queue()
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGUSR1:
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    return signals


def _manager(spec: RecorderSpec, wanted: dict[str, Any]) -> AsyncKernelManager:
    """A manager that finds the sockets in a private folder, unless its provisioner knows better."""
    specs = KernelSpecManager()
    file = Path(spec.connection_file)
    manager = AsyncKernelManager(
        kernel_name=wanted["kernel_name"],
        kernel_id=Path(spec.journal).name,
        kernel_spec_manager=specs,
        connection_file=spec.connection_file,
        transport="ipc",
        ip=str(file.with_name("s")),
    )
    manager._kernel_spec = _kernel_spec(specs.get_kernel_spec(wanted["kernel_name"]), spec, wanted)
    return manager


def _kernel_spec(found: KernelSpec, spec: RecorderSpec, wanted: dict[str, Any]) -> KernelSpec:
    """The kernelspec, with what the keeper was told in place of what it holds by now.

    jupyter_client replaces `$NAME` in a kernelspec's variables; ours are taken as they are.
    """
    kernel_spec = copy(found)
    kernel_spec.argv = spec.argv
    kernel_spec.env = {
        name: spec.env[name].replace("$", "$$") for name in found.env if name in spec.env
    }
    provisioner = {"provisioner_name": wanted["name"], "config": wanted["config"]}
    kernel_spec.metadata = {**found.metadata, "kernel_provisioner": provisioner}
    return kernel_spec


async def _start(manager: AsyncKernelManager, spec: RecorderSpec) -> KernelProvisionerBase:
    with open_stderr(spec.stderr) as stderr:
        await manager.start_kernel(
            cwd=spec.cwd,
            env=dict(spec.env),
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
        )
    provisioner = manager.provisioner
    if provisioner is None:
        raise RuntimeError("the kernel has no provisioner")
    return provisioner


def _as_json(info: Any) -> dict[str, Any]:
    """The connection as it stands in a connection file: texts for bytes."""
    texts: dict[str, Any] = json.loads(json.dumps(dict(info), default=bytes.decode))
    return texts


async def _ended(provisioner: KernelProvisionerBase, signals: Signals) -> int | None:
    """Pass signals on until the kernel has ended; its exit code."""
    async with asyncio.TaskGroup() as tasks:
        passing = tasks.create_task(_pass_on(provisioner, signals, tasks))
        try:
            process = _popen(provisioner)
            if process is not None and hasattr(os, "pidfd_open"):
                await _process_ended(process.pid)
                if os.getpgid(process.pid) == process.pid:
                    kill_group(process.pid)  # before it is reaped: the group's number is still ours
            return await provisioner.wait()
        finally:
            passing.cancel()


def _popen(provisioner: KernelProvisionerBase) -> "subprocess.Popen[bytes] | None":
    """The process here of a kernel that has one; a `pid` alone may be of another machine."""
    process = getattr(provisioner, "process", None)
    return process if isinstance(process, subprocess.Popen) else None


async def _process_ended(pid: int) -> None:
    """Wait for the end of a child; unlike most provisioners' own waiting, it takes no CPU."""
    descriptor = os.pidfd_open(pid)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _pass_on(
    provisioner: KernelProvisionerBase, signals: Signals, tasks: asyncio.TaskGroup
) -> None:
    """Each in a task of its own: a kill must not wait for a terminate that hangs."""
    calls: dict[signal.Signals, Callable[[], Awaitable[None]]] = {
        signal.SIGINT: lambda: provisioner.send_signal(signal.SIGINT),
        signal.SIGTERM: provisioner.terminate,
        signal.SIGUSR1: provisioner.kill,
    }
    while True:
        tasks.create_task(_guarded(calls[await signals.get()]))


async def _guarded(call: Callable[[], Awaitable[None]]) -> None:
    """A provisioner that fails at one call has not ended its kernel."""
    try:
        await call()
    except Exception:
        log.exception("the provisioner failed")


async def _discard(manager: AsyncKernelManager) -> None:
    """Let go of what the provisioner holds; a kernel that runs is killed."""
    if manager.has_kernel and manager.provisioner is not None:
        await manager.provisioner.kill()
        await manager.provisioner.wait()
    await manager.cleanup_resources()
