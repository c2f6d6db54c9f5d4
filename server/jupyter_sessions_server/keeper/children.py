"""The processes that a zygote has forked, from the fork to what is remembered of their end.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        self.parked_for: Link | None = None
        """Who knows of it while it is parked: there may be another keeper already."""
        self.asked: tuple[Link, int] | None = None
        """Who waits for it to run, or to be parked."""
        self.awaited: list[tuple[Link, int]] = []
        """Who waits for its end."""
        self.owner: Link | None = None
        """Without whom it is killed; most kernels live on without their keeper."""
        self.code: int | None = None
        """How it ended; it is a zombie then."""
        self.ended_at = 0.0

    def hear(self) -> None:
        """Pass on what it says: that it runs or is parked, or why it cannot."""
        said = self.link.read() if self.link is not None else None
        for message in said or []:
            self.answer(message)
        if said is None:
            self.hang_up()

    def answer(self, message: dict[str, Any]) -> None:
        """Tell it to who waits for it."""
        if self.asked is not None:
            link, number = self.asked
            self.asked = None
            about = {"pid": self.pid, "start_time": self.start_time}
            link.send({"id": number, **about, **message})

    def kill_group(self) -> None:
        """Kill it, and what it left behind; to be called before it is reaped."""
        with contextlib.suppress(ProcessLookupError):  # it leads no group yet
            os.killpg(self.pid, signal.SIGKILL)

    def hang_up(self) -> None:
        """Have no line to it any more. A parked one ends then."""
        if self.link is not None:
            self.link.end.close()
            self.link = None


class Children:
    """All that live, and how the others ended."""

    def __init__(self) -> None:
        self._living: dict[int, Child] = {}
        self._exits: dict[tuple[int, str], int] = {}

    def __len__(self) -> int:
        return len(self._living)

    def __iter__(self) -> Iterator[Child]:
        return iter(list(self._living.values()))

    def add(self, child: Child) -> None:
        """It was forked."""
        self._living[child.pid] = child

    def find(self, pid: int) -> Child | None:
        """The child with this pid, until it is reaped."""
        return self._living.get(pid)

    def find_parked(self, pid: int) -> Child | None:
        """The parked one with this pid, if it can be handed over."""
        child = self._living.get(pid)
        if child is None or not child.parked or child.link is None or child.code is not None:
            return None
        return child

    def hang_up_parked(self, keeper: Link | None = None) -> None:
        """Nobody will take them; with a keeper only those that it had parked."""
        for child in self:
            if child.parked and keeper in (None, child.parked_for):
                child.hang_up()

    def forget_keeper(self, link: Link) -> None:
        """Nobody waits at this connection any more."""
        for child in self:
            child.awaited = [each for each in child.awaited if each[0] is not link]
            if child.asked is not None and child.asked[0] is link:
                child.asked = None
                os.kill(child.pid, signal.SIGKILL)  # nobody would ever know of it
            elif child.owner is link and child.code is None:
                child.kill_group()

    def reap(self, keepers: list[Link]) -> bool:
        """Note who has ended; whether anybody has.

        Each stays a zombie until a keeper has asked, or for a while. So its number, which is also
        that of its group, is nobody else's while the group is killed.
        """
        ended = False
        for child in self:
            if child.code is None:
                child.code = peek(child.pid)
                if child.code is None:
                    continue
                ended = True
                _note_end(child, keepers)
            overdue = time.monotonic() - child.ended_at > REAP_SECONDS
            if child.parked or child.awaited or overdue or not keepers:
                self._release(child)
        return ended

    def _release(self, child: Child) -> None:
        os.waitpid(child.pid, 0)
        del self._living[child.pid]
        if child.parked or child.code is None:
            return
        self._exits[child.pid, child.start_time] = child.code
        while len(self._exits) > MOST_EXITS:
            del self._exits[next(iter(self._exits))]
        for link, number in child.awaited:
            link.send({"id": number, "code": child.code})

    def tell_exit(self, link: Link, number: int, pid: int, started: str) -> None:
        """Answer how a process ended, once it has; null for one that was never ours."""
        child = self._living.get(pid)
        if child is not None and child.start_time == started:
            child.awaited.append((link, number))
        else:
            link.send({"id": number, "code": self._exits.get((pid, started))})


def _note_end(child: Child, keepers: list[Link]) -> None:
    child.ended_at = time.monotonic()
    child.kill_group()
    child.hear()  # its last words
    child.hang_up()
    child.answer({"failed": f"it ended with code {child.code}"})
    if child.parked:
        for link in keepers:
            link.send({"gone": child.pid})


def peek(pid: int) -> int | None:
    """How a child ended, -signal for a signal; None while it runs. It is not reaped."""
    told = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if told is None:
        return None
    return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status


def start_time(pid: int) -> str:
    """When a process started, as the keeper tells processes apart."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
