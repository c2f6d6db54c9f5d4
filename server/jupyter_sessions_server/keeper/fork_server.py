"""ForkServer: a zygote's one thread: hears keepers and children, forks, reaps.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from .children import Child, Children, Link


class Forked(NamedTuple):
    """What a child is told at once."""

    job: dict[str, Any]
    zygote: socket.socket


class ForkServer:
    """Serves from one event to the next. Whatever it does in between is short."""

    def __init__(
        self, settings: dict[str, Any], keeper: socket.socket, hello: dict[str, Any]
    ) -> None:
        self._settings = settings
        self._hello = hello
        self._used_at = time.monotonic()
        self._left = False
        """Whether the last keeper said that it needs this zygote no more."""
        self._children = Children()
        self._keepers: list[Link] = []
        self._imported = Imported()
        self._listener = listen(settings["socket"])
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wake.fileno())
        self._welcome(keeper)

    def serve(self) -> Forked | None:
        """Serve until nobody wants it; returns in each child too, with what it is to be."""
        while self._children or self._seconds_left() > 0:
            for ready in self._wait():
                forked = self._serve_one(ready)
                if forked is not None:
                    self._close_inherited()
                    return forked
            if self._children.reap(self._keepers):
                self._used_at = time.monotonic()
        Path(self._settings["socket"]).unlink(missing_ok=True)
        return None

    def _seconds_left(self) -> float:
        """How long it stays if it gets no child until then."""
        if self._left:
            return 0.0
        stays = self._settings["idle_seconds" if self._keepers else "linger_seconds"]
        return self._used_at + float(stays) - time.monotonic()

    def _wait(self) -> list[Any]:
        """What has something to say: the listener, the wake-up line, keepers, children."""
        waiting: dict[int, Any] = {
            self._listener.fileno(): self._listener,
            self._woken.fileno(): self._woken,
            **{link.end.fileno(): link for link in self._keepers},
            **{each.link.end.fileno(): each for each in self._children if each.link is not None},
        }
        poll = select.poll()
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        return [waiting[descriptor] for descriptor, _ in poll.poll(1000 * self._patience())]

    def _patience(self) -> float:
        """How many seconds may pass without any event."""
        if not self._children:
            return max(0.0, self._seconds_left()) + 0.001
        return 1.0 if any(child.code is not None for child in self._children) else 60.0

    def _serve_one(self, ready: Any) -> Forked | None:
        if ready is self._woken:
            self._woken.recv(4096)
        elif ready is self._listener:
            self._welcome(self._listener.accept()[0])
        elif isinstance(ready, Child):
            ready.hear()
        elif ready in self._keepers:
            return self._hear_keeper(ready)
        return None

    def _welcome(self, end: socket.socket) -> None:
        link = Link(end)
        self._keepers.append(link)
        self._left = False
        self._used_at = time.monotonic()
        link.send({"hello": self._hello})

    def _hear_keeper(self, link: Link) -> Forked | None:
        requests = link.read()
        if requests is None:
            self._lose(link)
        for request in requests or []:
            forked = self._carry_out(link, request)
            if forked is not None:
                return forked
        return None

    def _lose(self, link: Link) -> None:
        link.end.close()
        self._keepers.remove(link)
        self._used_at = time.monotonic()
        self._children.forget_keeper(link)
        self._children.hang_up_parked(link)

    def _carry_out(self, link: Link, request: dict[str, Any]) -> Forked | None:
        operation, number = request["op"], request["id"]
        if operation in ("fork", "park"):
            return self._fork(link, number, request["job"], operation == "park")
        if operation == "take":
            self._take(link, number, request["pid"], request["job"])
        elif operation == "exit":
            self._children.tell_exit(link, number, request["pid"], request["start_time"])
        elif operation == "status":
            link.send({"id": number, **self._status()})
        elif operation in ("drop", "leave"):
            self._let_go(operation, request)
            link.send({"id": number})
        else:
            link.send({"id": number, "failed": f"no operation {operation}"})
        return None

    def _fork(self, link: Link, number: int, job: dict[str, Any], parked: bool) -> Forked | None:
        self._used_at = time.monotonic()
        changed = self._imported.find_change()
        if changed is not None:
            link.send({"id": number, "stale": changed})
            return None
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError as error:  # no memory, or too many processes
            ours.close()
            theirs.close()
            link.send({"id": number, "failed": f"cannot fork: {error}"})
            return None
        if pid == 0:
            ours.close()
            return Forked(job, theirs)
        theirs.close()
        child = Child(pid, Link(ours), job["folder"], parked)
        child.asked = (link, number)
        child.parked_for = link if parked else None
        child.owner = link if job.get("ends_with_keeper") else None
        self._children.add(child)
        return None

    def _take(self, link: Link, number: int, pid: int, job: dict[str, Any]) -> None:
        self._used_at = time.monotonic()
        child = self._children.find_parked(pid)
        if child is None or child.link is None:
            link.send({"id": number, "failed": "the parked kernel has gone"})
            return
        child.parked = False  # from here on it is a kernel that nobody else gets
        child.asked = (link, number)
        child.folder = job["folder"]
        child.link.send(job)

    def _let_go(self, operation: str, request: dict[str, Any]) -> None:
        if operation == "leave":
            self._left = True
            self._children.hang_up_parked()
            return
        child = self._children.find_parked(request["pid"])
        if child is not None:
            child.hang_up()

    def _status(self) -> dict[str, Any]:
        return {
            "kernels": sum(not child.parked for child in self._children),
            "unused_seconds": time.monotonic() - self._used_at,
        }

    def _close_inherited(self) -> None:
        """In a child: have nothing open that is the zygote's."""
        signal.set_wakeup_fd(-1)
        for end in (self._listener, self._woken, self._wake):
            end.close()
        for link in self._keepers:
            link.end.close()
        for child in self._children:
            child.hang_up()


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


def listen(path: str) -> socket.socket:
    """A socket for keepers at this path; the folder is private."""
    listener = socket.socket(socket.AF_UNIX)
    Path(path).unlink(missing_ok=True)
    listener.bind(path)
    listener.listen(8)
    listener.setblocking(False)
    return listener
