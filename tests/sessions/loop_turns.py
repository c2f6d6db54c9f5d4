"""Turns of the event loop, for tests of what happens between two of them."""

import asyncio

from jupyter_sessions_server.work import Work
from tests.waiting import until


async def turns(count: int) -> None:
    """Let the loop turn, so that whatever can go on without the world does."""
    for _ in range(count):
        await asyncio.sleep(0)


async def all_done() -> None:
    """Wait until all work that callers began, and perhaps left, has come to its end."""
    await until(lambda: not any(map(_is_work, asyncio.all_tasks())))


def _is_work(task: "asyncio.Task[object]") -> bool:
    name = getattr(task.get_coro(), "__qualname__", "")
    return bool(name == Work._carry_out.__qualname__)
