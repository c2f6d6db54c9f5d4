"""What tests are given: the domain over fakes, and a real server in this process that serves it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import hypothesis
import pytest

import jupyter_sessions
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub
from jupyter_sessions_server.app import Domain, domain_over
from jupyter_sessions_server.config import Config, RpcConfig
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator
from jupyter_sessions_server.rpc.server import RpcServer
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER
from jupyter_sessions_server.store.executions import SqliteExecutionStore
from jupyter_sessions_server.store.sqlite import SqliteStore
from jupyter_sessions_server.work import tasks_of_block
from tests.fakes import FakeClock, FakeContents, FakeKernels, FakeSpecs

TOKEN = "a-token"

# The same examples in each run: a run must not fail for what it does not change. New ones come with
# --hypothesis-profile=explore. No deadlines: the machine may be busy.
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, max_examples=40)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests may take longest come first: CI runs several files at a time."""
    longest: dict[Path, float] = {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        seconds = marker.args[0] if marker is not None else 0
        longest[item.path] = max(seconds, longest.get(item.path, 0))
    items.sort(key=lambda item: -longest[item.path])


def pytest_configure() -> None:
    """Signals do to the programs of the tests what they do to those that a shell starts.

    Under nohup, or in the background of a script, they would be born with some of them ignored;
    what is handled is not inherited, and nohup still keeps the tests from their end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def config() -> Config:
    """A server's settings; a test that needs others overrides this fixture."""
    rpc = RpcConfig(port=0, stop_grace_seconds=0.2)
    return Config(token=TOKEN, root_dir=Path("/root"), data_dir=None, rpc=rpc)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def specs() -> FakeSpecs:
    """Kernelspecs "python3" (the default one), "ir" and "broken"."""
    return FakeSpecs()


@pytest.fixture
async def kernels(clock: FakeClock) -> FakeKernels:
    """Kernels without processes."""
    return FakeKernels(clock)


@pytest.fixture
async def tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that ends with the test."""
    async with tasks_of_block() as group:
        yield group


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    """An empty store."""
    async with SqliteStore() as opened:
        yield opened


@pytest.fixture
async def execution_store() -> AsyncIterator[SqliteExecutionStore]:
    """An empty store of executions."""
    async with SqliteExecutionStore() as opened:
        yield opened


@pytest.fixture
async def domain(
    config: Config,
    tasks: asyncio.TaskGroup,
    kernels: FakeKernels,
    specs: FakeSpecs,
    clock: FakeClock,
    store: SqliteStore,
    execution_store: SqliteExecutionStore,
) -> AsyncIterator[Domain]:
    """The use cases over fake kernels and empty stores."""
    async with domain_over(
        config,
        tasks=tasks,
        host=kernels,
        specs=specs,
        contents_manager=FakeContents(),
        clock=clock,
        store=store,
        execution_store=execution_store,
    ) as opened:
        yield opened


@pytest.fixture
def sessions(domain: Domain) -> SessionManager:
    """The session manager."""
    return domain.sessions


@pytest.fixture
def kernel_manager(domain: Domain) -> KernelManager:
    """The kernel manager."""
    return domain.sessions.kernel_manager


@pytest.fixture
async def server(config: Config, domain: Domain) -> AsyncIterator[RpcServer]:
    """A gRPC server that listens on a free port."""
    server = RpcServer(
        config.rpc,
        authenticator=TokenAuthenticator(TOKEN, DEFAULT_OWNER),
        sessions=domain.sessions,
        executions=domain.executions,
        queries=domain.queries,
        connections=domain.connections,
    )
    await server.start()
    yield server
    domain.executions.close()
    await server.stop()


@pytest.fixture
def target(server: RpcServer) -> str:
    """The server's address."""
    return f"127.0.0.1:{server.port}"


@pytest.fixture
async def channel(target: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the server, without a token."""
    async with grpc.aio.insecure_channel(target) as opened:
        yield opened


class WithToken:
    """A stub whose calls carry the token."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def __getattr__(self, rpc: str) -> Any:
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        return partial(getattr(self._stub, rpc), metadata=metadata, timeout=10)


@pytest.fixture
def session_stub(channel: grpc.aio.Channel) -> WithToken:
    """SessionService, called with the token."""
    return WithToken(SessionServiceStub(channel))


@pytest.fixture
def kernel_stub(channel: grpc.aio.Channel) -> WithToken:
    """KernelService, called with the token."""
    return WithToken(KernelServiceStub(channel))


@pytest.fixture
def execution_stub(channel: grpc.aio.Channel) -> WithToken:
    """ExecutionService, called with the token."""
    return WithToken(ExecutionServiceStub(channel))


@pytest.fixture
def channel_stub(channel: grpc.aio.Channel) -> WithToken:
    """ChannelService, called with the token."""
    return WithToken(ChannelServiceStub(channel))


@pytest.fixture
async def client(target: str) -> AsyncIterator[jupyter_sessions.Client]:
    """The Python client, connected."""
    async with jupyter_sessions.connect(target, TOKEN) as connected:
        yield connected
