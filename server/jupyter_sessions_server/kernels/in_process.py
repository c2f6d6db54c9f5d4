"""InProcessKernelHost: a KernelHost whose kernels are the server's children and end with it."""

import asyncio
import itertools
import logging
import tempfile
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import zmq.asyncio

from jupyter_sessions_server.kernels.memory_journal import MemoryJournal
from jupyter_sessions_server.kernels.messages import MalformedMessage, from_frames
from jupyter_sessions_server.kernels.process import KernelProcess
from jupyter_sessions_server.kernels.root_directory import RootDirectory
from jupyter_sessions_server.kernels.specs import JupyterKernelSpecs
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    JournalRecord,
    KernelId,
    KernelLaunch,
    KernelStart,
    ProcessExited,
    Request,
)
from jupyter_sessions_server.ports import Clock

log = logging.getLogger(__name__)


class InProcessKernelHost:
    """Starts processes, reads their sockets, and keeps what they say in memory."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        specs: JupyterKernelSpecs,
        root: RootDirectory,
        clock: Clock,
        journal_bytes: int,
    ) -> None:
        self._tasks = tasks
        self._specs = specs
        self._root = root
        self._clock = clock
        self._journal_bytes = journal_bytes
        self._processes: dict[KernelId, KernelProcess] = {}
        self._journals: dict[KernelId, MemoryJournal] = {}
        self._file_numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._context = zmq.asyncio.Context()
        # Short, since the path of a socket may have about 100 bytes; 0700, since sockets are not.
        self._folder = tempfile.TemporaryDirectory(prefix="jps-")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End all kernels by force; their journals tell it, and then end."""
        running = list(self._processes.values())
        await asyncio.gather(*(p.stop(ExitCause.SHUT_DOWN, grace_seconds=0) for p in running))
        for journal in self._journals.values():
            journal.close()
        self._context.destroy(linger=0)
        self._folder.cleanup()

    async def running(self) -> Sequence[KernelId]:
        """The kernels that have a process: none when a server has just started."""
        return list(self._processes)

    async def cwd_for_path(self, path: str) -> str:
        """The absolute directory for a path."""
        return self._root.cwd_for_path(path)

    async def start(self, launch: KernelLaunch) -> KernelStart:
        """Start a process; it is cold."""
        file = Path(self._folder.name) / str(next(self._file_numbers))
        process = KernelProcess(launch, specs=self._specs.manager, context=self._context, file=file)
        journal = self._journals.setdefault(launch.kernel_id, MemoryJournal(self._journal_bytes))
        try:
            await process.start(partial(self._receive, journal, process))
        except BaseException:
            if journal.next_seq == 1:
                del self._journals[launch.kernel_id]
            raise
        self._processes[launch.kernel_id] = process
        self._tasks.create_task(self._watch(launch.kernel_id, process, journal))
        return KernelStart()

    def _receive(
        self,
        journal: MemoryJournal,
        process: KernelProcess,
        channel: Channel,
        frames: Sequence[bytes],
    ) -> None:
        now = self._clock.now_ms()
        signer = process.channels.signer
        try:
            journal.append(lambda seq: from_frames(signer, channel, frames, seq, now))
        except MalformedMessage as error:
            log.warning("message ignored", extra={"channel": channel.value, "why": str(error)})

    async def _watch(
        self, kernel_id: KernelId, process: KernelProcess, journal: MemoryJournal
    ) -> None:
        """Write the process's end into the journal."""
        code, stderr_tail = await process.run_to_end()
        del self._processes[kernel_id]
        now = self._clock.now_ms()
        end = process.exit(code, stderr_tail, now)
        journal.append(lambda seq: ProcessExited(seq, now, end))
        process.gone.set()

    async def stop(self, kernel_id: KernelId, cause: ExitCause, *, grace_seconds: float) -> None:
        """End the process; nothing if there is none."""
        process = self._processes.get(kernel_id)
        if process is not None:
            await process.stop(cause, grace_seconds)

    async def interrupt(self, kernel_id: KernelId) -> None:
        """Interrupt what runs; nothing if there is no process."""
        process = self._processes.get(kernel_id)
        if process is not None:
            await process.interrupt()

    async def send(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        """Hand a message to the kernel; nothing if there is no process."""
        process = self._processes.get(kernel_id)
        if process is not None:
            process.channels.send(channel, request)

    def next_seq(self, kernel_id: KernelId) -> int:
        """The number the next record will have."""
        journal = self._journals.get(kernel_id)
        return 1 if journal is None else journal.next_seq

    def read(
        self, kernel_id: KernelId, from_seq: int
    ) -> AsyncGenerator[Sequence[JournalRecord], None]:
        """The journal's records from a number on."""
        return self._journals[kernel_id].read(from_seq)

    async def forget(self, kernel_id: KernelId) -> None:
        """Remove the journal; readers end."""
        journal = self._journals.pop(kernel_id, None)
        if journal is not None:
            journal.close()
