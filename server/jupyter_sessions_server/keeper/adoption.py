"""What a new keeper finds of an earlier one's kernels."""

import contextlib
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jupyter_sessions_server.keeper.processes import Process, ProcessGone
from jupyter_sessions_server.keeper.protocol import Mode
from jupyter_sessions_server.keeper.state_files import KernelState
from jupyter_sessions_server.keeper.ways import Zygotes


def find_process(state: KernelState, zygotes: Zygotes) -> Process | None:
    """The process of a kernel's state, if it lives."""
    if state.process is None:
        return None
    try:
        return Process.find(state.process, partial(exit_code, state, zygotes))
    except ProcessGone:
        return None


async def exit_code(state: KernelState, zygotes: Zygotes) -> int | None:
    """How it ended, if its parent lives and can tell; ours would have been an earlier keeper."""
    if state.kernel["mode"] != Mode.WARM or state.process is None:
        return None
    return await zygotes.exit_code(state.process)


async def end_unknown(state: KernelState) -> None:
    """End what was started when the keeper ended, before it could note which process it was.

    It has the start's folder among its arguments, as no other process does.
    """
    if state.process is not None:
        return
    for pid in _with_argument(str(state.folder)):
        with contextlib.suppress(ProcessGone):
            process = Process.open(pid)
            process.signal_group(signal.SIGKILL)
            await process.wait()
            process.release()


def _with_argument(text: str) -> Iterator[int]:
    """Processes with this text in their command lines; none on systems without /proc."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (process / "cmdline").read_bytes():
                yield int(process.name)


def folders(run_dir: Path) -> set[Path]:
    """The folders of all starts."""
    with contextlib.suppress(FileNotFoundError):
        return set((run_dir / "p").iterdir())
    return set()
