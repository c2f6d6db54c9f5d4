"""Processes that were started, and nobody was told which they are."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from jupyter_sessions_server.keeper.processes import Process, ProcessGone


async def end_with_argument(text: str) -> None:
    """End the processes that have this text in their command lines; no others must have it.

    None are found on systems without /proc.
    """
    for pid in _with_argument(text):
        with contextlib.suppress(ProcessGone):
            try:
                process = Process.open(pid)
            except OSError:  # no descriptor is left to wait for it
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                continue
            process.signal_group(signal.SIGKILL)
            await process.wait()
            process.release()


def _with_argument(text: str) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        with contextlib.suppress(OSError):
            if text.encode() in (process / "cmdline").read_bytes() and pid != os.getpid():
                yield pid
