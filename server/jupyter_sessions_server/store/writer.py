"""One thread that writes: operations that wait together are committed together.

A commit waits for the disk; many operations share one. Each still succeeds or fails alone: in a
savepoint of its own, or, if no other waits, in a transaction. It is answered only when the commit
that holds it is on disk.
"""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from jupyter_sessions_server.errors import ServerStopping, StorageFull

log = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]

_MOST_PER_COMMIT = 256


class _Job:
    """An operation that waits, and where its outcome goes."""

    __slots__ = ("committed", "error", "future", "operation", "result", "settled")

    def __init__(
        self,
        operation: Operation[Any],
        future: asyncio.Future[Any],
        committed: Callable[[Any], None],
    ) -> None:
        self.operation = operation
        self.future = future
        self.committed = committed
        self.result: object = None
        self.error: Exception | None = None
        self.settled = False

    def run_alone(self, connection: sqlite3.Connection) -> None:
        """Run as a transaction of its own."""
        connection.execute("BEGIN IMMEDIATE")
        self.result = self.operation(connection)
        connection.execute("COMMIT")

    def run_among_others(self, connection: sqlite3.Connection) -> None:
        """Run in a savepoint; an error undoes this operation alone.

        Raises the error only where SQLite has undone the whole transaction by itself, as it may
        when the disk is full.
        """
        connection.execute("SAVEPOINT operation")
        try:
            self.result = self.operation(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO operation")
            self.error = domain_error(error)
        connection.execute("RELEASE operation")

    def settle(self) -> None:
        """On the loop: hand the outcome over; a caller who has gone gets none."""
        self.settled = True
        if self.error is None:
            self.committed(self.result)
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Owns the connection that writes, and the thread it is used on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="sqlite-writer")
        self._thread.start()

    async def run(
        self, operation: Operation[T], committed: Callable[[T], None] = lambda _: None
    ) -> T:
        """The operation's result, once it is on disk. If the caller goes, it still takes place.

        `committed` is told the result before the caller is, in the order of the commits, also if
        the caller has gone.
        """
        result: T = await self._put(operation, committed).future
        return result

    async def settle(
        self, operation: Operation[T], committed: Callable[[T], None] = lambda _: None
    ) -> T:
        """The same, but a caller who is cancelled waits for the end, to undo what was done."""
        job = self._put(operation, committed)
        try:
            result: T = await job.future
        except asyncio.CancelledError:
            if not job.settled:
                job.future = self._loop.create_future()
                await asyncio.wait([job.future])
                job.future.exception()  # nobody is told: the caller has gone
            raise
        return result

    def _put(self, operation: Operation[T], committed: Callable[[T], None]) -> _Job:
        if self._closed:
            raise ServerStopping
        job = _Job(operation, self._loop.create_future(), committed)
        self._jobs.put(job)
        return job

    async def close(self) -> None:
        """Finish what waits, and end."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs = [first]
            last = False
            with contextlib.suppress(queue.Empty):
                while len(jobs) < _MOST_PER_COMMIT and not last:
                    following = self._jobs.get_nowait()
                    if following is None:
                        last = True
                    else:
                        jobs.append(following)
            self._commit(jobs)
            if last:
                return

    def _commit(self, jobs: list[_Job]) -> None:
        if len(jobs) == 1:
            self._commit_one(jobs[0])
        else:
            self._commit_together(jobs)
        self._loop.call_soon_threadsafe(_settle, jobs)

    def _commit_one(self, job: _Job) -> None:
        try:
            job.run_alone(self._connection)
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            if isinstance(error, sqlite3.OperationalError):
                _log_failure(error, operations=1)
            self._roll_back()
            job.error = domain_error(error)

    def _commit_together(self, jobs: list[_Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job.run_among_others(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            _log_failure(error, operations=len(jobs))
            self._roll_back()
            for job in jobs:
                job.error = domain_error(error)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite may have done it by itself
            self._connection.execute("ROLLBACK")


def _log_failure(error: sqlite3.Error, operations: int) -> None:
    log.warning("commit failed", extra={"operations": operations, "error": str(error)})


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def domain_error(error: Exception) -> Exception:
    """What SQLite says in the domain's words, where a caller can act on it; else the error."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFull()
    return error
