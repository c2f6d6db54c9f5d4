"""Builds every part, starts them in order, stops them in the other; alone knows all of them."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jupyter_sessions import __version__
from jupyter_sessions.discovery import ServerInfo, remove_server_file, write_server_file
from jupyter_sessions_server.addresses import reachable
from jupyter_sessions_server.config import Config
from jupyter_sessions_server.folders import data_folder, kept_token, run_dir_of
from jupyter_sessions_server.gateway.gateway import Gateway
from jupyter_sessions_server.kernels.keeper_host import KeeperKernelHost
from jupyter_sessions_server.kernels.root_directory import RootDirectory
from jupyter_sessions_server.kernels.specs import JupyterKernelSpecs
from jupyter_sessions_server.ports import (
    Clock,
    ContentsManager,
    ExecutionStore,
    KernelHost,
    KernelSpecs,
    SessionStore,
)
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator
from jupyter_sessions_server.rpc.server import RpcServer
from jupyter_sessions_server.sessions.connections import Connections
from jupyter_sessions_server.sessions.executions import Executions
from jupyter_sessions_server.sessions.idle import KernelCuller
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.queries import KernelQueries
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER
from jupyter_sessions_server.sessions.usage import UsageSweep
from jupyter_sessions_server.store.database import MEMORY
from jupyter_sessions_server.store.executions import SqliteExecutionStore
from jupyter_sessions_server.store.sqlite import SqliteStore
from jupyter_sessions_server.work import tasks_of_block

log = logging.getLogger(__name__)

DATABASE_NAME = "sessions.sqlite"
EXECUTIONS_NAME = "executions.sqlite"


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some time in the past; nobody sets it."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Domain:
    """The use cases, over real or other parts."""

    sessions: SessionManager
    executions: Executions
    queries: KernelQueries
    connections: Connections


@asynccontextmanager
async def open_domain(
    config: Config,
    *,
    tasks: asyncio.TaskGroup,
    host: KernelHost,
    specs: KernelSpecs,
    contents_manager: ContentsManager,
    clock: Clock,
    database_filepath: str | Path = MEMORY,
    executions_filepath: str | Path = MEMORY,
    exclusive: bool = False,
) -> AsyncIterator[Domain]:
    """The use cases over two database files.

    `exclusive` says that no other process writes them.
    """
    async with (
        SqliteStore(database_filepath, exclusive=exclusive) as store,
        SqliteExecutionStore(executions_filepath) as execution_store,
        domain_over(
            config,
            tasks=tasks,
            host=host,
            specs=specs,
            contents_manager=contents_manager,
            clock=clock,
            store=store,
            execution_store=execution_store,
        ) as domain,
    ):
        yield domain


@asynccontextmanager
async def domain_over(
    config: Config,
    *,
    tasks: asyncio.TaskGroup,
    host: KernelHost,
    specs: KernelSpecs,
    contents_manager: ContentsManager,
    clock: Clock,
    store: SessionStore,
    execution_store: ExecutionStore,
) -> AsyncIterator[Domain]:
    """The use cases over stores that are open."""
    kernel_manager = KernelManager(
        tasks=tasks, host=host, specs=specs, store=store, clock=clock, config=config.kernels
    )
    executions = Executions(
        tasks=tasks,
        host=host,
        kernel_manager=kernel_manager,
        store=execution_store,
        clock=clock,
        config=config.kernels,
        quiet_seconds=config.rpc.keepalive_seconds,
    )
    kernel_manager.listener = executions
    executions.load()
    await kernel_manager.open()
    executions.resume()
    culler = KernelCuller(kernel_manager=kernel_manager, clock=clock, config=config.kernels)
    usage = UsageSweep(kernel_manager=kernel_manager, host=host, config=config.kernels)
    running = (culler.run(), usage.run(), kernel_manager.progress.run(), executions.run())
    sweeps = [tasks.create_task(each) for each in running]
    try:
        yield Domain(
            sessions=SessionManager(
                tasks=tasks,
                store=store,
                kernel_manager=kernel_manager,
                contents_manager=contents_manager,
                clock=clock,
                config=config.sessions,
            ),
            executions=executions,
            queries=KernelQueries(
                tasks=tasks, host=host, kernel_manager=kernel_manager, config=config.kernels
            ),
            connections=Connections(tasks=tasks, host=host, kernel_manager=kernel_manager),
        )
    finally:
        for sweep in sweeps:
            sweep.cancel()
        await kernel_manager.close()


async def serve(config: Config, ready: Callable[[ServerInfo], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told where, once it listens.

    Raises StoreError and OSError if a file or an address cannot be used.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with data_folder(config.data_dir) as data_dir:
        token = config.token or kept_token(data_dir)
        async with running_server(config, data_dir, token) as ports:
            info = _server_info(config, ports, data_dir, token)
            write_server_file(info)
            try:
                ready(info)
                await stop.wait()
            finally:
                remove_server_file(info.pid)


@asynccontextmanager
async def running_server(config: Config, data_dir: Path, token: str) -> AsyncIterator["Ports"]:
    """A server that listens, with real kernels, until the block ends."""
    clock, specs, root = SystemClock(), JupyterKernelSpecs(), RootDirectory(config.root_dir)
    async with tasks_of_block() as tasks:
        host = KeeperKernelHost(
            tasks=tasks,
            specs=specs,
            root=root,
            config=config.kernels,
            run_dir=run_dir_of(data_dir),
            journal_dir=data_dir / "journals",
            ephemeral=config.data_dir is None,
        )
        domain = open_domain(
            config,
            tasks=tasks,
            host=host,
            specs=specs,
            contents_manager=root,
            clock=clock,
            database_filepath=data_dir / DATABASE_NAME,
            executions_filepath=data_dir / EXECUTIONS_NAME,
            exclusive=True,  # the folder is locked
        )
        async with AsyncExitStack() as host_stays:
            await host_stays.enter_async_context(host)
            async with domain as parts:
                async with _listening(config, parts, tasks, data_dir, token) as ports:
                    host.prepare_default()
                    yield ports
                await host_stays.aclose()
                await parts.sessions.kernel_manager.followed_to_end()


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server listens."""

    grpc: int
    http_url: str
    """Empty: browsers are not served."""


