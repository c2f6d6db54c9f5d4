"""KernelProcess: one process of a kernel, from the order to start it to its exit in the journal."""

import asyncio
import logging
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper import adoption, journal_ends, start_folders
from jupyter_sessions_server.keeper.exits import exit_event
from jupyter_sessions_server.keeper.launch import Launch, StartFailed, StartFolder
from jupyter_sessions_server.keeper.memory import oom_kills
from jupyter_sessions_server.keeper.processes import Process, signal_group
from jupyter_sessions_server.keeper.protocol import (
    Cause,
    ErrorCode,
    RequestRefused,
    RunningKernel,
)
from jupyter_sessions_server.keeper.state_files import KernelState, StateFiles
from jupyter_sessions_server.keeper.ways import Plan, Started, Ways

log = logging.getLogger(__name__)

_TO_PROVISIONER = {
    signal.SIGINT: signal.SIGINT,
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGKILL: signal.SIGUSR1,
}
"""Signals for a provisioned kernel go to its recorder, which cannot be told SIGKILL."""
_FULL_SECONDS = 1.0
"""When to try again to store an end that the disk had no room for."""
_RECORDER_SECONDS = 10
"""How long a recorder may take to tell of its kernel's end."""


class KernelProcess:
    """What the keeper knows of one start, until its exit is told in the journal."""

    def __init__(
        self, kernel_id: str, folder: StartFolder, journal: Path, limits: Limits, states: StateFiles
    ) -> None:
        self.kernel_id = kernel_id
        self.journal = journal
        self.running: RunningKernel | None = None
        """What the server is told; None while there is no process."""
        self.folder = folder
        self._limits = limits
        self._states = states
        self._state: KernelState | None = None
        self._process: Process | None = None
        self._stopping = False
        self._killed = False
        self._cause: Cause | None = None  # if the disk is too full to note it
        self._first_seq: int | None = None  # where its start is told in the journal
        self._planned_state: KernelState | None = None  # until it is known which process it is
        self._started = asyncio.Event()
        self._gone = asyncio.Event()

    async def start(self, launch: Launch, ways: Ways) -> RunningKernel:
        """Start it; raises StartFailed or OSError, and nothing is left behind then."""
        try:
            connection = start_folders.make(self.folder)
            plan = await ways.plan(launch)
            state = self._planned(launch, plan, connection)
            if self._stopping:
                raise StartFailed("it was stopped while it was starting")
            self._planned_state = state
            self._states.write(state)  # first: a process that nobody knows would never end
            self._first_seq = journal_ends.append_started(
                self.journal, self._limits, plan.mode, plan.cold_reason
            )
            state.kernel["first_seq"] = self._first_seq
            return self._take(state, await ways.start(launch, plan))
        except BaseException as error:
            await self._discard(error)
            raise
        finally:
            self._started.set()

    def _planned(self, launch: Launch, plan: Plan, connection: dict[str, Any]) -> KernelState:
        return KernelState(
            kernel=RunningKernel(
                kernel_id=self.kernel_id,
                pid=0,
                mode=plan.mode,
                cold_reason=plan.cold_reason,
                recorded=False,
                connection=connection,
                requests=None,
                interrupt_by_message=launch.interrupt_by_message,
                first_seq=0,
                started_ms=time.time_ns() // 1_000_000,
            ),
            folder=self.folder.path,
            process=None,
            kernel_process=None,
            provisioned=launch.provisioner is not None,
            limits=self._limits,
            oom_kills=oom_kills(),
        )

    def _take(self, planned: KernelState, started: Started) -> RunningKernel:
        """Have the process that was started, and remember it for the next keeper."""
        self._process = started.process
        kernel = planned.kernel.copy()
        kernel["pid"] = started.process.pid if started.kernel is None else started.kernel.pid
        kernel["mode"] = started.mode
        kernel["cold_reason"] = started.cold_reason
        kernel["recorded"] = started.recorded
        kernel["requests"] = str(self.folder.requests) if started.recorded else None
        kernel["connection"] = dict(started.connection or kernel["connection"])
        self._state = replace(
            planned,
            kernel=kernel,
            process=started.process.identity,
            kernel_process=started.kernel,
        )
        self._states.write(self._state)
        self.running = kernel
        return kernel

    async def _discard(self, error: BaseException) -> None:
        """End what there is of a failed start, and tell so in the journal if it was begun there."""
        if self._process is not None:
            self._process.signal_group(signal.SIGKILL)
            if self._state is not None and self._state.kernel_process is not None:
                signal_group(self._state.kernel_process, signal.SIGKILL)
            await self._process.wait()
            self._process.release()
        elif self._planned_state is not None:
            await adoption.end_unknown(self._planned_state)
        if self._first_seq is not None:
            event = journal_ends.never_ready(error)
            journal_ends.store_exited(self.journal, self._limits, event, self._first_seq)
        self._clean_up()
        self._gone.set()

    def adopt(self, state: KernelState, process: Process) -> None:
        """Have a process that an earlier keeper started, and that lives."""
        self._state, self._process, self.running = state, process, state.kernel
        self._started.set()

    async def run_to_end(self) -> None:
        """Wait for its end, kill what it left behind, tell the exit in the journal."""
        if self._process is None or self._state is None:
            raise RuntimeError("there is no process")
        code = await self._process.wait()
        await self.finish(self._state, code, self._process)

    async def finish(self, state: KernelState, code: int | None, process: Process | None) -> None:
        """Deal with the end; without a handle if no keeper was there when it came.

        The handle is released after the group was killed: only until then is the number of the
        group surely the process's own.
        """
        self.running = None
        try:
            for identity in filter(None, [state.process, state.kernel_process]):
                signal_group(identity, signal.SIGKILL)
            if process is not None:
                process.release()
            self._note_lack_of_memory(state, code)
            # What a recorder's own exit code says is not about the kernel.
            await self._tell_exit(state, None if state.kernel["recorded"] else code)
            self._clean_up()
        finally:
            self._started.set()
            self._gone.set()

    def _note_lack_of_memory(self, state: KernelState, code: int | None) -> None:
        """Nobody here has killed it, but the system has killed something meanwhile."""
        if code == -signal.SIGKILL and not self._killed and oom_kills() > state.oom_kills:
            start_folders.note_cause(self.folder, Cause.OUT_OF_MEMORY)

    async def _tell_exit(self, state: KernelState, code: int | None) -> None:
        """Tell the exit in the journal, unless a recorder has; nothing else tells the server."""
        event = exit_event(code, self.folder.cause, self.folder.stderr)
        if self._cause is not None and not start_folders.noted_cause(self.folder):
            event["cause"] = self._cause
        first_seq = state.kernel["first_seq"]
        while not journal_ends.store_exited(self.journal, self._limits, event, first_seq):
            log.warning("end of kernel not stored yet", extra={"kernel_id": self.kernel_id})
            await asyncio.sleep(_FULL_SECONDS)

    def _clean_up(self) -> None:
        """Forget the process; the state last, so that a folder is never left without one."""
        shutil.rmtree(self.folder.path, ignore_errors=True)
        self._states.remove(self.kernel_id)

    async def stop(self, cause: Cause, grace_seconds: float) -> None:
        """Give it half of the grace to end by itself, then `terminate` it in the other half."""
        await self._note(cause)
        if grace_seconds > 0 and await self._gone_within(grace_seconds / 2):
            return
        await self.terminate(cause, grace_seconds / 2)

    async def terminate(self, cause: Cause, grace_seconds: float) -> None:
        """End it, by force after the grace; returns when its exit is in the journal."""
        await self._note(cause)
        if grace_seconds > 0:
            self.signal(signal.SIGTERM)
            if await self._gone_within(grace_seconds):
                return
        self.signal(signal.SIGKILL)
        await self._be_gone()

    async def settle(self) -> None:
        """Wait for the last of a process whose end is told already, as a server may have read.

        A recorder tells it, and ends a moment later.
        """
        running = self.running
        if running is not None and journal_ends.tells_exit(self.journal, running["first_seq"]):
            await self._be_gone()

    async def _be_gone(self) -> None:
        """Wait for the end of what has no reason to stay; a recorder that does is killed."""
        if not await self._gone_within(_RECORDER_SECONDS) and self._process is not None:
            self._process.signal_group(signal.SIGKILL)
        await self._gone.wait()

    async def _note(self, cause: Cause) -> None:
        """Write the cause before anything is done, and wait for a start that is under way."""
        start_folders.note_cause(self.folder, cause)
        self._cause = self._cause or cause
        self._stopping = True
        await self._started.wait()

    async def _gone_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return False
        return True

    def signal(self, number: int) -> None:
        """Send the signal to the kernel's group, or tell the provisioner; nothing once it ended."""
        state, process = self._state, self._process
        if state is None or process is None or number == 0 or self._gone.is_set():
            return
        self._killed = self._killed or number == signal.SIGKILL
        if state.provisioned:
            process.signal(_to_provisioner(number))
        elif not state.kernel["recorded"]:
            process.signal_group(number)
        elif state.kernel_process is not None:
            signal_group(state.kernel_process, number)


def _to_provisioner(number: int) -> int:
    if number not in _TO_PROVISIONER:
        message = "signal: a provisioned kernel can be sent SIGINT, SIGTERM and SIGKILL only"
        raise RequestRefused(ErrorCode.INVALID, message)
    return _TO_PROVISIONER[signal.Signals(number)]
