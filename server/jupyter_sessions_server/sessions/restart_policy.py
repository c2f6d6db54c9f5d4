"""RestartPolicy: whether a kernel that died by itself is started again, and how often."""

from collections import deque

from jupyter_sessions_server.model import ExitCause, KernelExit
from jupyter_sessions_server.ports import Clock

_WINDOW_SECONDS = 60.0
_BY_ITSELF = {ExitCause.EXITED, ExitCause.SIGNALED, ExitCause.OUT_OF_MEMORY}


class RestartPolicy:
    """Counts one kernel's restarts of the last minute, by a clock that nobody sets."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self, end: KernelExit) -> bool:
        """Whether a restart is due after this end; it then counts.

        One that exited with code 0 was told to by its own code, and stays dead.
        """
        meant = end.cause is ExitCause.EXITED and end.exit_code == 0
        if self._limit == 0 or end.cause not in _BY_ITSELF or meant:
            return False
        now = self._clock.monotonic()
        while self._times and self._times[0] <= now - _WINDOW_SECONDS:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return False
        self._times.append(now)
        return True
