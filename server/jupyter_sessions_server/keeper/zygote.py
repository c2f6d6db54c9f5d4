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
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

VERSION = 1
REAP_SECONDS = 10.0
"""How long an ended kernel's pid is kept from others, for a keeper that has not asked yet."""
MOST_EXITS = 1000
_ANSWER_SECONDS = 5.0
"""How long a keeper may take to read: it is a program of ours, or it hangs."""


class Link:
    """A connection to a keeper, or to a child; lines both ways."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._rest = b""

    def read(self) -> list[dict[str, Any]] | None:
        """The lines that have come; None at the end."""
        self.end.setblocking(False)
        try:
            chunk = self.end.recv(1 << 20)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not chunk:
            return None
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def send(self, message: dict[str, Any]) -> None:
        """Send a line. An end that does not read is closed, and read() then tells so."""
        self.end.settimeout(_ANSWER_SECONDS)
        try:
            self.end.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            with contextlib.suppress(OSError):
                self.end.shutdown(socket.SHUT_RDWR)


class Child:
    """A process that was forked."""

    def __init__(self, pid: int, link: Link, folder: str, parked: bool) -> None:
        self.pid = pid
        self.start_time = start_time(pid)
        self.link: Link | None = link
        self.folder = folder
        self.parked = parked
        """Whether it is, or is about to be, and belongs to nobody."""
        self.asked: tuple[Link, int] | None = None
        """Who waits for it to run, or to be parked."""
        self.awaited: list[tuple[Link, int]] = []
        """Who waits for its end."""
        self.code: int | None = None
        """How it ended; it is a zombie then."""
        self.ended_at = 0.0


class Zygote:
    """Listens, forks and reaps."""

    def __init__(self, settings: dict[str, Any], keeper: socket.socket, hello: dict[str, Any]):
        self._settings = settings
        self._hello = hello
        self._left = False
        self._used_at = time.monotonic()
        self._children: dict[int, Child] = {}
        self._exits: dict[tuple[int, str], int] = {}
        self._links: list[Link] = []
        self._imported = Imported()
        self._listener = listen(settings["socket"])
        self._woken, wake = socket.socketpair()
        self._woken.setblocking(False)
        wake.setblocking(False)
        self._wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake.fileno())
        self._welcome(keeper)

    def serve(self) -> tuple[dict[str, Any], socket.socket] | None:
        """Serve until nobody wants it; in a child, what it is to be and its line to the zygote."""
        while self._is_wanted():
            for ready in self._wait():
                forked = self._serve_one(ready)
                if forked is not None:
                    self._close_inherited()
                    return forked
            self._reap()
        Path(self._settings["socket"]).unlink(missing_ok=True)
        return None

    def _is_wanted(self) -> bool:
        return bool(self._children) or self._seconds_left() > 0

    def _seconds_left(self) -> float:
        """How long it stays if it gets no child until then."""
        if self._left:
            return 0.0
        stays = self._settings["idle_seconds" if self._links else "linger_seconds"]
        return self._used_at + float(stays) - time.monotonic()

    def _wait(self) -> list[Any]:
        poll = select.poll()
        waiting: dict[int, Any] = {self._listener.fileno(): self._listener}
        waiting[self._woken.fileno()] = self._woken
        for link in self._links:
            waiting[link.end.fileno()] = link
        for child in self._children.values():
            if child.link is not None:
                waiting[child.link.end.fileno()] = child
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        return [waiting[descriptor] for descriptor, _ in poll.poll(1000 * self._patience())]

    def _patience(self) -> float:
        """Seconds to wait for events; something has to be done then."""
        if self._children:
            return 1.0 if any(child.code is not None for child in self._children.values()) else 60.0
        return max(0.0, self._seconds_left()) + 0.001

    def _serve_one(self, ready: Any) -> tuple[dict[str, Any], socket.socket] | None:
        if ready is self._woken:
            self._woken.recv(4096)
        elif ready is self._listener:
            self._welcome(self._listener.accept()[0])
        elif isinstance(ready, Child):
            self._hear_child(ready)
        elif ready in self._links:
            return self._hear_keeper(ready)
        return None

    def _welcome(self, end: socket.socket) -> None:
        link = Link(end)
        self._links.append(link)
        self._left = False
        self._used_at = time.monotonic()
        link.send({"hello": self._hello})

    def _hear_keeper(self, link: Link) -> tuple[dict[str, Any], socket.socket] | None:
        requests = link.read()
        if requests is None:
            self._lose(link)
            return None
        for request in requests:
            forked = self._carry_out(link, request)
            if forked is not None:
                return forked
        return None

    def _lose(self, link: Link) -> None:
        """Without any keeper nobody will take the parked ones; they end when their line does."""
        link.end.close()
        self._links.remove(link)
        self._used_at = time.monotonic()
        for child in self._children.values():
            child.awaited = [each for each in child.awaited if each[0] is not link]
            if child.asked is not None and child.asked[0] is link:
                child.asked = None
                os.kill(child.pid, signal.SIGKILL)  # nobody would ever know of it
        if not self._links:
            self._hang_up_parked()

    def _hang_up_parked(self) -> None:
        for child in self._children.values():
            if child.parked:
                self._hang_up(child)

    def _carry_out(
        self, link: Link, request: dict[str, Any]
    ) -> tuple[dict[str, Any], socket.socket] | None:
        operation, number = request["op"], request["id"]
        if operation in ("fork", "park"):
            self._used_at = time.monotonic()
            return self._fork(link, number, request["job"], operation == "park")
        if operation == "take":
            self._used_at = time.monotonic()
            self._take(link, number, request)
        elif operation == "drop":
            self._drop(request["pid"])
            link.send({"id": number})
        elif operation == "exit":
            self._tell_exit(link, number, request)
        elif operation == "status":
            link.send({"id": number, **self._status()})
        elif operation == "leave":
            self._left = True
            self._hang_up_parked()
            link.send({"id": number})
        else:
            link.send({"id": number, "failed": f"no operation {operation}"})
        return None

    def _fork(
        self, link: Link, number: int, job: dict[str, Any], parked: bool
    ) -> tuple[dict[str, Any], socket.socket] | None:
        changed = self._imported.find_change()
        if changed is not None:
            link.send({"id": number, "stale": changed})
            return None
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            return job, theirs
        theirs.close()
        child = Child(pid, Link(ours), job["folder"], parked)
        child.asked = (link, number)
        self._children[pid] = child
        return None

    def _take(self, link: Link, number: int, request: dict[str, Any]) -> None:
        child = self._children.get(request["pid"])
        if child is None or not child.parked or child.link is None or child.code is not None:
            link.send({"id": number, "failed": "the parked kernel has gone"})
            return
        child.parked = False  # from here on it is a kernel that nobody else gets
        child.asked = (link, number)
        child.folder = request["job"]["folder"]
        child.link.send(request["job"])

    def _drop(self, pid: int) -> None:
        child = self._children.get(pid)
        if child is not None and child.parked:
            self._hang_up(child)

    def _hear_child(self, child: Child) -> None:
        """It says that it runs or is parked, or why it cannot; at its end, nothing."""
        said = child.link.read() if child.link is not None else None
        for message in said or []:
            self._answer(child, message)
        if said is None:
            self._hang_up(child)

    def _hang_up(self, child: Child) -> None:
        if child.link is not None:
            child.link.end.close()
            child.link = None

    def _answer(self, child: Child, message: dict[str, Any]) -> None:
        if child.asked is not None:
            link, number = child.asked
            child.asked = None
            about = {"pid": child.pid, "start_time": child.start_time}
            link.send({"id": number, **about, **message})

    def _reap(self) -> None:
        """Note who has ended. Each stays a zombie until a keeper has asked, or for a while.

        So its number, which is also that of its group, is nobody else's while the group is killed.
        """
        for child in list(self._children.values()):
            if child.code is None:
                child.code = peek(child.pid)
                if child.code is None:
                    continue
                self._note_end(child)
            if child.parked or child.awaited or self._is_overdue(child):
                self._release(child)

    def _is_overdue(self, child: Child) -> bool:
        return not self._links or time.monotonic() - child.ended_at > REAP_SECONDS

    def _note_end(self, child: Child) -> None:
        child.ended_at = self._used_at = time.monotonic()
        with contextlib.suppress(ProcessLookupError):  # it ended before it led a group
            os.killpg(child.pid, signal.SIGKILL)
        if child.link is not None:  # last words
            self._hear_child(child)
            self._hang_up(child)
        self._answer(child, {"failed": f"it ended with code {child.code}"})
        if child.parked:
            for link in self._links:
                link.send({"gone": child.pid})

    def _release(self, child: Child) -> None:
        os.waitpid(child.pid, 0)
        del self._children[child.pid]
        if child.parked or child.code is None:
            return
        self._exits[child.pid, child.start_time] = child.code
        while len(self._exits) > MOST_EXITS:
            del self._exits[next(iter(self._exits))]
        for link, number in child.awaited:
            link.send({"id": number, "known": True, "code": child.code})

    def _tell_exit(self, link: Link, number: int, request: dict[str, Any]) -> None:
        who = (request["pid"], request["start_time"])
        child = self._children.get(request["pid"])
        if child is not None and child.start_time == who[1]:
            child.awaited.append((link, number))
        else:
            code = self._exits.get(who)
            link.send({"id": number, "known": code is not None, "code": code})

    def _status(self) -> dict[str, Any]:
        children = self._children.values()
        return {
            "kernels": [each.folder for each in children if not each.parked],
            "parked": sum(each.parked for each in children),
            "unused_seconds": time.monotonic() - self._used_at,
        }

    def _close_inherited(self) -> None:
        """In a child: have nothing open that is the zygote's."""
        signal.set_wakeup_fd(-1)
        for end in (self._listener, self._woken, self._wake):
            end.close()
        for link in self._links:
            link.end.close()
        for child in self._children.values():
            self._hang_up(child)


