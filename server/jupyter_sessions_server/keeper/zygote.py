"""The fork server: has imported all that an ipykernel needs, and forks itself into kernels.

A program for the kernels' own interpreter, run by its path (so: Python 3.9, nothing of ours but
the files beside it). One thread, no ZMQ context: nothing that a fork would break.

    python zygote.py '{"key": …, "socket": path, "linger_seconds": 60, "idle_seconds": 600}' FD …

FD is a socket to the keeper that started it; later keepers connect to the path. Each line is a
JSON object; the zygote says hello first, then answers requests by their id:

    fork {job}        a kernel; answered when it runs
    park {job}        a kernel that stops before it is anybody's; answered when it has stopped
    take {pid, job}   hands over a parked one
    drop {pid}        ends a parked one
    exit {pid, start_time}   how a kernel ended, once it has
    status            what it has
    leave             the keeper goes and needs it no more: it ends with its last kernel

A keeper's lasting connection says that the zygote is wanted. Without one parked kernels end at
once, the zygote itself after a while, but not before its kernels: it is their parent.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import socket
import sys
import threading
import types
from pathlib import Path
from typing import Any

VERSION = 1

FOLDER = Path(__file__).resolve().parent
_PACKAGE = "_jupyter_sessions_kernel"
"""The name that the files beside this one have in a kernel: one that nobody else's modules have."""


def load(name: str) -> Any:
    """The module in the file of this name, beside this one."""
    if _PACKAGE not in sys.modules:
        package = sys.modules[_PACKAGE] = types.ModuleType(_PACKAGE)
        package.__path__ = [str(FOLDER)]
    return importlib.import_module(f"{_PACKAGE}.{name}")


def find_threads() -> str | None:
    """Why this process must not fork, if what it imported started threads."""
    tasks = Path("/proc/self/task")
    count = len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()
    return None if count == 1 else f"its imports started {count - 1} threads"


def close_all_but(kept: set[int]) -> None:
    """Close what the keeper has not closed, and would be in all kernels."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - descriptors, not files
        if int(name) not in kept:
            with contextlib.suppress(OSError):  # it was for the list itself
                os.close(int(name))


def is_gone(keeper: socket.socket) -> bool:
    """Whether it has ended; it says nothing before it was greeted."""
    try:
        return not keeper.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def main() -> None:
    """Import, serve, and in each child become a kernel."""
    os.chdir("/")
    settings, line = json.loads(sys.argv[1]), int(sys.argv[2])
    close_all_but({0, 1, 2, line})
    keeper = socket.socket(fileno=line)
    keeper.set_inheritable(False)
    if Path(sys.path[0]) == FOLDER:
        del sys.path[0]
    forked, fork_server = load("forked"), load("fork_server")
    problem = forked.preload() or load("recorded_sends").find_problem() or find_threads()
    if problem is not None:
        with contextlib.suppress(OSError):  # it has ended
            keeper.sendall(json.dumps({"problem": problem}).encode() + b"\n")
        return
    if is_gone(keeper):  # nobody else knows of this zygote yet
        return
    gc.collect()
    gc.freeze()  # the collector would write to what all kernels share
    hello = {"key": settings["key"], "version": VERSION, "pid": os.getpid()}
    hello["socket"] = settings["socket"]
    child = fork_server.ForkServer(settings, keeper, hello).serve()
    if child is not None:
        forked.run(child.job, child.zygote)


if __name__ == "__main__":
    main()
