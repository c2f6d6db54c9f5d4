"""Builds the keeper's parts, adopts what lives, and serves until there is no more use for it."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jupyter_sessions_server.keeper import start_folders
from jupyter_sessions_server.keeper.kept_tasks import kept_tasks
from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.lifetime import LINGER_SECONDS, Lifetime
from jupyter_sessions_server.keeper.protocol import SOCKET_NAME
from jupyter_sessions_server.keeper.requests import SHUTDOWN_GRACE_SECONDS, Requests
from jupyter_sessions_server.keeper.server import KeeperServer
from jupyter_sessions_server.keeper.ways import Ways

SOCKET_PATH_BYTES = 100
"""How long a socket's path may be; the lowest limit of the systems that we know is 103."""

log = logging.getLogger(__name__)

OpenWays = Callable[[Path, asyncio.TaskGroup], Ways]
"""Makes the ways to start kernels, for a run directory; their tasks belong to the group."""


class RunDirTooLong(Exception):
    """Sockets below the run directory would have paths that the system refuses."""

    def __init__(self, run_dir: Path) -> None:
        longest = SOCKET_PATH_BYTES - start_folders.LONGEST
        super().__init__(f"{str(run_dir)!r} has more than {longest} bytes")


@dataclass(frozen=True, slots=True)
class KeeperConfig:
    """What the command line says."""

    run_dir: Path
    journal_dir: Path
    ephemeral: bool = False
    """Whether to end, with all kernels, when standard input is closed."""
    linger_seconds: float = LINGER_SECONDS


async def keep(config: KeeperConfig, open_ways: OpenWays) -> None:
    """Keep kernels until told to end; kernels live on unless they are to be ended too."""
    if len(os.fsencode(config.run_dir)) + start_folders.LONGEST >= SOCKET_PATH_BYTES:
        raise RunDirTooLong(config.run_dir)
    ended = asyncio.Event()
    async with kept_tasks() as tasks:
        lifetime = Lifetime(tasks, ended.set, config.linger_seconds)
        ways = open_ways(config.run_dir, tasks)
        await ways.zygotes.open()
        kernels = Kernels(
            run_dir=config.run_dir,
            journal_dir=config.journal_dir,
            ways=ways,
            tasks=tasks,
            changed=lifetime.changed,
        )
        await kernels.adopt()
        server = KeeperServer(Requests(kernels, lifetime), lifetime, tasks, ended.set)
        async with server.listen(config.run_dir / SOCKET_NAME):
            lifetime.watch(kernels)
            if config.ephemeral:
                tasks.create_task(_shut_down_with_stdin(kernels, ended))
            _end_by_signal(ended)
            log.info("keeper listens", extra={"pid": os.getpid(), "kernels": len(kernels)})
            await ended.wait()
        lifetime.close()
        await ways.zygotes.close()
    log.info("keeper ends", extra={"pid": os.getpid(), "kernels": len(kernels)})


def _end_by_signal(ended: asyncio.Event) -> None:
    """SIGTERM ends the keeper, kernels live on; a Ctrl-C is for the server.

    It is handled, not ignored: what is ignored would be so in kernels too.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)


async def _shut_down_with_stdin(kernels: Kernels, ended: asyncio.Event) -> None:
    """Wait until standard input is closed, then end all kernels and the keeper."""
    loop = asyncio.get_running_loop()
    closed = asyncio.Event()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            closed.set()

    try:
        loop.add_reader(descriptor, read)
    except PermissionError:  # a file: it has nothing to tell
        closed.set()
    try:
        await closed.wait()
    finally:
        loop.remove_reader(descriptor)
    log.info("standard input was closed")
    await kernels.shut_down(SHUTDOWN_GRACE_SECONDS)
    ended.set()
