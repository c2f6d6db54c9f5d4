"""KeeperKernelHost: a KernelHost whose kernels are the keeper's, and outlive the server."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import zmq
from jupyter_client.kernelspec import NoSuchKernel

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import KernelStartFailed
from jupyter_sessions_server.journal.watch import open_watch
from jupyter_sessions_server.keeper.protocol import Op, Settings
from jupyter_sessions_server.kernels.channels import (
    DirectChannels,
    KernelChannels,
    RecorderChannels,
    SyncContext,
)
from jupyter_sessions_server.kernels.commands import command_of
from jupyter_sessions_server.kernels.followed_journal import FollowedJournal
from jupyter_sessions_server.kernels.keeper_link import KeeperLink, KeeperLost, KeeperRefused
from jupyter_sessions_server.kernels.root_directory import RootDirectory, is_directory
from jupyter_sessions_server.kernels.specs import JupyterKernelSpecs
from jupyter_sessions_server.kernels.usage import measure
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    JournalRecord,
    KernelId,
    KernelLaunch,
    KernelStart,
    KernelUsage,
    ProcessExited,
    Request,
    StartMode,
)
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.work import Work, begin, run_to_end, settle

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Process:
    """A process that runs, as far as the server knows."""

    pid: int
    interrupt_by_message: bool
    channels: KernelChannels
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class KeeperKernelHost:
    """Has the keeper start and end processes, speaks to their sockets, reads their journals."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        specs: JupyterKernelSpecs,
        root: RootDirectory,
        config: KernelConfig,
        run_dir: Path,
        journal_dir: Path,
        ephemeral: bool,
    ) -> None:
        """`run_dir` must have a short path: kernels' sockets are below it."""
        self._tasks = tasks
        self._specs = specs
        self._root = root
        self._config = config
        self._journal_dir = journal_dir
        self._stop_kernels = ephemeral or config.stop_kernels
        self._link = KeeperLink(
            tasks=tasks,
            run_dir=run_dir,
            journal_dir=journal_dir,
            settings=Settings(
                limits=list(config.journal), orphan_ttl_seconds=config.orphan_ttl_seconds
            ),
            ephemeral=ephemeral,
        )
        self._processes: dict[KernelId, _Process] = {}
        self._journals: dict[KernelId, FollowedJournal] = {}

    async def __aenter__(self) -> Self:
        self._context: SyncContext = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, self._context.get(zmq.SOCKET_LIMIT))
        self._watch = open_watch(asyncio.get_running_loop())
        await self._link.open(self._take_stock)
        await self._take_stock()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Let go of the kernels, or end them; readers get what is in the journals by now."""
        if self._stop_kernels:
            await self._link.shut_down()
        await self._link.close()
        for journal in self._journals.values():
            journal.close(read_rest=True)
        for process in self._processes.values():
            process.channels.close()
        self._watch.close()
        self._context.destroy(linger=0)

    async def _take_stock(self) -> None:
        """Know the kernels that run; those that ended meanwhile have told it in their journals."""
        told = await self._link.call(Op.LIST)
        for kernel in told["kernels"]:
            if kernel["kernel_id"] not in self._processes:
                self._add(kernel)
        for journal in self._journals.values():
            journal.catch_up()

    def _add(self, kernel: Mapping[str, Any]) -> None:
        """Take on a process that the keeper has told."""
        kernel_id = KernelId(kernel["kernel_id"])
        self._processes[kernel_id] = _Process(
            pid=kernel["pid"],
            interrupt_by_message=kernel["interrupt_by_message"],
            channels=self._channels(kernel),
        )
        journal = self._journal(kernel_id)
        self._watch.add(self._journal_dir / kernel_id, journal.catch_up)
        journal.catch_up()

    def _channels(self, kernel: Mapping[str, Any]) -> KernelChannels:
        if kernel["recorded"]:
            return RecorderChannels(self._context, kernel["connection"], kernel["requests"])
        return DirectChannels(self._context, kernel["connection"])

    def _journal(self, kernel_id: KernelId) -> FollowedJournal:
        if kernel_id not in self._journals:
            self._journals[kernel_id] = FollowedJournal(
                self._journal_dir / kernel_id, ended=partial(self._ended, kernel_id)
            )
        return self._journals[kernel_id]

    def _ended(self, kernel_id: KernelId, end: ProcessExited) -> None:
        """Its end was read from the journal."""
        process = self._processes.pop(kernel_id, None)
        if process is not None:
            self._watch.remove(self._journal_dir / kernel_id)
            process.channels.close()
            process.ended.set()

    async def running(self) -> Sequence[KernelId]:
        """The kernels that have a process now."""
        return list(self._processes)

    async def cwd_for_path(self, path: str) -> str:
        """The absolute directory for a path."""
        return self._root.cwd_for_path(path)

    async def is_directory(self, path: str) -> bool:
        """Whether a process can work there."""
        return await asyncio.to_thread(is_directory, Path(path))

    async def start(self, launch: KernelLaunch) -> KernelStart:
        """Start a process, warm where that can be."""
        is_first = self._journal(launch.kernel_id).next_seq == 1
        try:
            return await settle(self._tasks, self._start(launch, is_first))
        except asyncio.CancelledError:
            await run_to_end(self._tasks, self._take_back(launch.kernel_id, is_first))
            raise

    async def _take_back(self, kernel_id: KernelId, is_first: bool) -> None:
        """End what was started, and leave no journal behind that was not there before."""
        await self.stop(kernel_id, ExitCause.SHUT_DOWN, grace_seconds=0)
        if is_first:
            await self.forget(kernel_id)

    async def _start(self, launch: KernelLaunch, is_first: bool) -> KernelStart:
        try:
            kernel = await self._link.call(Op.START, **await self._start_request(launch))
        except (KeeperRefused, KeeperLost, NoSuchKernel) as error:
            await self._end(launch.kernel_id, ExitCause.SHUT_DOWN, 0)  # if it runs all the same
            if is_first:
                await self.forget(launch.kernel_id)
            raise KernelStartFailed(launch.kernel_name, str(error)) from error
        self._add(kernel)
        return KernelStart(StartMode(kernel["mode"]), kernel["cold_reason"])

    async def _start_request(self, launch: KernelLaunch) -> dict[str, Any]:
        spec = await asyncio.to_thread(self._specs.manager.get_kernel_spec, launch.kernel_name)
        command = command_of(launch.kernel_name, spec, launch.env)
        policy = self._config.policy_for(launch.kernel_name)
        return {
            "kernel_id": launch.kernel_id,
            "argv": command.argv,
            "cwd": launch.cwd,
            "env": command.env,
            "resource_dir": command.resource_dir,
            "provisioner": command.provisioner,
            "interrupt_by_message": spec.interrupt_mode == "message",
            "warm": policy.warm_start,
            "pool": policy.warm_kernels,
            "nice": policy.nice,
        }

    def prepare_default(self) -> None:
        """Have the keeper make ready for kernels of the default kernelspec, in the background."""
        if self._config.policy_for(self._specs.default_name).warm_start:
            preparing = self._prepare(self._specs.default_name)
            begin(self._tasks, preparing, "preparing for kernels of the default kernelspec")

    async def _prepare(self, kernel_name: str) -> None:
        launch = KernelLaunch(KernelId("unknown"), kernel_name, self._root.cwd_for_path(""), {})
        await self._link.call(Op.PREPARE, **await self._start_request(launch))

    async def stop(self, kernel_id: KernelId, cause: ExitCause, *, grace_seconds: float) -> None:
        """End the process; nothing if there is none."""
        process = self._processes.get(kernel_id)
        if process is None:
            return
        ending = Work(self._tasks, self._end(kernel_id, cause, grace_seconds))
        if grace_seconds > 0:
            try:
                await self._ask_to_end(kernel_id, process)
            except (zmq.ZMQError, OSError) as error:  # then by force, after the grace
                facts = {"kernel_id": kernel_id, "why": str(error)}
                log.warning("kernel not asked to end %(kernel_id)s: %(why)s", facts, extra=facts)
        await ending.wait()
        await process.ended.wait()

    async def _end(self, kernel_id: KernelId, cause: ExitCause, grace_seconds: float) -> None:
        """Have the keeper note the cause, and end the process after the grace."""
        await self._link.call(
            Op.STOP, kernel_id=kernel_id, cause=cause.value, grace_seconds=grace_seconds
        )

    async def _ask_to_end(self, kernel_id: KernelId, process: _Process) -> None:
        await asyncio.sleep(0)  # the keeper has the cause first
        await self._interrupt(kernel_id, process)  # a busy kernel would not hear the request
        process.channels.send(Channel.CONTROL, request("shutdown_request", {"restart": False}))

    async def interrupt(self, kernel_id: KernelId) -> None:
        """Interrupt what runs; nothing if there is no process."""
        process = self._processes.get(kernel_id)
        if process is not None:
            await self._interrupt(kernel_id, process)

    async def _interrupt(self, kernel_id: KernelId, process: _Process) -> None:
        if process.interrupt_by_message:
            process.channels.send(Channel.CONTROL, request("interrupt_request", {}))
        number = 0 if process.interrupt_by_message else signal.SIGINT
        await self._link.call(Op.SIGNAL, kernel_id=kernel_id, signal=int(number))

    async def send(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        """Hand a message to the kernel; nothing if there is no process."""
        process = self._processes.get(kernel_id)
        if process is not None:
            process.channels.send(channel, request)

    async def pass_on(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        """Hand a front end's message to the kernel when it takes it; nothing without a process."""
        process = self._processes.get(kernel_id)
        if process is not None:
            await process.channels.pass_on(channel, request)

    def next_seq(self, kernel_id: KernelId) -> int:
        """The number the next record will have."""
        return self._journal(kernel_id).next_seq

    def read(
        self, kernel_id: KernelId, from_seq: int
    ) -> AsyncGenerator[Sequence[JournalRecord], None]:
        """The journal's records from a number on."""
        journal = self._journals.get(kernel_id)
        if journal is None:  # of a retired kernel
            journal = FollowedJournal(self._journal_dir / kernel_id, lambda _: None)
            journal.close()
        return journal.read(from_seq)

    async def retire(self, kernel_id: KernelId) -> None:
        """Let go of the journal; readers end when they have read what there is."""
        journal = self._journals.pop(kernel_id, None)
        if journal is not None:
            journal.close(read_rest=True)

    async def forget(self, kernel_id: KernelId) -> None:
        """Remove the journal; readers end."""
        await self.retire(kernel_id)
        await self._link.call(Op.FORGET, kernel_id=kernel_id)

    async def usage(self) -> Mapping[KernelId, KernelUsage]:
        """What the processes take of this machine, children included."""
        pids = {kernel_id: process.pid for kernel_id, process in self._processes.items()}
        return await asyncio.to_thread(measure, pids)
