"""Recording: where a kernel's messages are written, by the kernel itself.

Part of the programs that run in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

try:  # those of `signal` take ten times as long: they make members of enumerations
    from _signal import getsignal as get_handler  # type: ignore[import-not-found] # it is built in
    from _signal import signal as set_handler
except ImportError:  # nobody promises that it is there
    from signal import getsignal as get_handler
    from signal import signal as set_handler

JOURNAL_FOLDER = Path(__file__).resolve().parent.parent / "journal"
_JOURNAL = "_jupyter_sessions_journal"
"""The name our journal has in a kernel: one that nobody else's module has."""

SERVER_IDENTITY = b"jps-"
"""How the identity of a server's sockets starts: it reads replies in the journal, not by ZMQ."""


class Recorded(list):  # type: ignore[type-arg]  # generic since Python 3.9 only for checkers
    """Frames that are in the journal, on their way through ipykernel's threads to the socket."""


class Recording:
    """Where this process's messages are written; they are kept until the journal is known."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._opening = threading.Lock()
        self._kept: list[tuple[int, list[bytes]]] = []
        self._journal: Any = None
        self._failed = False
        self.iopub: Any = None
        """The kernel's iopub socket: there may be others in the process, of other kernels."""
        self.kinds: dict[int, int] = {}
        """Which kind of record a socket's messages are, by the socket's identity."""

    def open(self, folder: str, limits: Sequence[int]) -> None:
        """Write to the journal in this folder from now on, first what was kept."""
        with self._opening:
            try:
                package = load_journal()
                journal = package.writer.JournalWriter(folder, package.format.Limits(*limits))
                for kind, frames in self._kept:
                    journal.append(kind, frames)
                self._journal = journal
            except Exception as error:  # noqa: BLE001 - the user's work goes on without a journal
                self._failed = True
                complain(f"no journal: {error!r}")
            self._kept.clear()

    def add(self, kind: int, frames: Sequence[Any]) -> None:
        """Write one message. A forked child's are its parent's to write, if it sends them there."""
        if os.getpid() != self._pid:
            return
        raw = [as_bytes(frame) for frame in frames]
        with uninterrupted():
            if self._journal is None and self._keep(kind, raw):
                return
            try:
                self._journal.append(kind, raw)
            except Exception as error:  # noqa: BLE001 - the same
                complain(f"not in the journal: {error!r}")

    def add_reply(self, kind: int, frames: Sequence[Any]) -> bool:
        """Write one reply, once; whether it has to be sent too."""
        if not isinstance(frames, Recorded):
            self.add(kind, frames)
        return not as_bytes(frames[0]).startswith(SERVER_IDENTITY)

    def _keep(self, kind: int, frames: list[bytes]) -> bool:
        with self._opening:
            if self._journal is None and not self._failed:
                self._kept.append((kind, frames))
            return self._journal is None


_HELD = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
"""Signals for which people write handlers that raise: interrupts, and time limits."""


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back what interrupts the user's code: Python calls handlers wherever that thread is.

    They are called afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers: dict[int, Any] = {}
    held: list[tuple[Any, int, Any]] = []
    try:
        for number in _HELD:
            handler = get_handler(number)
            if callable(handler):
                handlers[number] = handler
                set_handler(number, lambda each, frame: held.append((handlers[each], each, frame)))
        yield
    finally:
        try:
            _restore(handlers)
        finally:
            _deliver(held)


def _restore(handlers: dict[int, Any]) -> None:
    """Have the handlers back, all of them, though one that is back may be called, and raise."""
    try:
        for number in reversed(list(handlers)):
            set_handler(number, handlers[number])
            del handlers[number]
    finally:
        if handlers:
            _restore(handlers)


def _deliver(held: list[tuple[Any, int, Any]]) -> None:
    """Call all of them, though one may raise."""
    if held:
        handler, number, frame = held[0]
        try:
            handler(number, frame)
        finally:
            _deliver(held[1:])


def load_journal() -> types.ModuleType:
    """Our journal package, from its folder beside this file's; only what writes is loaded."""
    if _JOURNAL not in sys.modules:
        package = types.ModuleType(_JOURNAL)
        package.__path__ = [str(JOURNAL_FOLDER)]
        sys.modules[_JOURNAL] = package
        for part in ("format", "writer"):
            importlib.import_module(f"{_JOURNAL}.{part}")
    return sys.modules[_JOURNAL]


def as_bytes(frame: Any) -> bytes:
    """A frame's bytes; ZMQ takes any buffer, and Frames of its own."""
    return frame if isinstance(frame, bytes) else bytes(getattr(frame, "buffer", frame))


def complain(text: str) -> None:
    """Tell it in the file that standard error goes to; sys.stderr would be a message again."""
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"jupyter-sessions: {text}\n")
        sys.__stderr__.flush()
