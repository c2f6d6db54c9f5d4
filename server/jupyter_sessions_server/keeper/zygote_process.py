"""Starts a zygote: its own session, only the environment that it stands for, a log for its end."""

import asyncio
import json
import os
import secrets
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jupyter_sessions_server.keeper import zygote
from jupyter_sessions_server.keeper.ends import PidfdEnd
from jupyter_sessions_server.keeper.interpreters import Interpreter
from jupyter_sessions_server.keeper.launch import CannotFork
from jupyter_sessions_server.keeper.processes import Process, identify
from jupyter_sessions_server.keeper.zygote_link import ZygoteGone, ZygoteLink

ROOM_FOR_NAMES = "-" * 400
"""An argument of zygotes that says nothing: their forks write their own arguments over it."""


@dataclass(frozen=True, slots=True)
class ZygoteTimes:
    """How long a zygote may take, and how long it stays."""

    start_seconds: float = 20.0
    linger_seconds: float = 60.0
    """Without keeper and kernels."""
    idle_seconds: float = 600.0
    """With a keeper that does not use it, without kernels."""


async def start_zygote(
    interpreter: Interpreter,
    folder: Path,
    times: ZygoteTimes,
    on_end: Callable[[ZygoteLink], object],
) -> tuple[ZygoteLink, Process]:
    """Start it and wait until it can fork; raises CannotFork."""
    log = folder / f"{interpreter.key}.log"
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = _start(interpreter, folder, times, theirs, log)
        except OSError as error:
            ours.close()
            raise CannotFork(str(error)) from error
    _, link = await asyncio.get_running_loop().create_connection(
        lambda: ZygoteLink(on_end), sock=ours
    )
    try:
        async with asyncio.timeout(times.start_seconds):
            problem = await link.greet()
    except BaseException as error:
        await _discard(link, process)
        if isinstance(error, TimeoutError):
            reason = f"its zygote was not ready in {times.start_seconds:g} seconds"
            raise CannotFork(reason) from None
        if isinstance(error, ZygoteGone):
            reason = f"its zygote ended: {_last_line(log)}"
            raise CannotFork(reason) from None
        raise
    if problem is not None:
        await _discard(link, process)
        raise CannotFork(problem)
    return link, process


def _start(
    interpreter: Interpreter, folder: Path, times: ZygoteTimes, theirs: socket.socket, log: Path
) -> Process:
    settings = {
        "key": interpreter.key,
        "socket": str(folder / f"{interpreter.key[:8]}-{secrets.token_hex(2)}.sock"),
        "linger_seconds": times.linger_seconds,
        "idle_seconds": times.idle_seconds,
    }
    folder.mkdir(mode=0o700, exist_ok=True)
    program = [zygote.__file__, json.dumps(settings), str(theirs.fileno()), ROOM_FOR_NAMES]
    theirs.set_inheritable(True)
    output = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    # Not by Popen, which complains of processes that outlive it, as zygotes do.
    pid = os.posix_spawn(
        interpreter.python,
        [*interpreter.command, *program],
        {"PATH": os.defpath, **interpreter.env},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), output, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return Process(identify(pid), PidfdEnd(pid), reap=partial(os.waitpid, pid, 0))


async def _discard(link: ZygoteLink, process: Process) -> None:
    link.close()
    process.signal_group(signal.SIGKILL)
    await process.wait()
    process.release()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
