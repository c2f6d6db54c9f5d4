"""Ports for servers that are started again, and have to be where they were."""

import random
import socket

_OFFERED = range(20_000, 32_000)
"""Below those that systems give to whoever asks for any: nobody gets one by chance meanwhile."""


def lasting_port() -> int:
    """A free port of this machine that is still free when its server has ended."""
    return next(filter(_is_free, random.sample(_OFFERED, len(_OFFERED))))


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
