"""Ending a call whose caller has gone."""

import asyncio
from types import TracebackType

from starlette.types import Receive


class EndedByHangUp:
    """A block that is cancelled, and left quietly, when the caller hangs up.

    Looking out for that takes a task, which is started only for blocks that last: most calls are
    answered before. The body of the request has to be read already.
    """

    def __init__(self, receive: Receive, *, after_seconds: float) -> None:
        self._receive = receive
        self._after_seconds = after_seconds
        self._watch: asyncio.Task[None] | None = None
        self.happened = False

    async def __aenter__(self) -> "EndedByHangUp":
        task = asyncio.current_task()
        if task is None:
            raise TypeError("requests are answered in tasks")
        self._task = task
        loop = asyncio.get_running_loop()
        self._start = loop.call_later(self._after_seconds, self._look_out)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._start.cancel()
        if self._watch is not None:
            self._watch.cancel()
        return self.happened and self._task.uncancel() == 0  # else somebody else cancels it, too

    def _look_out(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.happened = True
        self._task.cancel()
