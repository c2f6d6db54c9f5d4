"""How the process takes memory from the system: less often, where large messages pass through it.

By default glibc takes blocks above 128 KiB from the system one by one, and gives them back at once;
so each page of each copy of a large message is made anew. That was measured to be three quarters
of what a message of 1 MB costs.
"""

import ctypes
import sys
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Of glibc's malloc.h."""
_KEPT_BYTES: Final = 16 * 1024 * 1024
"""How much that is free at the end of the heap is kept."""
_LARGE_BYTES: Final = 16 * 1024 * 1024
"""From which size on a block is the system's own."""


def keep_freed_memory() -> None:
    """Keep some of what was freed for the next large messages; does nothing without glibc.

    There is one heap for all threads: with one each, each would keep as much.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_ARENA_MAX, 1)
