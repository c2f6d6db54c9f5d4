"""The gateway's socket, which can be had before anything that is to be served from it."""

import socket

_BACKLOG = 2048
"""How many connections may wait to be taken up."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises OSError, which names the address, if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror}"
        raise OSError(message) from error
    # What it accepts inherits this; asyncio sets it only on sockets that it has made itself.
    # Without it an answer in two writes waits 40 ms for the client to acknowledge the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def port_of(listening: socket.socket) -> int:
    """Where it listens."""
    port: int = listening.getsockname()[1]
    return port
