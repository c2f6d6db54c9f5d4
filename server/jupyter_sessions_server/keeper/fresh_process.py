"""Makes a fork what a process is that was started by itself.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

SET_BY_IMPORTS: dict[str, str] = {}
"""Variables that what was imported has set, where there were none."""

FAILED_CODE = 70
"""How a child ends that could not become a kernel."""


def lead_session() -> None:
    """Be what a process is that was started by itself: its own session, signals as at a start."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def open_output(folder: str) -> None:
    """Standard input from nowhere; output and error to the file of this start."""
    stderr = Path(folder, "stderr")
    output = os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(output)
    os.close(nothing)


def enter(job: dict[str, Any]) -> None:
    """Take the job's working folder, environment and what else a process starts with."""
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update({**SET_BY_IMPORTS, **job["env"], "JPY_PARENT_PID": "1"})
    os.umask(job["umask"])
    if job["nice"] != 0:
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - Linux gives each its own
            os.setpriority(os.PRIO_PROCESS, int(thread), job["nice"])
    tempfile.tempdir = None  # depends on the environment; found when it is needed


def show_command(command: list[str]) -> None:
    """Have `ps` show this command, in the place of the zygote's, which has left room for it."""
    with contextlib.suppress(OSError):  # some containers allow nobody to write there
        numbers = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(numbers[45]), int(numbers[46])
        text = b"\0".join(os.fsencode(part) for part in command)[: end - start - 1]
        with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123
            memory.seek(start)
            memory.write(text.ljust(end - start, b"\0"))


def be_unlike_siblings() -> None:
    """What is drawn once per process must not be the same in all that come from one zygote.

    Python itself sees to the module random.
    """
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "multiprocessing.process" in sys.modules:
        process = sys.modules["multiprocessing.process"].current_process()
        process.authkey = os.urandom(32)


def tell(zygote: socket.socket, message: dict[str, Any]) -> None:
    """Tell the zygote. If it has ended, the keeper will not hear of this process: it ends too."""
    try:
        zygote.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        os._exit(FAILED_CODE)


def give_up(zygote: socket.socket, error: OSError) -> NoReturn:
    """Tell why this cannot be a kernel, and end."""
    tell(zygote, {"failed": str(error)})
    os._exit(FAILED_CODE)
