"""Starts an ipykernel that writes its own journal: each message is on disk before it is sent.

A program for the kernel's own interpreter, which runs it by its path and may be an older one,
without our package (so: Python 3.9, and of ours only the journal, loaded from its folder):

    python launcher.py '{"module": "ipykernel_launcher", "journal": …, "limits": […]}' -f FILE …
    python launcher.py --probe      says whether this interpreter's ipykernel can be started so

All else is as `python -m ipykernel_launcher -f FILE …` has it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import json
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

JOURNAL_FOLDER = Path(__file__).resolve().parent.parent / "journal"
_JOURNAL = "_jupyter_sessions_journal"
"""The name our journal has in a kernel: one that nobody else's module has."""

SERVER_IDENTITY = b"jps-"
"""How the identity of a server's sockets starts: it reads replies in the journal, not by ZMQ."""

IOPUB, SHELL, CONTROL, STDIN = range(4)  # the journal's kinds
REPLY_SOCKETS = (("shell_socket", SHELL), ("control_socket", CONTROL), ("stdin_socket", STDIN))


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

    def _keep(self, kind: int, frames: list[bytes]) -> bool:
        with self._opening:
            if self._journal is None and not self._failed:
                self._kept.append((kind, frames))
            return self._journal is None


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back an interrupt of the user's code, which Python raises wherever that thread is."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    held: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            handler(*held[0])


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


def record_messages(recording: Recording) -> None:
    """Make the kernel of this process write what it sends, from before its sockets are bound."""
    from ipykernel.iostream import IOPubThread
    from ipykernel.kernelapp import IPKernelApp

    bind_socket: Any = IPKernelApp._bind_socket
    really_send: Any = IOPubThread._really_send

    def bind_recorded(app: Any, socket: Any, port: int) -> Any:
        for name, kind in REPLY_SOCKETS:
            if socket is getattr(app, name):
                _record_replies(recording, kind, socket)
        if socket is app.iopub_socket:
            recording.iopub = socket
            socket.sndhwm = 0  # only before bind; at the mark ZMQ drops messages silently
        return bind_socket(app, socket, port)

    def send_recorded(thread: Any, frames: Any, *args: Any, **kwargs: Any) -> Any:
        # A forked child sends to its parent, by a pipe, and the parent comes here again.
        if thread.socket is not None and thread.socket is recording.iopub:
            recording.add(IOPUB, frames)
        return really_send(thread, frames, *args, **kwargs)

    IPKernelApp._bind_socket = bind_recorded  # type: ignore[method-assign]
    IOPubThread._really_send = send_recorded  # type: ignore[assignment,method-assign]


def _record_replies(recording: Recording, kind: int, socket: Any) -> None:
    """Record at the socket: whatever thread or stream a reply comes from, it passes here once."""
    send = socket.send_multipart

    def send_recorded(frames: Any, *args: Any, **kwargs: Any) -> Any:
        recording.add(kind, frames)
        if as_bytes(frames[0]).startswith(SERVER_IDENTITY):
            return None
        return send(frames, *args, **kwargs)

    socket.send_multipart = send_recorded


def find_problem() -> str | None:
    """Why this interpreter's ipykernel cannot be made to write a journal; None if it can."""
    try:
        from ipykernel.iostream import IOPubThread
        from ipykernel.kernelapp import IPKernelApp

        load_journal()
    except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
        return f"{type(error).__name__}: {error}"
    places: list[tuple[Any, str]] = [
        (IPKernelApp, "_bind_socket"),
        (IPKernelApp, "init_extensions"),
        (IPKernelApp, "launch_instance"),
        (IPKernelApp, "iopub_socket"),
        *((IPKernelApp, name) for name, _ in REPLY_SOCKETS),
        (IOPubThread, "_really_send"),
    ]
    missing = [f"{place.__name__}.{name}" for place, name in places if not hasattr(place, name)]
    return f"ipykernel has no {', '.join(missing)}" if missing else None


def stand_alone() -> None:
    """No longer look at who started us, and leave a crash's traceback in standard error."""
    os.environ["JPY_PARENT_PID"] = "1"  # ipykernel would end with its parent
    # ipykernel makes descriptor 2 a pipe to itself, which nobody reads any more after a crash.
    faulthandler.enable(os.dup(2))


def become(module: str, arguments: list[str]) -> None:
    """Make sys.path, sys.argv and __main__ what `python -m module arguments` has."""
    if sys.path and Path(sys.path[0]) == Path(__file__).resolve().parent:
        del sys.path[0]
        if module == "ipykernel":  # which, unlike its launcher, leaves the working folder there
            sys.path.insert(0, str(Path.cwd()))
    name = module if module == "ipykernel_launcher" else f"{module}.__main__"
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    sys.argv[:] = [spec.origin, *arguments]
    sys.modules["_jupyter_sessions_launcher"] = sys.modules["__main__"]
    main_module = types.ModuleType("__main__")
    main_module.__file__ = spec.origin
    main_module.__spec__ = spec
    sys.modules["__main__"] = main_module


def main() -> None:
    """Be the kernel, or say whether one could be."""
    if sys.argv[1:] == ["--probe"]:
        sys.stdout.write(json.dumps({"problem": find_problem()}) + "\n")
        return
    launch = json.loads(sys.argv[1])
    stand_alone()
    become(launch["module"], sys.argv[2:])
    recording = Recording()
    recording.open(launch["journal"], launch["limits"])
    record_messages(recording)
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
