"""Process: a handle for a process that need not be our child, and survives the reuse of its pid.

On Linux a pidfd tells the end at once, whoever the parent is; elsewhere the pid is polled.
"""

import contextlib
import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from jupyter_sessions_server.keeper.ends import End, PidfdEnd, PolledEnd

_STAT_START_TIME = 19  # its place in /proc/<pid>/stat after the command's name


class ProcessGone(Exception):
    """The process has ended and was reaped; its pid may be another's by now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a process from all others, before and after it, on this machine."""

    pid: int
    start_time: str
    """As the system tells it: on Linux clock ticks since the boot."""
    boot_id: str


ExitCode = Callable[[], Awaitable[int | None]]
"""Asks the parent how the process ended: exit code, -signal, or None if it does not know."""


async def nobody_knows() -> int | None:
    """The exit code of a process whose parent has gone."""
    return None


class Process:
    """A process that runs, or ran when this handle was made.

    Whoever made the handle calls `release` once the end was seen and dealt with.
    """

    def __init__(
        self,
        identity: Identity,
        end: End,
        exit_code: ExitCode = nobody_knows,
        reap: Callable[[], object] | None = None,
    ) -> None:
        self.identity = identity
        self._end = end
        self._exit_code = exit_code
        self._reap = reap

    @classmethod
    def open(
        cls, pid: int, exit_code: ExitCode = nobody_knows, *, polling: bool = False
    ) -> "Process":
        """The process that has this pid now; raises ProcessGone."""
        end = _watch(pid, polling)
        try:
            return cls(identify(pid), end, exit_code)
        except ProcessGone:
            end.close()
            raise

    @classmethod
    def find(
        cls, identity: Identity, exit_code: ExitCode = nobody_knows, *, polling: bool = False
    ) -> "Process":
        """The process that was known before, if it is still there; raises ProcessGone.

        The watch is opened first and the start time compared then: the other way round, the pid
        could become another process's in between.
        """
        found = cls.open(identity.pid, exit_code, polling=polling)
        if found.identity != identity:
            found.release()
            text = f"{identity.pid} is another process"
            raise ProcessGone(text)
        return found

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""
        return self.identity.pid

    @property
    def start_time(self) -> str:
        """As the system tells it."""
        return self.identity.start_time

    @property
    def boot_id(self) -> str:
        """Which boot of the machine it belongs to."""
        return self.identity.boot_id

    async def wait(self) -> int | None:
        """Wait for its end: exit code, -signal, or None if nobody knows."""
        await self._end.wait()
        return await self._exit_code()

    def signal_group(self, number: int) -> None:
        """Send the signal to all of its group, also to those it left behind."""
        signal_group(self.identity, number)

    def signal(self, number: int) -> None:
        """Send the signal to this process alone."""
        with contextlib.suppress(ProcessGone, ProcessLookupError):
            if identify(self.pid) == self.identity:
                os.kill(self.pid, number)

    def release(self) -> None:
        """Let go of it; a child of ours is reaped, so its pid may be another's from here on."""
        self._end.close()
        if self._reap is not None:
            self._reap()


def child(started: "subprocess.Popen[bytes]", *, polling: bool = False) -> Process:
    """A handle for a child of ours; it stays a zombie until the handle is released.

    So its pid, which is the number of its group, cannot become another's while the group is killed.
    """

    async def exit_code() -> int | None:
        return _peek(started)

    end: End = PolledEnd(lambda: _peek(started) is None)
    if not polling and hasattr(os, "pidfd_open"):
        end = PidfdEnd(started.pid)
    return Process(identify(started.pid), end, exit_code, started.wait)


def _peek(started: "subprocess.Popen[bytes]") -> int | None:
    """How a child ended, without reaping it where the system can."""
    if started.returncode is not None or not hasattr(os, "waitid"):
        return started.poll()
    result = os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if result is None:
        return None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def signal_group(identity: Identity, number: int) -> None:
    """Send the signal to the group that this process leads or led.

    As long as the group has a member, its number is given to no other process; if a process with
    that number is another one, the group is empty.
    """
    if identity.boot_id != _boot_id():
        return
    with contextlib.suppress(ProcessGone):
        if identify(identity.pid) != identity:
            return
    # macOS says EPERM for a group of zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(identity.pid, number)


def identify(pid: int) -> Identity:
    """The process that has this pid now, also as a zombie; raises ProcessGone."""
    fields = _stat(pid) if _PROC.exists() else None
    start_time = fields[_STAT_START_TIME] if fields else start_time_by_ps(pid)
    return Identity(pid, start_time, _boot_id())


def start_time_by_ps(pid: int) -> str:
    """When the process started, on systems without /proc; raises ProcessGone."""
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if not told.stdout.strip():
        raise ProcessGone(pid)
    return told.stdout.strip()


_PROC = Path("/proc/self/stat")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _boot_id() -> str:
    """Empty where start times are dates, which need none."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


def _stat(pid: int) -> list[str]:
    """What Linux tells of a process, after its command's name, which may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessGone(pid) from None
    return text.rpartition(")")[2].split()


def _watch(pid: int, polling: bool) -> End:
    if polling or not hasattr(os, "pidfd_open"):
        return PolledEnd(lambda: _exists(pid))
    try:
        return PidfdEnd(pid)
    except ProcessLookupError:
        raise ProcessGone(pid) from None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
