"""Lifetime: when the keeper ends by itself, and when it ends kernels that nobody came back for.

It holds one timer at a time, and none while a server is there.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.protocol import Cause

ORPHAN_TTL_SECONDS = 86_400.0
LINGER_SECONDS = 10.0
_CULL_GRACE_SECONDS = 5.0

log = logging.getLogger(__name__)


class Lifetime:
    """Counts servers, looks at kernels."""

    def __init__(
        self, tasks: asyncio.TaskGroup, end: Callable[[], None], linger_seconds: float
    ) -> None:
        """`end` is called once the keeper is of no use any more."""
        self.linger_seconds = linger_seconds
        self.orphan_ttl_seconds = ORPHAN_TTL_SECONDS
        self._tasks = tasks
        self._end = end
        self._servers = 0
        self._kernels: Kernels | None = None
        self._alone_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._culled: set[str] = set()

    def watch(self, kernels: Kernels) -> None:
        """Look after these kernels from now on."""
        self._kernels = kernels
        self._alone_since = time.monotonic()
        self.changed()

    def server_came(self) -> None:
        """A server has said hello."""
        self._servers += 1
        self.changed()

    def server_left(self) -> None:
        """One of them has hung up."""
        self._servers -= 1
        self._alone_since = time.monotonic()
        self.changed()

    def changed(self) -> None:
        """A server or a kernel has come or gone: set the timer for what is due next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._kernels is None or self._servers:
            return
        loop = asyncio.get_running_loop()
        if len(self._kernels) == 0:
            self._timer = loop.call_later(self.linger_seconds, self._end)
        elif unused := self._unused_seconds():
            left = self.orphan_ttl_seconds - max(unused.values())
            self._timer = loop.call_later(max(0.0, left), self._cull)

    def close(self) -> None:
        """Set no more timers."""
        self._kernels = None
        self.changed()

    def _unused_seconds(self) -> dict[str, float]:
        """For how long each kernel has had neither a server nor anything to say.

        A file's time is that of a clock that may be set; the time without a server is not, so no
        jump ends a kernel that has not been alone for so long.
        """
        if self._kernels is None:
            return {}
        self._culled &= set(self._kernels.ids())
        alone, now = time.monotonic() - self._alone_since, time.time()
        return {
            kernel_id: min(alone, now - self._kernels.last_written(kernel_id))
            for kernel_id in self._kernels.ids()
            if kernel_id not in self._culled
        }

    def _cull(self) -> None:
        """End the kernels that were unused for too long; look again when the next may be."""
        for kernel_id, seconds in self._unused_seconds().items():
            if seconds >= self.orphan_ttl_seconds:
                self._culled.add(kernel_id)
                self._tasks.create_task(self._cull_one(kernel_id))
        self.changed()

    async def _cull_one(self, kernel_id: str) -> None:
        log.info("kernel is nobody's", extra={"kernel_id": kernel_id})
        if self._kernels is not None:
            await self._kernels.terminate(kernel_id, Cause.CULLED, _CULL_GRACE_SECONDS)
