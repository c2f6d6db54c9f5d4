"""GatewayServer: the second port: uvicorn in the same loop as everything else."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.http_protocol import HttpProtocol
from jupyter_sessions_server.gateway.listening import listen, port_of
from jupyter_sessions_server.gateway.websocket_protocol import WebSocketProtocol

_LOOK_SECONDS = 0.01
"""How often it looks whether all have gone, while it stops."""


class GatewayServer:
    """Listens once it is started; ends orderly: who is served is told, and given some time."""

    def __init__(self, app: ASGIApp, config: GatewayConfig) -> None:
        self._config = config
        self._app = app
        self._server: _Uvicorn | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0
        """Where it listens, once started."""

    async def start(self, tasks: asyncio.TaskGroup, listening: socket.socket | None = None) -> None:
        """Serve from the socket, or from one of its own.

        Raises OSError if the address cannot be had, or TLS not be spoken.
        """
        listening = listening or listen(self._config.host, self._config.port)
        try:
            self._server = _Uvicorn(
                _uvicorn_config(self._app, self._config), self._config.stop_grace_seconds
            )
        except ssl.SSLError as error:
            listening.close()
            message = f"tls_cert and tls_key: not a certificate and its key in PEM: {error}"
            raise OSError(message) from error
        self.port = port_of(listening)
        self._serving = tasks.create_task(self._server.serve(sockets=[listening]))
        await self._server.ready.wait()

    async def stop(self) -> None:
        """Take nothing new; end when what is under way has ended, or the grace is over."""
        if self._server is not None and self._serving is not None:
            self._server.end()
            await asyncio.wait([self._serving])


class _Uvicorn(uvicorn.Server):
    """Signals are the application's; and it looks once a second what to do, not ten times."""

    def __init__(self, config: uvicorn.Config, grace_seconds: float) -> None:
        super().__init__(config)
        self._grace_seconds = grace_seconds
        if not config.loaded:
            config.load()
        self.ready = asyncio.Event()
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Begin to stop."""
        self.should_exit = True
        self._ended.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End connections; cancel what has not ended when the grace is over.

        uvicorn's own looks every tenth of a second, and knows whole seconds.
        """
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        state = self.server_state
        try:
            async with asyncio.timeout(self._grace_seconds):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they are sets
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            for task in state.tasks:
                task.cancel()

    async def main_loop(self) -> None:
        while not self.should_exit:
            await self.on_tick(0)  # sets the Date header
            try:
                async with asyncio.timeout(1):
                    await self._ended.wait()
            except TimeoutError:
                continue


def _uvicorn_config(app: ASGIApp, config: GatewayConfig) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=config.max_frame_bytes,
        ws_ping_interval=config.ping_seconds,
        ws_ping_timeout=config.pong_seconds,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=None if config.tls_key is None else str(config.tls_key),
    )
