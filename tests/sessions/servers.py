"""Servers that come one after the other, over the same files and kernels."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from jupyter_sessions_server.app import Domain, domain_over
from jupyter_sessions_server.config import Config
from jupyter_sessions_server.model import Code, Finished, StreamText
from jupyter_sessions_server.store.executions import SqliteExecutionStore
from jupyter_sessions_server.store.sqlite import SqliteStore
from jupyter_sessions_server.work import tasks_of_block
from tests.fakes import FakeClock, FakeContents, FakeKernels, FakeSpecs
from tests.sessions.running_code import ME


class Killed(Exception):
    """Ends a server as SIGKILL does: nothing is stored on the way."""


class Servers:
    """Starts servers, in whose queues two executions may wait."""

    def __init__(self, folder: Path, kernels: FakeKernels, clock: FakeClock) -> None:
        self._folder = folder
        self._kernels = kernels
        self._clock = clock
        config = Config(token="x", root_dir=Path("/"), data_dir=None)
        kernel_config = replace(config.kernels, interrupt_grace_seconds=0.05, queue_limit=2)
        self._config = replace(config, kernels=kernel_config)

    @asynccontextmanager
    async def start(self, *, killed: bool = False) -> AsyncIterator[Domain]:
        """The next server's use cases; it ends with the block.

        With `killed` it ends before it stores what it would store every now and then.
        """
        async with (
            SqliteStore(self._folder / "sessions.sqlite") as store,
            SqliteExecutionStore(self._folder / "executions.sqlite") as execution_store,
        ):
            try:
                async with (
                    tasks_of_block() as tasks,
                    domain_over(
                        self._config,
                        tasks=tasks,
                        host=self._kernels,
                        specs=FakeSpecs(),
                        contents_manager=FakeContents(),
                        clock=self._clock,
                        store=store,
                        execution_store=execution_store,
                    ) as domain,
                ):
                    if killed:
                        kernel_manager = domain.sessions.kernel_manager
                        kernel_manager.progress.save = kernel_manager.close = nothing
                    yield domain
                    if killed:
                        raise Killed
            except Killed:
                pass


async def nothing():
    """Stores nothing."""


async def with_kernel(domain):
    """A kernel, ready, and its session."""
    session, _ = await domain.sessions.create_session("a.ipynb", kernel_id="k1", owner=ME)
    await domain.sessions.kernel_manager.settled(ME, "k1")
    return session


async def begin(domain, code, **options):
    """Run code, and leave when it is accepted; its id."""
    batches = domain.executions.execute(ME, "k1", Code(code, **options))
    async with aclosing(batches):
        return (await anext(batches)).events[0].output.execution_id


async def all_of(domain, execution_id, from_seq=0):
    """All events of an execution from a number on."""
    batches = domain.executions.attach(ME, execution_id, from_seq)
    async with aclosing(batches):
        return [event async for batch in batches for event in batch.events]


def texts(events):
    """What was printed."""
    return [event.output.text for event in events if isinstance(event.output, StreamText)]


def end_of(events):
    """The execution as it finished."""
    [finished] = [event.output for event in events if isinstance(event.output, Finished)]
    return finished.execution
