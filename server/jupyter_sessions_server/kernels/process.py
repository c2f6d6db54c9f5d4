"""KernelProcess: one process of a kernel, from its start to its end, through jupyter_client."""

import asyncio
import os
import subprocess
import sys
from copy import copy
from pathlib import Path
from typing import BinaryIO

import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from jupyter_sessions_server.errors import KernelStartFailed
from jupyter_sessions_server.kernels.channels import KernelChannels, Receive, SyncContext
from jupyter_sessions_server.kernels.messages import Signer
from jupyter_sessions_server.model import ExitCause, KernelExit, KernelLaunch

STDERR_TAIL_BYTES = 4096

_SECRETS = frozenset({"JUPYTER_SESSIONS_TOKEN"})
_LAST_WORDS_SECONDS = 0.05
"""How long messages that a process sent before its end may still be on their way."""


class KernelProcess:
    """A process that runs, its sockets, and the file its standard error goes to."""

    def __init__(
        self,
        launch: KernelLaunch,
        *,
        specs: KernelSpecManager,
        context: zmq.asyncio.Context,
        file: Path,
    ) -> None:
        """`file` is a name without suffix in a private folder, used for no other process."""
        self._launch = launch
        self._specs = specs
        self._stderr = file.with_suffix(".stderr")
        self._stopping: ExitCause | None = None
        self.gone = asyncio.Event()
        """To be set by whoever watches it, when its end is known."""
        self._manager = AsyncKernelManager(
            kernel_name=launch.kernel_name,
            kernel_id=launch.kernel_id,
            kernel_spec_manager=specs,
            connection_file=str(file.with_suffix(".json")),
            transport="tcp" if sys.platform == "win32" else "ipc",
            context=context,
        )

    async def start(self, receive: Receive) -> None:
        """Start it; raises KernelStartFailed, and leaves nothing behind then or when cancelled."""
        manager = self._manager
        try:
            manager._kernel_spec = _with_env(self._specs, self._launch)
            with self._open_stderr() as stderr:
                await manager.start_kernel(
                    cwd=self._launch.cwd,
                    env={k: v for k, v in os.environ.items() if k not in _SECRETS},
                    stdin=subprocess.DEVNULL,  # not the server's own, which may end before it
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                )
            # The sockets are read by us, not by zmq.asyncio, which costs twice as much.
            context: SyncContext = zmq.Context.shadow(manager.context.underlying)
            signer = Signer(manager.session.key)
            info = manager.get_connection_info()
            self.channels = KernelChannels(context, info, signer, receive)
        except BaseException as error:
            await self._discard()
            if isinstance(error, Exception):
                raise KernelStartFailed(self._launch.kernel_name, str(error)) from error
            raise

    @property
    def _provisioner(self) -> KernelProvisionerBase:
        """What runs the process; there is one once the manager was told to start."""
        provisioner = self._manager.provisioner
        if provisioner is None:
            raise RuntimeError("the kernel was not started")
        return provisioner

    def _open_stderr(self) -> BinaryIO:
        descriptor = os.open(self._stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "wb")

    async def _discard(self) -> None:
        """End what was started of it, by force."""
        if self._manager.has_kernel:
            await self._provisioner.kill()
            await self._provisioner.wait()
        await self._clean_up()

    async def _clean_up(self) -> None:
        await self._manager.cleanup_resources()
        self._stderr.unlink(missing_ok=True)

    async def interrupt(self) -> None:
        """Interrupt what runs, by signal or message as the kernelspec says."""
        await self._manager.interrupt_kernel()

    async def stop(self, cause: ExitCause, grace_seconds: float) -> None:
        """Ask it to end, then by signal, then by force; returns when it is gone."""
        self._stopping = self._stopping or cause
        if grace_seconds > 0:
            await self._manager.interrupt_kernel()  # a busy kernel would not hear the request
            await self._manager.request_shutdown()
            if await self._gone_within(grace_seconds / 2):
                return
            await self._provisioner.terminate()
            if await self._gone_within(grace_seconds / 2):
                return
        await self._provisioner.kill()
        await self.gone.wait()

    async def _gone_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            return False
        return True

    async def run_to_end(self) -> tuple[int | None, str]:
        """Wait for its end; its return code and the last lines of its standard error."""
        pid = getattr(self._provisioner, "pid", None)
        if pid is not None and hasattr(os, "pidfd_open"):
            await _process_ended(pid)
        code = await self._provisioner.wait()
        await asyncio.sleep(_LAST_WORDS_SECONDS)
        self.channels.drain()
        self.channels.close()
        tail = _tail(self._stderr)
        await self._clean_up()
        return code, tail

    def exit(self, code: int | None, stderr_tail: str, now_ms: int) -> KernelExit:
        """How it ended, by its return code; negative ones are signals."""
        signal = -code if code is not None and code < 0 else None
        by_itself = ExitCause.EXITED if signal is None else ExitCause.SIGNALED
        return KernelExit(
            cause=self._stopping or by_itself,
            exit_ms=now_ms,
            exit_code=code if signal is None else None,
            signal=signal,
            stderr_tail=stderr_tail,
        )


def _with_env(specs: KernelSpecManager, launch: KernelLaunch) -> KernelSpec:
    """The kernelspec with the launch's variables over its own.

    jupyter_client replaces `$NAME` in a kernelspec's variables; the launch's are taken as they are.
    """
    ours = {name: value.replace("$", "$$") for name, value in launch.env.items()}
    spec = specs.get_kernel_spec(launch.kernel_name)
    merged = copy(spec)
    merged.env = {**spec.env, **ours}
    return merged


async def _process_ended(pid: int) -> None:
    """Wait for the end of a process without polling; it is not reaped."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _tail(file: Path) -> str:
    """The last whole lines of the file."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - STDERR_TAIL_BYTES))
        text = stream.read().decode("utf-8", "replace")
    return text if size <= STDERR_TAIL_BYTES else text.partition("\n")[2]
