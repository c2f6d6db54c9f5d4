"""How many files and sockets the process may have open."""

import contextlib
import sys
from typing import Final

_ENOUGH: Final = 65_536
"""For thousands of kernels; more would be slow for programs that close whatever could be open."""


def allow_many_descriptors() -> None:
    """Take as many as the system lets us have: a kernel with a front end takes about eight.

    By default a process begins with a lower limit, often 1024, that it may raise by itself. Kernels
    inherit it, as those of jupyter_server do.
    """
    if sys.platform == "win32":
        return
    import resource  # there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):  # macOS has a limit below the hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
