"""ZygoteLink: the keeper's lasting connection to one zygote."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from jupyter_sessions_server.keeper import zygote

ANSWER_SECONDS = 10.0
"""How long a fork may take to run; a machine that is so slow is no faster with a cold start."""


class ZygoteGone(Exception):
    """The zygote has ended, or no longer answers."""


class Refused(Exception):
    """The zygote could not do it, and says why."""


class Stale(Exception):
    """What the zygote has imported was replaced by another version."""


class ZygoteLink(asyncio.Protocol):
    """Requests to a zygote, each with its answer."""

    def __init__(self, on_end: Callable[["ZygoteLink"], object]) -> None:
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._hello: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.parked_gone: Callable[[int], object] = lambda pid: None
        """Called when a parked kernel has ended without being asked to."""
        self.key = ""
        self.pid = 0
        self.path = Path()
        """Where it listens; these three are known once it has greeted."""

    async def greet(self) -> str | None:
        """Wait until it is ready: None, or why it cannot fork. Raises ZygoteGone."""
        hello = await self._hello
        if "problem" in hello:
            return str(hello["problem"])
        told = hello["hello"]
        self.key, self.pid, self.path = told["key"], told["pid"], Path(told["socket"])
        return None if told["version"] == zygote.VERSION else f"is of version {told['version']}"

    async def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Ask and wait for the answer; raises ZygoteGone, Refused, Stale."""
        if self._transport is None or self._transport.is_closing():
            raise ZygoteGone
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._transport.write(json.dumps({"id": number, "op": op, **fields}).encode() + b"\n")
        try:
            # If it was this process that was held up, the answer is there, late as it is.
            await asyncio.wait([answer], timeout=ANSWER_SECONDS)
            if not answer.done():
                self.close()
                raise ZygoteGone
            told: dict[str, Any] = answer.result()
        finally:
            del self._answers[number]
        if "stale" in told:
            raise Stale(told["stale"])
        if "failed" in told:
            raise Refused(told["failed"])
        return told

    def close(self) -> None:
        """Let go of the zygote."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            answer = self._answers.get(message["id"])
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif "gone" in message:
            self.parked_gone(message["gone"])
        elif not self._hello.done():
            self._hello.set_result(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        for waiting in (self._hello, *self._answers.values()):
            if not waiting.done():
                waiting.set_exception(ZygoteGone())
        with contextlib.suppress(asyncio.CancelledError):
            self._hello.exception()  # perhaps nobody waited for it
        self._on_end(self)


async def connect(path: Path, on_end: Callable[[ZygoteLink], object]) -> ZygoteLink:
    """A link to the zygote that listens there; raises OSError."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_unix_connection(lambda: ZygoteLink(on_end), str(path))
    return link
