"""Begins the session of a kernel in the user's history beside the kernel: it waits for the disk.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any


def begin_beside() -> None:
    """Let a thread begin the next session that is begun."""
    from IPython.core.history import HistoryManager

    new_session: Any = HistoryManager.new_session

    def begin(history: Any, connection: Any = None) -> None:
        HistoryManager.new_session = new_session  # type: ignore[method-assign]
        if connection is not None or not history.enabled or str(history.hist_file) == ":memory:":
            new_session(history, connection)
        else:
            wait_for_number(history, threading.Thread(target=begin_session, args=[history]))

    HistoryManager.new_session = begin  # type: ignore[assignment,method-assign]


def wait_for_number(history: Any, beginning: threading.Thread) -> None:
    """Start the thread; who asks for the session's number meanwhile waits for it."""
    standard = type(history)

    def get_number(history: Any) -> int:
        beginning.join()
        history.__class__ = standard
        number: int = history.session_number
        return number

    def set_number(history: Any, number: int) -> None:
        history.__class__ = standard
        history.session_number = number

    history.__class__ = type(
        standard.__name__, (standard,), {"session_number": property(get_number, set_number)}
    )
    beginning.daemon = True
    beginning.start()


def begin_session(history: Any) -> None:
    """Write the new session to the user's history."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(str(history.hist_file))) as connection:
        history.new_session(connection)
