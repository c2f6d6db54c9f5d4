"""Zygote: one that is in use: what it forks, hands over and keeps parked."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from jupyter_sessions_server.keeper.interpreters import IpykernelCommand, likeness
from jupyter_sessions_server.keeper.launch import Launch, StartFailed
from jupyter_sessions_server.keeper.parked import ParkedKernels
from jupyter_sessions_server.keeper.processes import Process, ProcessGone
from jupyter_sessions_server.keeper.zygote_link import Refused, Stale, ZygoteGone, ZygoteLink

log = logging.getLogger(__name__)


class Tasks(Protocol):
    """Where tasks are started that end with somebody else's block, like asyncio.TaskGroup."""

    def create_task(self, work: Coroutine[Any, Any, Any], /) -> "asyncio.Task[Any]":
        """Start a task."""


class Zygote:
    """Makes kernels of one interpreter."""

    def __init__(
        self,
        link: ZygoteLink,
        process: Process | None,
        run_dir: Path,
        tasks: Tasks,
        refill_seconds: float,
    ) -> None:
        """`process`: None if it is an earlier keeper's child."""
        self.link = link
        self.process = process
        self.parked = ParkedKernels(link, run_dir)
        self._tasks = tasks
        self._refill_seconds = refill_seconds
        self._refilling: asyncio.Task[None] | None = None
        self._umask = _umask()

    async def fork(self, command: IpykernelCommand, launch: Launch) -> Process:
        """A kernel that runs, from the pool if it can be; raises StartFailed, ZygoteGone, Stale."""
        job = self._job(command, launch.env, launch.nice) | {
            "folder": str(launch.folder),
            "arguments": ["-f", str(launch.connection_file), *launch.fill(command.more)],
            "cwd": launch.cwd,
            "journal": str(launch.journal),
            "limits": list(launch.limits),
        }
        told = await self._hand_over(likeness(command, launch.env), launch.folder, job)
        if told is None:
            told = await self._request_fork(job)
        self.keep_parked(command, launch.env, launch.pool, self._refill_seconds)
        return self._process(told)

    async def fork_plain(
        self,
        command: IpykernelCommand,
        connection_file: Path,
        cwd: str,
        env: Mapping[str, str],
        folder: Path,
        independent: bool,
    ) -> Process:
        """A kernel without a journal, and without us unless it is independent; raises as fork does.

        `folder`: where its standard error goes.
        """
        told = await self._request_fork(
            self._job(command, env, 0)
            | {
                "folder": str(folder),
                "arguments": command.arguments(connection_file),
                "cwd": cwd,
                "journal": None,
                "ends_with_keeper": not independent,
            }
        )
        return self._process(told)

    def _process(self, told: Mapping[str, Any]) -> Process:
        pid: int = told["pid"]
        try:
            return Process.open(pid, partial(exit_code_by, self.link, pid, told["start_time"]))
        except ProcessGone:
            raise StartFailed("it ended at once") from None
        except OSError:  # no descriptor is left; until the zygote reaps it the number is its own
            os.kill(pid, signal.SIGKILL)
            raise

    async def _request_fork(self, job: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await self.link.request("fork", job=job)
        except Refused as error:
            raise StartFailed(str(error)) from None

    async def _hand_over(
        self, alike: str, folder: Path, job: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Give the job to a parked kernel; None if there is none that can be it."""
        while parked := self.parked.take(alike):
            try:
                parked.move_to(folder)
                return await self.link.request("take", pid=parked.pid, job=job)
            except (Refused, OSError) as error:
                log.info("parked kernel was of no use", extra={"why": str(error)})
                with contextlib.suppress(ProcessLookupError):
                    os.kill(parked.pid, signal.SIGKILL)
                parked.remove_folder()
        return None

    def _job(self, command: IpykernelCommand, env: Mapping[str, str], nice: int) -> dict[str, Any]:
        """What is the same for a kernel and for those parked for its like."""
        return {
            "module": command.module,
            "command": [command.python, *command.flags, "-m", command.module],
            "arguments": ["-f", "", *command.more],
            "cwd": "/",
            "env": dict(env),
            "umask": self._umask,
            "nice": nice,
        }

    def keep_parked(
        self, command: IpykernelCommand, env: Mapping[str, str], count: int, delay: float
    ) -> None:
        """After the delay, have so many parked kernels of this kind; not more, not fewer."""
        if not command.can_be_parked:
            return
        self.parked.want(likeness(command, env), self._job(command, env, 0), count)
        if self._refilling is None or self._refilling.done():
            self._refilling = self._tasks.create_task(self._refill_after(delay))

    async def _refill_after(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            await self.parked.refill()
        except (Refused, Stale, ZygoteGone, OSError) as error:
            log.info("no kernel was parked", extra={"why": str(error)})

    def drop(self) -> None:
        """It is used no more; its kernels live on."""
        self.parked.close()
        if self._refilling is not None:
            self._refilling.cancel()
        if self.process is not None:
            self._tasks.create_task(_reap(self.process))
            self.process = None


async def exit_code_by(link: ZygoteLink, pid: int, start_time: str) -> int | None:
    """How a kernel ended that this zygote has forked; None if it does not know."""
    try:
        told = await link.request("exit", pid=pid, start_time=start_time)
    except ZygoteGone:
        return None
    code: int | None = told["code"]
    return code


async def _reap(process: Process) -> None:
    """Leave no zombie."""
    await process.wait()
    process.release()


def _umask() -> int:
    """What this process's files are made with; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
