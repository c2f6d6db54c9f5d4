"""A group of tasks that end with a block, and of which none can end the others."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from contextvars import Context
from typing import Any

log = logging.getLogger(__name__)


class KeptTasks(asyncio.TaskGroup):
    """A failure is logged: a bug with one kernel must not take the parent of all others."""

    def create_task(  # type: ignore[override]  # coroutines are all that is started here
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        """Start a task; its outcome is None if it fails."""
        task = super().create_task(_logged(coro), name=name, context=context)
        task.add_done_callback(lambda _: coro.close())  # it may have been cancelled before it began
        return task


async def _logged(work: Coroutine[Any, Any, Any]) -> object:
    try:
        return await work
    except Exception:
        log.exception("task failed", extra={"task": repr(work)})
        return None


class _Stop(Exception):
    """Ends the tasks of a group."""


@contextlib.asynccontextmanager
async def kept_tasks() -> AsyncIterator[KeptTasks]:
    """A group that ends with its block: what still runs is cancelled."""
    try:
        async with KeptTasks() as tasks:
            yield tasks
            raise _Stop
    except BaseExceptionGroup as group:
        _, others = group.split(_Stop)
        if others is not None:
            raise others from None