@asynccontextmanager
async def _listening(
    config: Config, domain: Domain, tasks: asyncio.TaskGroup, data_dir: Path, token: str
) -> AsyncIterator[Ports]:
    server = RpcServer(
        config.rpc,
        authenticator=TokenAuthenticator(token, DEFAULT_OWNER),
        sessions=domain.sessions,
        executions=domain.executions,
        queries=domain.queries,
        connections=domain.connections,
    )
    gateway = _gateway(config, server, tasks, data_dir)
    try:
        await server.start()
        if gateway is not None:
            gateway.start()
        yield Ports(server.port, "" if gateway is None else gateway.url)
    finally:
        domain.executions.close()
        stopping = [server.stop()] if gateway is None else [server.stop(), gateway.stop()]
        await asyncio.gather(*stopping)


def _gateway(
    config: Config, server: RpcServer, tasks: asyncio.TaskGroup, data_dir: Path
) -> Gateway | None:
    if config.gateway is None:
        return None
    channel = server.in_process(tasks)
    return Gateway(config.gateway, channel, data_dir=data_dir, tasks=tasks)


def _server_info(config: Config, ports: Ports, data_dir: Path, token: str) -> ServerInfo:
    return ServerInfo(
        pid=os.getpid(),
        target=f"{reachable(config.rpc.host)}:{ports.grpc}",
        http_url=ports.http_url,
        token=token,
        tls=config.rpc.tls_cert is not None,
        version=__version__,
        root_dir=str(config.root_dir),
        data_dir=str(data_dir),
        start_time=datetime.now(UTC),
    )
