"""RecordedProcess: a plain kernel process, child of its recorder, with all that it started."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Self

from jupyter_sessions_server.keeper.recorder_spec import RecorderSpec

_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


class RecordedProcess:
    """The leader of a session of its own; on Linux it does not outlive its recorder."""

    def __init__(self, popen: "subprocess.Popen[bytes]") -> None:
        self._popen = popen

    @classmethod
    def start(cls, spec: RecorderSpec) -> Self:
        """Start it; raises OSError if there is no such program or folder.

        To be called by the process's first thread, and before there are others: between fork and
        exec runs our code, and the kernel is killed when the thread that forked it ends.
        """
        with open_stderr(spec.stderr) as stderr:
            popen = subprocess.Popen(  # noqa: S603 - what to run is for the kernelspec to say
                spec.argv,
                cwd=spec.cwd,
                # Ends ipykernel's watch over its parent, whose id would be ours.
                env={**spec.env, "JPY_PARENT_PID": "1"},
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=_before_exec(spec.nice),
            )
        return cls(popen)

    @property
    def pid(self) -> int:
        """Its id, and that of its process group."""
        return self._popen.pid

    def ended(self) -> bool:
        """Whether it has ended; where the system can tell without reaping it, it keeps its id."""
        if not hasattr(os, "waitid"):
            return self._popen.poll() is not None
        if self._popen.returncode is not None:
            return True
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def kill(self) -> None:
        """Kill it and what it started in its group, by force; nothing if all that is gone."""
        kill_group(self.pid)

    def reap(self) -> int:
        """Wait for its end; its exit code, or the negative number of the signal that killed it."""
        return self._popen.wait()


def kill_group(pid: int) -> None:
    """Kill the process group of this leader, which is a zombie or alive."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM if only zombies are left
        os.killpg(pid, signal.SIGKILL)


def open_stderr(file: str) -> IO[bytes]:
    """The file that takes what a kernel prints, to be appended to."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _before_exec(nice: int) -> Callable[[], None]:
    """What the child does to itself before it becomes the kernel."""
    recorder = os.getpid()
    # Looked up here: a child between fork and exec had better not load anything.
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        if nice:
            os.nice(nice)
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != recorder:  # it died before it could be watched
                os._exit(1)

    return prepare
