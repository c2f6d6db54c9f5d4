"""Kernels: the table of the kernels that have a process, and what servers may do with them."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from jupyter_sessions_server import journal
from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper import adoption, fields, journal_ends, start_folders
from jupyter_sessions_server.keeper.kernel_process import KernelProcess
from jupyter_sessions_server.keeper.launch import StartFailed, StartFolder
from jupyter_sessions_server.keeper.protocol import (
    Cause,
    ErrorCode,
    RequestRefused,
    RunningKernel,
)
from jupyter_sessions_server.keeper.state_files import KernelState, StateFiles, UnknownState
from jupyter_sessions_server.keeper.ways import Ways

_BURIAL_SECONDS = 5.0
"""How long a new keeper waits before it serves until the end of a dead kernel is stored."""

log = logging.getLogger(__name__)


class Kernels:
    """All kernels of one keeper. Their watching belongs to the task group that is given."""

    def __init__(
        self,
        *,
        run_dir: Path,
        journal_dir: Path,
        ways: Ways,
        tasks: asyncio.TaskGroup,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called after a kernel has come or gone."""
        self.limits = Limits()
        """Of journals, for later starts."""
        self._run_dir = run_dir
        self._journal_dir = journal_dir
        self._ways = ways
        self._tasks = tasks
        self._changed = changed
        self._states = StateFiles(run_dir / "kernels")
        self._table: dict[str, KernelProcess] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._table)

    async def start(self, request: fields.Fields) -> RunningKernel:
        """Start a process for a kernel that has none."""
        launch = fields.launch(
            request,
            folder=start_folders.new_folder(self._run_dir),
            journals=self._journal_dir,
            limits=self.limits,
        )
        await self._settle(launch.kernel_id)
        self._refuse_start(launch.kernel_id)
        kernel = self._enter(launch.kernel_id, launch.files, launch.limits)
        try:
            running = await kernel.start(launch, self._ways)
        except BaseException as error:
            self._drop(kernel)
            if isinstance(error, StartFailed | OSError):
                raise RequestRefused(ErrorCode.START_FAILED, str(error)) from error
            raise
        self._tasks.create_task(self._watch(kernel))
        facts = {"kernel_id": launch.kernel_id, "pid": running["pid"], "mode": running["mode"]}
        log.info("kernel started", extra=facts)
        return running

    async def _settle(self, kernel_id: str) -> None:
        kernel = self._table.get(kernel_id)
        if kernel is not None:
            await kernel.settle()

    def _refuse_start(self, kernel_id: str) -> None:
        if self._closing:
            raise RequestRefused(ErrorCode.SHUTTING_DOWN, "the keeper ends with all kernels")
        self._refuse_present(kernel_id, ErrorCode.ALREADY_RUNNING)

    def _refuse_present(self, kernel_id: str, code: ErrorCode) -> None:
        if kernel_id in self._table:
            raise RequestRefused(code, f"kernel {kernel_id} has a process")
        if self._states.is_newer(kernel_id):
            message = f"kernel {kernel_id} may have a process, which a newer keeper started"
            raise RequestRefused(code, message)

    def _enter(self, kernel_id: str, folder: StartFolder, limits: Limits) -> KernelProcess:
        kernel = KernelProcess(
            kernel_id, folder, self._journal_dir / kernel_id, limits, self._states
        )
        self._table[kernel_id] = kernel
        self._changed()
        return kernel

    def _drop(self, kernel: KernelProcess) -> None:
        del self._table[kernel.kernel_id]
        self._changed()

    async def _watch(self, kernel: KernelProcess) -> None:
        """See a process to its end."""
        try:
            await kernel.run_to_end()
        finally:
            self._drop(kernel)

    async def stop(self, kernel_id: str, cause: Cause, grace_seconds: float) -> None:
        """End a process; returns when its exit is in the journal; nothing if there is none."""
        kernel = self._table.get(kernel_id)
        if kernel is not None:
            await kernel.stop(cause, grace_seconds)

    def signal(self, kernel_id: str, number: int) -> None:
        """Send a signal to a kernel's group; nothing if there is no process."""
        kernel = self._table.get(kernel_id)
        if kernel is not None:
            kernel.signal(number)

    def running(self) -> Sequence[RunningKernel]:
        """The kernels that have a process."""
        return [kernel.running for kernel in self._table.values() if kernel.running is not None]

    async def forget(self, kernel_id: str) -> None:
        """Remove the journal of a kernel without process, and what else there is of it."""
        await self._settle(kernel_id)
        self._refuse_present(kernel_id, ErrorCode.RUNNING)
        self._states.remove(kernel_id)
        journal.remove(self._journal_dir / kernel_id)

    def ids(self) -> Sequence[str]:
        """The kernels that have a process, or will have one in a moment."""
        return list(self._table)

    def last_written(self, kernel_id: str) -> float:
        """When the kernel's journal grew last, in Unix seconds."""
        return journal_ends.last_written(self._journal_dir / kernel_id)

    def prepare(self, request: fields.Fields) -> None:
        """Make ready for starts like this one."""
        self._ways.zygotes.prepare(
            request.argv(), request.text("cwd"), request.env(), request.whole("pool", least=0)
        )

    async def terminate(self, kernel_id: str, cause: Cause, grace_seconds: float) -> None:
        """End a process by signals alone; nothing if there is none."""
        kernel = self._table.get(kernel_id)
        if kernel is not None:
            await kernel.terminate(cause, grace_seconds)

    async def shut_down(self, grace_seconds: float) -> None:
        """End all processes at the same time, and start no others."""
        self._closing = True
        async with asyncio.TaskGroup() as ending:
            for kernel in self._table.values():
                ending.create_task(kernel.terminate(Cause.SHUT_DOWN, grace_seconds))

    async def adopt(self) -> None:
        """Take on what an earlier keeper started and still lives, and deal with what does not."""
        left = False
        for kernel_id in self._states.kernel_ids():
            try:
                state = self._states.read(kernel_id)
            except UnknownState as error:
                facts = {"kernel_id": kernel_id, "why": str(error)}
                log.warning("state file left as it is", extra=facts)
                left = True
                continue
            if state is not None:
                await self._adopt_one(state)
        if not left:
            self.remove_other_folders()

    async def _adopt_one(self, state: KernelState) -> None:
        kernel_id = state.kernel["kernel_id"]
        kernel = self._enter(kernel_id, StartFolder(state.folder), state.limits)
        process = adoption.find_process(state, self._ways.zygotes)
        facts = {"kernel_id": kernel_id, "pid": state.kernel["pid"]}
        if process is not None:
            kernel.adopt(state, process)
            self._tasks.create_task(self._watch(kernel))
            log.info("kernel adopted", extra=facts)
            return
        burial = self._tasks.create_task(self._bury(kernel, state))
        await asyncio.wait([burial], timeout=_BURIAL_SECONDS)

    async def _bury(self, kernel: KernelProcess, state: KernelState) -> None:
        """Deal with a kernel that ended while no keeper was there."""
        try:
            await adoption.end_unknown(state)
            await kernel.finish(state, await adoption.exit_code(state, self._ways.zygotes), None)
        finally:
            self._drop(kernel)

    def remove_other_folders(self) -> None:
        """Remove the folders of starts that no kernel of the table has."""
        known = {kernel.folder.path for kernel in self._table.values()}
        for folder in adoption.folders(self._run_dir) - known:
            shutil.rmtree(folder, ignore_errors=True)
