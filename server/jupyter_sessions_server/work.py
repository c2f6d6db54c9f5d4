"""Work that outlives the caller who began it: tasks in a group, whose outcome others wait for.

A task of a TaskGroup must not raise, or it would end its neighbours; here its outcome, an error
too, goes to those who wait.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Generic, TypeVar

from jupyter_sessions_server.errors import ServerStopping

log = logging.getLogger(__name__)

T = TypeVar("T")


class _Stop(Exception):
    """Ends a task group."""


@asynccontextmanager
async def tasks_of_block() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that ends with its block: what still runs is cancelled."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            raise _Stop
    except BaseExceptionGroup as group:
        _, others = group.split(_Stop)
        if others is not None:
            raise (others.exceptions[0] if len(others.exceptions) == 1 else others) from None


class Work(Generic[T]):
    """A task, and the future that gets its outcome."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, T]) -> None:
        self.outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.outcome.add_done_callback(_retrieve)
        self._work = work
        self.task = tasks.create_task(self._carry_out())
        self.task.add_done_callback(self._give_up)
        self.waiting = 0
        self.abandoned = False

    async def _carry_out(self) -> None:
        try:
            self.outcome.set_result(await self._work)
        except asyncio.CancelledError:  # nobody waits any more, or the group ends
            self.outcome.set_exception(ServerStopping())
            raise
        except Exception as error:  # noqa: BLE001 - handed to those who wait, whatever it is
            self.outcome.set_exception(error)

    def _give_up(self, _: "asyncio.Task[None]") -> None:
        """If the task was cancelled before it began, tell those who wait."""
        if not self.outcome.done():
            self._work.close()
            self.outcome.set_exception(ServerStopping())

    async def wait(self) -> T:
        """The outcome; the work goes on if this caller is cancelled."""
        return await asyncio.shield(self.outcome)

    async def settle(self) -> T:
        """The same, but a caller who is cancelled waits for the end, to undo or tell it."""
        try:
            return await self.wait()
        except asyncio.CancelledError:
            await asyncio.wait([self.outcome])
            raise

    async def wait_or_abandon(self) -> T:
        """The outcome; the work is cancelled if this caller is, and no other waits."""
        self.waiting += 1
        try:
            return await self.wait()
        finally:
            self.waiting -= 1
            if self.waiting == 0 and not self.outcome.done():
                self.abandoned = True
                self.task.cancel()


def _retrieve(outcome: "asyncio.Future[Any]") -> None:
    """Mark an error as seen: work may well fail when all who waited have gone."""
    outcome.exception()


def begin(tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, T], what: str) -> Work[T]:
    """Work that nobody need wait for: the log tells if it fails, and `what` it was."""
    begun = Work(tasks, work)
    begun.outcome.add_done_callback(partial(_tell_failure, what))
    return begun


def _tell_failure(what: str, outcome: "asyncio.Future[Any]") -> None:
    error = outcome.exception()
    if error is not None and not isinstance(error, ServerStopping):
        log.error("work failed %s", what, exc_info=error, extra={"work": what})


async def repeat(work: Callable[[], Awaitable[None]], seconds: float, what: str) -> None:
    """Do it now and after each pause, until cancelled; a failure is told in the log."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("work failed %s", what, extra={"work": what})
        await asyncio.sleep(seconds)


async def run_to_end(tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, T]) -> T:
    """The outcome of work that goes on even if this caller is cancelled and leaves."""
    return await Work(tasks, work).wait()


async def settle(tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, T]) -> T:
    """The same, but a caller who is cancelled waits for the end, to undo what was done."""
    return await Work(tasks, work).settle()


class SharedWork(Generic[T]):
    """Work of which there is one at a time for a key, however many callers want it.

    The first caller begins it, those who come meanwhile and want the same join. It goes on as long
    as anybody waits, and is cancelled, and cleans up, when the last one has gone.
    """

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._under_way: dict[Hashable, tuple[object, Work[T]]] = {}

    async def run(
        self, key: Hashable, wanted: object, begin: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Begin the work, or join what is under way for an equal want; its outcome.

        Work for another want is first waited for, whatever its outcome.
        """
        while key in self._under_way:
            present, work = self._under_way[key]
            if present == wanted and not work.abandoned:
                return await work.wait_or_abandon()
            await asyncio.wait([work.task])
        work = Work(self._tasks, begin())
        self._under_way[key] = wanted, work
        work.task.add_done_callback(lambda _: self._under_way.pop(key))
        return await work.wait_or_abandon()
