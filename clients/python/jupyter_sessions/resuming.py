"""Trials: how long a stream whose connection broke is tried to be resumed."""

import time

from jupyter_sessions.errors import CallFailed, KernelBusy, Unavailable

RESUME_SECONDS = 60.0
"""A server that is replaced is back long before."""
_AT_FIRST_SECONDS = 10.0
"""A server that was never reached may not be there at all."""
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


class Trials:
    """Counts the failures since something came."""

    def __init__(self, seconds: float, *, begun: bool) -> None:
        """`seconds`: how long to try, once it has begun; 0: not at all."""
        self._seconds = seconds
        self._patience = seconds if begun else min(seconds, _AT_FIRST_SECONDS)
        self._failed_at: float | None = None
        self._pause = _FIRST_PAUSE_SECONDS

    def succeeded(self) -> None:
        """Something came: the next failure is the first."""
        self._patience = self._seconds
        self._failed_at = None
        self._pause = _FIRST_PAUSE_SECONDS

    def pause_after(self, failure: CallFailed) -> float | None:
        """How long to wait before the next trial, in seconds; None: it is of no use any more."""
        now = time.monotonic()
        self._failed_at = self._failed_at or now
        unreachable = isinstance(failure, Unavailable) and not isinstance(failure, KernelBusy)
        if not unreachable or now - self._failed_at >= self._patience:
            return None
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return pause
