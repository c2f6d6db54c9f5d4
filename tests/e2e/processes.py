"""What processes a server's folder has: what the machine runs, not what anybody believes.

A kernel is nobody's child for long: it outlives the server and the keeper that started it, and
many are forked from one process and bear its name. But each has files of the folder open.
"""

import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from jupyter_sessions_server.keeper import protocol, zygote

T = TypeVar("T")

KEEPER = "jupyter_sessions_server.keeper"
RECORDER = "jupyter_sessions_server.keeper.recorder"
ZYGOTE = zygote.__file__

_END_SECONDS = 30
"""Only so that a test that fails does not hang: far more than a busy machine needs."""
_KERNELS_OUTPUT = re.compile(r"/p/[0-9a-f]{8}/stderr$")
"""Where a kernel's process writes."""


def wait_until(found: Callable[[], T], what: str, *, seconds: float = 30) -> T:
    """What `found` returns once that is true; fails when the seconds have passed."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.01)
    return result


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def processes_of(folder: Path) -> list[psutil.Process]:
    """Those that have a file of the folder open, or its name in their command line."""
    return [process for process in _all() if _uses(process, str(folder))]


def kernels_of(folder: Path) -> list[psutil.Process]:
    """The processes of kernels, without those that are parked for later ones."""
    return [process for process in processes_of(folder) if _is_kernel(process)]


def programs_of(folder: Path, program: str) -> list[psutil.Process]:
    """The processes that run this program of ours, without the kernels that were forked from it."""
    found = [process for process in processes_of(folder) if program in _command(process)]
    return [process for process in found if not _has_kernels_output(process) or program != ZYGOTE]


def shut_down_keepers(folder: Path) -> None:
    """Have the keepers of the folder end, with all kernels they know."""
    for path in folder.rglob(protocol.SOCKET_NAME):
        with socket.socket(socket.AF_UNIX) as keeper:
            keeper.settimeout(_END_SECONDS)
            try:
                keeper.connect(str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                continue  # its keeper was killed, or has just ended
            hello = {"id": 1, "op": protocol.Op.HELLO, "version": 1, "settings": {}}
            keeper.sendall(protocol.encode(hello))
            keeper.sendall(protocol.encode({"id": 2, "op": protocol.Op.SHUTDOWN}))
            while keeper.recv(65536):
                pass


def require_none(folder: Path) -> None:
    """Wait until the folder has no process; fails, and ends them, if some stay."""
    try:
        wait_until(lambda: not processes_of(folder), f"the processes of {folder} end")
    except AssertionError as error:
        left = [(each.pid, " ".join(_command(each))[:200]) for each in processes_of(folder)]
        message = f"nobody has ended {left}"
        raise AssertionError(message) from error
    finally:
        kill(processes_of(folder))


def kill(processes: Iterable[psutil.Process]) -> None:
    """End them by force; those that have ended are no matter."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def open_files(process: psutil.Process) -> list[str]:
    """The names of what it has open; where the system tells it, also of what is removed."""
    folder = f"/proc/{process.pid}/fd"
    if not os.path.exists("/proc"):  # noqa: PTH110 - called for each process, again and again
        with suppress(psutil.Error):
            return [file.path for file in process.open_files()]
    names = []
    with suppress(OSError):
        for number in os.listdir(folder):  # noqa: PTH208 - the same
            with suppress(OSError):
                names.append(os.readlink(f"{folder}/{number}").removesuffix(" (deleted)"))  # noqa: PTH115
    return names


def programs_below(process: psutil.Process) -> set[str]:
    """The names of all that it has started, and those in turn."""
    return {child.name() for child in process.children(recursive=True)}


def _all() -> Iterator[psutil.Process]:
    return (each for each in psutil.process_iter() if each.pid != os.getpid() and is_alive(each))


def _uses(process: psutil.Process, folder: str) -> bool:
    return any(f"{folder}/" in text for text in (*_command(process), *open_files(process)))


def _is_kernel(process: psutil.Process) -> bool:
    """Whether it leads a session and has its output open, as recorders do too."""
    if RECORDER in _command(process) or KEEPER in _command(process):
        return False
    return _leads(process) and _has_kernels_output(process) and not _is_parked(process)


def _leads(process: psutil.Process) -> bool:
    with suppress(ProcessLookupError):
        return os.getsid(process.pid) == process.pid
    return False


def _has_kernels_output(process: psutil.Process) -> bool:
    return any(map(_KERNELS_OUTPUT.search, open_files(process)))


def _is_parked(process: psutil.Process) -> bool:
    """Whether it was forked ahead: nothing is recorded before it is somebody's."""
    with suppress(psutil.Error):
        parent = process.parent()
        forked = parent is not None and ZYGOTE in _command(parent)
        return forked and not any(file.endswith(".journal") for file in open_files(process))
    return False


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
