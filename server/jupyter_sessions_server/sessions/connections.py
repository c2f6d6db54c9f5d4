"""Connections: connects front ends to kernels' channels."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from weakref import WeakKeyDictionary

from jupyter_sessions_server.model import KernelId, Owner
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.sessions.channel_clients import ChannelClients
from jupyter_sessions_server.sessions.channel_events import ChannelEvent, Opening, ToKernel
from jupyter_sessions_server.sessions.connection import Connection
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor


class Connections:
    """Any number for each kernel. A slow one costs no memory: what it will hear is on the disk."""

    def __init__(
        self, *, tasks: asyncio.TaskGroup, host: KernelHost, kernel_manager: KernelManager
    ) -> None:
        self._tasks = tasks
        self._host = host
        self._kernels = kernel_manager
        self._clients: WeakKeyDictionary[KernelSupervisor, ChannelClients] = WeakKeyDictionary()

    async def connect(
        self,
        owner: Owner,
        kernel_id: KernelId,
        opening: Opening,
        sent: AsyncIterable[ToKernel],
        *,
        quiet_seconds: float,
    ) -> AsyncGenerator[ChannelEvent, None]:
        """What the front end hears, while what it sends is sent; when it is quiet, its place.

        It goes on when nothing more is sent, and ends when the same front end connects again.
        Raises KernelNotFound, also when the kernel is forgotten later; KernelDead if something is
        sent to a dead kernel; and what `sent` raises.
        """
        with self._kernels.connected(owner, kernel_id) as supervisor:
            connection = Connection(self._host, supervisor, opening, quiet_seconds=quiet_seconds)
            clients = self._clients.setdefault(supervisor, ChannelClients())
            with clients.connected(opening.client_id, connection.hang_up) as ear:
                async with aclosing(connection.events(self._tasks, ear, sent)) as events:
                    async for event in events:
                        yield event
