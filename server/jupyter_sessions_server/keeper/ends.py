"""Ends: how the end of a process is seen, by a pidfd or by asking again and again."""

import asyncio
import os
from collections.abc import Callable
from typing import Protocol

POLL_SECONDS = 0.1


class End(Protocol):
    """Tells when one process has ended."""

    async def wait(self) -> None:
        """Return when it has ended; it may not be reaped yet."""

    def close(self) -> None:
        """Stop watching."""


class PidfdEnd:
    """An End by a pidfd, which stays with its process whatever becomes of the pid."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError if there is no such process."""
        self._descriptor = os.pidfd_open(pid)
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._ended.set()

    async def wait(self) -> None:
        """Return when it has ended; it may not be reaped yet."""
        await self._ended.wait()

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class PolledEnd:
    """An End for systems without pidfd: asks again and again."""

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        self._is_alive = is_alive

    async def wait(self) -> None:
        """Return when it has ended."""
        while self._is_alive():  # noqa: ASYNC110 - the system has no event for it
            await asyncio.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Nothing is held between two looks."""
