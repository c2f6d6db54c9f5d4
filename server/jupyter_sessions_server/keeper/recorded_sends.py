"""The places of ipykernel where messages are sent, and where each is recorded once.

Part of the programs that run in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from .recording import Recorded, Recording, load_journal

IOPUB, SHELL, CONTROL, STDIN = range(4)  # the journal's kinds
MOST_CHARACTERS = 1024 * 1024
"""Text that is longer goes in several messages: nobody takes one of any size."""
REPLY_SOCKETS = (("shell_socket", SHELL), ("control_socket", CONTROL), ("stdin_socket", STDIN))


def record_messages(recording: Recording) -> None:
    """Make the kernel of this process write what it sends, from before its sockets are bound.

    A message is written where it is sent first, in the thread that sends it. So what a cell has
    shown and flushed is safe before the next line, and the order is that of the kernel's work,
    which messages lose when they pass through other threads.
    """
    from ipykernel.iostream import IOPubThread
    from ipykernel.kernelapp import IPKernelApp
    from zmq.eventloop.zmqstream import ZMQStream

    places: tuple[Any, Any, Any] = (IPKernelApp, IOPubThread, ZMQStream)
    app_class, thread_class, stream_class = places
    bind_socket = app_class._bind_socket
    send_iopub = thread_class.send_multipart
    send_by_stream = stream_class.send_multipart

    def bind_recorded(app: Any, socket: Any, port: int) -> Any:
        for name, kind in REPLY_SOCKETS:
            if socket is getattr(app, name):
                recording.kinds[id(socket)] = kind
                _record_replies(recording, kind, socket)
        if socket is app.iopub_socket:
            recording.iopub = socket
            socket.sndhwm = 0  # only before bind; at the mark ZMQ drops messages silently
        return bind_socket(app, socket, port)

    def send_iopub_recorded(thread: Any, frames: Any, *args: Any, **kwargs: Any) -> Any:
        # A forked child sends to its parent, by a pipe, and the parent comes here again.
        if thread.socket is not None and thread.socket is recording.iopub:
            recording.add(IOPUB, frames)
        return send_iopub(thread, frames, *args, **kwargs)

    def send_by_stream_recorded(stream: Any, frames: Any, *args: Any, **kwargs: Any) -> Any:
        kind = recording.kinds.get(id(stream.socket))
        if kind is None or recording.add_reply(kind, frames):
            return send_by_stream(stream, Recorded(frames), *args, **kwargs)
        return None

    app_class._bind_socket = bind_recorded
    thread_class.send_multipart = send_iopub_recorded
    stream_class.send_multipart = send_by_stream_recorded
    _record_subshells(recording)
    _flush_in_parts()


def _record_replies(recording: Recording, kind: int, socket: Any) -> None:
    """Record at a socket, or what is in its place in another thread."""
    send = socket.send_multipart

    def send_recorded(frames: Any, *args: Any, **kwargs: Any) -> Any:
        if recording.add_reply(kind, frames):
            return send(frames, *args, **kwargs)
        return None

    socket.send_multipart = send_recorded


def _record_subshells(recording: Recording) -> None:
    """Since ipykernel 7 the threads that execute give their replies to the shell channel's thread.

    Where that is done in another way, replies are recorded by that thread.
    """
    try:
        from ipykernel import subshell_manager

        manager_class: Any = subshell_manager.SubshellManager
        find_socket = manager_class.get_subshell_to_shell_channel_socket
        send = manager_class._send_on_shell_channel
    except (ImportError, AttributeError):
        return

    def find_recorded(manager: Any, subshell_id: Any) -> Any:
        socket = find_socket(manager, subshell_id)
        if "send_multipart" not in vars(socket):
            _record_replies(recording, SHELL, socket)
        return socket

    def send_on_shell_channel(manager: Any, frames: Any) -> Any:
        return send(manager, Recorded(frames))

    manager_class.get_subshell_to_shell_channel_socket = find_recorded
    manager_class._send_on_shell_channel = send_on_shell_channel


def _flush_in_parts() -> None:
    """ipykernel sends what was printed within a fifth of a second as one text, however long.

    Where it flushes in another way, it does.
    """
    from ipykernel.iostream import OutStream

    stream_class: Any = OutStream
    flush_buffers = getattr(stream_class, "_flush_buffers", None)
    if not inspect.isgeneratorfunction(flush_buffers):
        return

    def flush_in_parts(stream: Any) -> Iterator[tuple[Any, str]]:
        for parent, text in flush_buffers(stream):
            for start in range(0, len(text), MOST_CHARACTERS):
                yield parent, text[start : start + MOST_CHARACTERS]

    stream_class._flush_buffers = flush_in_parts


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
        (IOPubThread, "send_multipart"),
    ]
    missing = [f"{place.__name__}.{name}" for place, name in places if not hasattr(place, name)]
    return f"ipykernel has no {', '.join(missing)}" if missing else None
