"""The gateway's socket, which can be had before anything that is to be served from it."""

import socket

_BACKLOG = 2048
"""How many connections may wait to be taken up."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises OSError, which names the address, if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        raise OSError(message) from error


def port_of(listening: socket.socket) -> int:
    """Where it listens."""
    port: int = listening.getsockname()[1]
    return port
