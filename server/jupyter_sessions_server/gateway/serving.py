"""Serves the gateway, from its socket to its end; imports all that it needs."""

import asyncio
import socket
from pathlib import Path

import grpc

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.app import create_app
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.server import GatewayServer
from jupyter_sessions_server.gateway.service import Service


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
    Raises OSError if the file or TLS cannot be had.
    """
    with Cursors(cursors) as opened:
        server = GatewayServer(create_app(Service(channel), opened, config), config)
        await server.start(tasks, listening)
        await stop.wait()
        await server.stop()
