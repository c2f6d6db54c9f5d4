"""Cells whose readers are killed: what one reader after the other has got of an execution."""

import asyncio
import os
import sys
from base64 import b64decode
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import jupyter_sessions
from jupyter_sessions.errors import Unavailable
from jupyter_sessions.v1.executions_pb2 import Execution, ExecutionEvent
from tests.e2e.random_output import code_of

_ROOT = Path(__file__).parents[2]
_PROGRAM = "tests.e2e.reading_program"
_LONGEST_LINE = 1024 * 1024


class Cell:
    """An execution, and all that was read of it until now."""

    def __init__(self, session_id: str, seed: int, request_id: str) -> None:
        self.session_id = session_id
        self.seed = seed
        self.request_id = request_id
        self.events: list[ExecutionEvent] = []
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def execution_id(self) -> str:
        """Its id; empty as long as no reader was told."""
        return self.events[0].accepted.execution_id if self.events else ""

    @property
    def next_seq(self) -> int:
        """Where the next reader has to begin."""
        return self.events[-1].seq + 1 if self.events else 0

    @property
    def finished(self) -> Execution | None:
        """How it ended, once a reader has got that."""
        if self.events and self.events[-1].HasField("finished"):
            return self.events[-1].finished.execution
        return None

    @property
    def has_reader(self) -> bool:
        """Whether a reader was begun, and has not been killed."""
        return self._reader is not None

    @property
    def is_read(self) -> bool:
        """Whether a reader is under way."""
        return self._reader is not None and not self._reader.done()

    def begin(self, reading: Coroutine[None, None, None]) -> None:
        """Have a reader go on where the one before was."""
        self._reader = asyncio.create_task(reading)
        self._reader.add_done_callback(lambda _: self._news.set())

    async def kill_reader(self) -> None:
        """End the reader, wherever it is."""
        assert self._reader is not None
        self._reader.cancel()
        await asyncio.wait([self._reader])
        if not self._reader.cancelled():
            self._reader.result()
        self._reader = None

    def add(self, event: ExecutionEvent) -> None:
        """A reader has got it."""
        self.events.append(event)
        self._news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return when the condition holds; raises what made the reader fail."""
        async with asyncio.timeout(60):
            while not condition():
                if not self.is_read:
                    self._reader.result()
                    assert self.finished, "the reader has ended before its execution"
                self._news.clear()
                await self._news.wait()


async def read_here(cell: Cell, target: str, token: str) -> None:
    """Read with a client of its own; being cancelled, it hangs up."""
    async with jupyter_sessions.connect(target, token) as client:
        while not cell.finished:
            if cell.execution_id:
                stream = client.attach(cell.execution_id, cell.next_seq)
            else:
                code = code_of(cell.seed)
                stream = client.execute(
                    code, session_id=cell.session_id, request_id=cell.request_id
                )
            with suppress(Unavailable):  # at first clients are not as patient as the killers
                async with stream:
                    async for event in stream:
                        cell.add(event)


async def read_in_process(cell: Cell, target: str, token: str) -> None:
    """Read with a process of its own; being cancelled, it is killed, and what it told counts."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", _PROGRAM, target, cell.session_id, cell.request_id],
        *[str(cell.seed), cell.execution_id, str(cell.next_seq)],
        cwd=_ROOT,
        env=os.environ | {"JUPYTER_SESSIONS_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    try:
        await _take(cell, process.stdout)
        assert await process.wait() == 0
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):  # it has ended
            process.kill()
        await _take(cell, process.stdout)
        await process.wait()
        raise


async def _take(cell: Cell, lines: asyncio.StreamReader) -> None:
    async for line in lines:
        if line.endswith(b"\n"):  # else it was killed while it wrote
            cell.add(ExecutionEvent.FromString(b64decode(line)))
