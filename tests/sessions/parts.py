"""A session manager over parts that a test chooses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jupyter_sessions_server.config import KernelConfig, SessionConfig
from jupyter_sessions_server.ports import Clock, SessionStore
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.work import tasks_of_block
from tests.fakes import FakeContents, FakeKernels, FakeSpecs


def kernel_manager_over(
    tasks: asyncio.TaskGroup,
    store: SessionStore,
    kernels: FakeKernels,
    clock: Clock,
    config: KernelConfig | None = None,
) -> KernelManager:
    """A kernel manager, not open yet."""
    return KernelManager(
        tasks=tasks, host=kernels, specs=FakeSpecs(), store=store, clock=clock, config=config
    )


@asynccontextmanager
async def open_sessions(
    store: SessionStore,
    kernels: FakeKernels,
    clock: Clock,
    *,
    kernel_config: KernelConfig | None = None,
    session_config: SessionConfig | None = None,
) -> AsyncIterator[SessionManager]:
    """A session manager, as a server that has just started has it."""
    async with tasks_of_block() as tasks:
        kernel_manager = kernel_manager_over(tasks, store, kernels, clock, kernel_config)
        await kernel_manager.open()
        yield SessionManager(
            tasks=tasks,
            store=store,
            kernel_manager=kernel_manager,
            contents_manager=FakeContents(),
            clock=clock,
            config=session_config,
        )
