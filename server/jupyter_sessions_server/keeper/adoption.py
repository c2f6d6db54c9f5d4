"""What a new keeper finds of an earlier one's kernels."""

import contextlib
from functools import partial
from pathlib import Path

from jupyter_sessions_server.keeper.processes import Process, ProcessGone
from jupyter_sessions_server.keeper.protocol import Mode
from jupyter_sessions_server.keeper.state_files import KernelState
from jupyter_sessions_server.keeper.unknown import end_with_argument
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
    if state.process is None:
        await end_with_argument(str(state.folder))


def folders(run_dir: Path) -> set[Path]:
    """The folders of all starts."""
    with contextlib.suppress(FileNotFoundError):
        return set((run_dir / "p").iterdir())
    return set()