class Imported:
    """What was imported, to see when it is replaced by another version on disk.

    A child that imports the rest of a package later would mix both.
    """

    def __init__(self) -> None:
        files = [
            getattr(module, "__file__", None)
            for name, module in list(sys.modules.items())
            if "." not in name or name.startswith("_jupyter_sessions")
        ]
        self._seen = {file: stamp(file) for file in files if file}

    def find_change(self) -> str | None:
        """A file that is no longer the one that was imported."""
        return next((file for file, seen in self._seen.items() if stamp(file) != seen), None)


def stamp(file: str) -> tuple[int, int, int] | None:
    """What changes when a file is replaced."""
    try:
        told = os.stat(file)  # noqa: PTH116 - hundreds of them for each fork
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size


def peek(pid: int) -> int | None:
    """How a child ended, -signal for a signal; None while it runs. It is not reaped."""
    told = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if told is None:
        return None
    return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status


def start_time(pid: int) -> str:
    """When a process started, as the keeper tells processes apart."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]


def listen(path: str) -> socket.socket:
    """A socket for keepers at this path; the folder is private."""
    listener = socket.socket(socket.AF_UNIX)
    Path(path).unlink(missing_ok=True)
    listener.bind(path)
    listener.listen(8)
    listener.setblocking(False)
    return listener


def load(name: str) -> Any:
    """The module in the file beside this one, under a name that is nobody else's."""
    spec = importlib.util.spec_from_file_location(
        f"_jupyter_sessions_{name}", Path(__file__).resolve().with_name(f"{name}.py")
    )
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_threads() -> str | None:
    """Why this process must not fork, if what it imported started threads."""
    tasks = Path("/proc/self/task")
    count = len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()
    return None if count == 1 else f"its imports started {count - 1} threads"


def main() -> None:
    """Import, serve, and in each child become a kernel."""
    settings = json.loads(sys.argv[1])
    keeper = socket.socket(fileno=int(sys.argv[2]))
    keeper.set_inheritable(False)
    if Path(sys.path[0]) == Path(__file__).resolve().parent:
        del sys.path[0]
    launcher, forked = load("launcher"), load("forked")
    problem = launcher.find_problem() or forked.preload() or find_threads()
    if problem is not None:
        Link(keeper).send({"problem": problem})
        return
    gc.collect()
    gc.freeze()  # the collector would write to what all kernels share
    hello = {"key": settings["key"], "version": VERSION, "pid": os.getpid()}
    child = Zygote(settings, keeper, hello).serve()
    if child is not None:
        forked.run(launcher, *child)


if __name__ == "__main__":
    main()
