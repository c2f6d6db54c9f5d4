"""Serves the gateway, from its socket to its end; imports all that it needs."""

import asyncio
import logging
import socket
from pathlib import Path

import grpc

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.app import create_app
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.server import GatewayServer
from jupyter_sessions_server.gateway.service import Service

log = logging.getLogger(__name__)


async def serve_gateway(
    channel: grpc.aio.Channel,
    config: GatewayConfig,
    *,
    listening: socket.socket,
    cursors: Path | None,
    tasks: asyncio.TaskGroup,
    stop: asyncio.Event,
) -> None:
    """Serve from the socket until told to stop.

    The file `cursors` tells how far front ends have got, also after this process was killed.
    Raises OSError if another process has the file, or TLS cannot be had.
    """
    with _open_cursors(cursors) as opened:
        server = GatewayServer(create_app(Service(channel), opened, config), config)
        await server.start(tasks, listening)
        await stop.wait()
        await server.stop()


def _open_cursors(path: Path | None) -> Cursors:
    """In the file, or in memory alone where that cannot be had, as on a disk that is full."""
    try:
        return Cursors(path)
    except BlockingIOError:
        raise
    except OSError as error:
        facts = {"path": str(path), "why": str(error)}
        log.warning("front ends' places are not kept in %(path)s: %(why)s", facts, extra=facts)
        return Cursors(None)
