"""Gateway: the second port, there from the first moment, served as soon as its code is imported.

Importing that takes a tenth of a second, for which gRPC need not wait.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_sessions_server.addresses import reachable
from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.listening import listen, port_of

if TYPE_CHECKING:
    import grpc

CURSORS_NAME = "front-ends.cursors"


class Gateway:
    """Serves browsers in a task of its own until it is stopped."""

    def __init__(
        self,
        config: GatewayConfig,
        channel: "grpc.aio.Channel",
        *,
        data_dir: Path,
        tasks: asyncio.TaskGroup,
    ) -> None:
        """Listen; connections wait until `start`. Raises OSError if the address cannot be had.

        In `data_dir` is a file of where front ends go on.
        """
        self._config = config
        self._channel = channel
        self._cursors = data_dir / CURSORS_NAME
        self._tasks = tasks
        self._listening = listen(config.host, config.port)
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where browsers find it."""
        scheme = "http" if self._config.tls_cert is None else "https"
        address = f"{reachable(self._config.host)}:{port_of(self._listening)}"
        return f"{scheme}://{address}{self._config.base_url}"

    def start(self) -> None:
        """Begin to serve; a failure ends the task group."""
        self._serving = self._tasks.create_task(self._serve())

    async def stop(self) -> None:
        """Take nothing new, and give what is under way some time."""
        self._stop.set()
        if self._serving is None:
            self._listening.close()
        else:
            await asyncio.wait([self._serving])

    async def _serve(self) -> None:
        serve_gateway = await asyncio.to_thread(_import)
        await serve_gateway(
            self._channel,
            self._config,
            listening=self._listening,
            cursors=self._cursors,
            tasks=self._tasks,
            stop=self._stop,
        )


def _import() -> Callable[..., Awaitable[None]]:
    from jupyter_sessions_server.gateway.serving import serve_gateway

    return serve_gateway
