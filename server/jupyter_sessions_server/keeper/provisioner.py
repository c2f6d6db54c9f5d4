"""ZygoteProvisioner: forked kernels for everything that starts kernels by jupyter_client.

In a kernelspec's metadata: {"kernel_provisioner": {"provisioner_name": "jupyter-sessions-zygote"}}.
The process that starts kernels has zygotes of its own, one set per event loop; no keeper is needed,
and there is no journal. What cannot be forked is started as by LocalProvisioner.
"""

import asyncio
import contextlib
import json
import os
import secrets
import select
import signal
import socket
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from jupyter_sessions_server.keeper.interpreters import IpykernelCommand, ipykernel_command
from jupyter_sessions_server.keeper.launch import CannotFork, StartFailed
from jupyter_sessions_server.keeper.processes import Process
from jupyter_sessions_server.keeper.zygote_process import ZygoteTimes
from jupyter_sessions_server.keeper.zygotes import Zygotes

_ANSWER_SECONDS = 5.0
_UNKNOWN_CODE = 255
"""The exit code of a kernel whose zygote has ended."""
_OF_POPEN = {"stdin", "stdout", "stderr", "preexec_fn", "pass_fds", "close_fds", "shell", "bufsize"}
"""What a fork cannot be given; who asks for it gets a process of its own."""


class ZygoteProvisioner(LocalProvisioner):
    """Forks ipykernels."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, or start it if that cannot be."""
        command = ipykernel_command(self._with_placeholder(cmd))
        if command is None or any(kwargs.get(name) is not None for name in _OF_POPEN):
            return await super().launch_kernel(cmd, **kwargs)
        try:
            kernel = await self._fork(command, kwargs)
        except CannotFork as error:
            self.log.info("Starting kernel without a zygote: %s", error.reason)
            return await super().launch_kernel(cmd, **kwargs)
        except StartFailed as error:
            raise OSError(str(error)) from error
        self.process = cast(Any, kernel)
        self.pid = self.pgid = kernel.pid
        return self.connection_info

    def _with_placeholder(self, cmd: list[str]) -> list[str]:
        return ["{connection_file}" if part == self._file else part for part in cmd]

    @property
    def _file(self) -> str:
        """The connection file, which the kernel's manager has written."""
        return str(getattr(self.parent, "connection_file", ""))

    async def _fork(self, command: IpykernelCommand, kwargs: dict[str, Any]) -> "ForkedKernel":
        zygotes = _OwnZygotes.of_loop()
        env = dict(kwargs.get("env") or os.environ)
        folder = zygotes.new_folder()
        path = Path()

        async def fork(zygote: Any) -> Process:
            nonlocal path
            path = zygote.link.path
            process: Process = await zygote.fork_plain(
                command,
                Path(self._file),
                str(kwargs.get("cwd") or Path.cwd()),
                env,
                folder,
                independent=bool(kwargs.get("independent")),
            )
            return process

        return ForkedKernel(await zygotes.zygotes.fork_by(command, env, None, fork), path)


class ForkedKernel:
    """A forked kernel, with what LocalProvisioner needs of a Popen; works in and out of a loop."""

    stdin = stdout = stderr = None

    def __init__(self, process: Process, zygote: Path) -> None:
        self.pid = process.pid
        self._start_time = process.start_time
        self._zygote = zygote
        self._pidfd = os.pidfd_open(process.pid)
        self._code: int | None = None
        process.release()

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        if self._code is None and select.select([self._pidfd], [], [], 0)[0]:
            self._end()
        return self._code

    def wait(self) -> int:
        """Wait for its end."""
        while self._code is None:
            select.select([self._pidfd], [], [])
            self._end()
        return self._code

    def _end(self) -> None:
        code = _ask(self._zygote, self.pid, self._start_time)
        self._code = _UNKNOWN_CODE if code is None else code
        os.close(self._pidfd)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._pidfd, number)

    def terminate(self) -> None:
        """End it."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force."""
        self.send_signal(signal.SIGKILL)


def _ask(zygote: Path, pid: int, start_time: str) -> int | None:
    """How a kernel ended that this zygote has forked; None if it does not know."""
    question = json.dumps({"op": "exit", "id": 1, "pid": pid, "start_time": start_time})
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_ANSWER_SECONDS)
        line.connect(str(zygote))
        line.sendall(question.encode() + b"\n")
        with line.makefile() as answers:
            answers.readline()  # its hello
            code: int | None = json.loads(answers.readline())["code"]
            return code
    return None


class _OwnZygotes:
    """The zygotes of one event loop. They end with this process, or by close_zygotes."""

    def __init__(self) -> None:
        self._run_dir = tempfile.TemporaryDirectory(prefix="jps-", ignore_cleanup_errors=True)
        self._tasks: set[asyncio.Task[Any]] = set()
        times = ZygoteTimes(linger_seconds=0.0)
        self.zygotes = Zygotes(Path(self._run_dir.name), self, times=times)

    @classmethod
    def of_loop(cls) -> "_OwnZygotes":
        loop = asyncio.get_running_loop()
        if loop not in _by_loop:
            _by_loop[loop] = cls()
        return _by_loop[loop]

    def new_folder(self) -> Path:
        folder = Path(self._run_dir.name, secrets.token_hex(4))
        folder.mkdir(mode=0o700)
        return folder

    def create_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        await self.zygotes.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._run_dir.cleanup()


_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _OwnZygotes] = WeakKeyDictionary()


async def close_zygotes() -> None:
    """End the zygotes of this event loop, and with them the kernels that are not independent."""
    own = _by_loop.pop(asyncio.get_running_loop(), None)
    if own is not None:
        await own.close()
