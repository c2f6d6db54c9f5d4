"""KeeperLink: the server's connection to the keeper, which it starts when none runs."""

import asyncio
import itertools
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from jupyter_sessions_server.errors import KernelHostUnavailable
from jupyter_sessions_server.keeper import protocol
from jupyter_sessions_server.kernels.commands import without_secrets

log = logging.getLogger(__name__)

START_SECONDS = 20.0
"""How long a keeper may take until it listens; far more than it needs."""
_TRY_AGAIN_SECONDS = 0.02
_NOT_TWICE = frozenset({protocol.Op.START})
"""What may have been done though no answer came; all else can be asked again."""


class KeeperRefused(Exception):
    """The keeper's answer is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class KeeperLost(Exception):
    """The keeper ended before it answered."""

    def __init__(self) -> None:
        super().__init__("the keeper ended before it answered")


class KeeperLink:
    """Calls the keeper of a run directory; if it has gone, starts another one and asks again."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        run_dir: Path,
        journal_dir: Path,
        settings: protocol.Settings,
        ephemeral: bool,
    ) -> None:
        """An `ephemeral` keeper ends with this process, and its kernels with it."""
        self._tasks = tasks
        self._run_dir = run_dir
        self._journal_dir = journal_dir
        self._settings = settings
        self._ephemeral = ephemeral
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._ops: frozenset[str] = frozenset()
        self.pid: int | None = None
        """Of the keeper; None while there is no connection to one."""
        self._child: int | None = None  # the keeper, if it is our child
        self._leash: int | None = None  # closing it ends an ephemeral keeper
        self._ending = False

    async def open(self, found_again: Callable[[], Awaitable[None]]) -> Self:
        """Connect; `found_again` is called after each later connection.

        Raises KernelHostUnavailable.
        """
        reader = await self._connect()
        self._connection = self._tasks.create_task(self._stay_connected(reader, found_again))
        return self

    async def close(self) -> None:
        """Let go of the keeper; one that is not ephemeral lives on, with its kernels."""
        self._connection.cancel()
        await asyncio.wait([self._connection])
        self._disconnect()
        if self._leash is not None:
            os.close(self._leash)
            self._leash = None
        if self._child is not None and (self._ending or self._ephemeral):
            await asyncio.to_thread(os.waitpid, self._child, 0)

    async def shut_down(self) -> None:
        """End the keeper and all kernels; returns when their ends are in their journals."""
        self._ending = True
        with suppress(KeeperLost):
            await self.call(protocol.Op.SHUTDOWN)

    async def call(self, op: protocol.Op, **arguments: Any) -> dict[str, Any]:
        """What the keeper answers; raises KeeperRefused, KernelHostUnavailable.

        Raises KeeperLost if it ended before it answered what must not be asked twice.
        """
        if op not in self._ops:
            message = f"the keeper that runs is older than this server and cannot {op}"
            raise KernelHostUnavailable(message)
        while True:
            try:
                async with asyncio.timeout(START_SECONDS):
                    await self._connected.wait()
            except TimeoutError:
                raise KernelHostUnavailable("the keeper cannot be reached") from None
            try:
                return await self._ask(op, arguments)
            except KeeperLost:
                if op in _NOT_TWICE or self._ending:
                    raise

    async def _ask(self, op: protocol.Op, arguments: dict[str, Any]) -> dict[str, Any]:
        if self._writer is None:
            raise KeeperLost
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._writer.write(protocol.encode({"id": number, "op": op, **arguments}))
            result: dict[str, Any] = await answer
            return result
        finally:
            del self._answers[number]

    async def _stay_connected(
        self, reader: asyncio.StreamReader, found_again: Callable[[], Awaitable[None]]
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._ending:
                await self._read_answers(reader)
                self._disconnect()
                if not self._ending:
                    log.warning("keeper has gone, another one is started")
                    reader = await self._connect_at_last()
                    tasks.create_task(self._tell(found_again))  # it asks the keeper itself

    async def _tell(self, found_again: Callable[[], Awaitable[None]]) -> None:
        try:
            await found_again()
        except (KeeperRefused, KernelHostUnavailable):
            log.exception("kernels of the keeper not known")

    async def _connect_at_last(self) -> asyncio.StreamReader:
        while True:
            try:
                return await self._connect()
            except (KernelHostUnavailable, OSError):
                log.exception("keeper cannot be reached")
                await asyncio.sleep(1)

    async def _read_answers(self, reader: asyncio.StreamReader) -> None:
        """Hand them to who waits; a line that is no answer is the last of a keeper that died."""
        with suppress(ConnectionError):
            while line := await reader.readline():
                try:
                    answer = protocol.decode(line)
                except protocol.MalformedLine:
                    return
                waiting = self._answers.get(answer["id"])
                if waiting is None or waiting.done():
                    continue
                if "error" in answer:
                    waiting.set_exception(KeeperRefused(answer["error"], answer["message"]))
                else:
                    waiting.set_result(answer["ok"])

    def _disconnect(self) -> None:
        self._connected.clear()
        self.pid = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(KeeperLost())

    async def _connect(self) -> asyncio.StreamReader:
        """Connect to the keeper that runs, or start one; raises KernelHostUnavailable."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    reader, writer = await self._reach()
                    try:
                        self._ops = await self._say_hello(reader, writer)
                    except BaseException as error:
                        writer.close()
                        if isinstance(error, ConnectionError):  # it has just ended
                            continue
                        raise
                    self._writer = writer
                    self._connected.set()
                    return reader
        except TimeoutError:
            log_file = self._run_dir / "keeper.log"
            message = f"the keeper did not start in {START_SECONDS:g} s; see {str(log_file)!r}"
            raise KernelHostUnavailable(message) from None

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_unix_connection(
                    self._run_dir / protocol.SOCKET_NAME, limit=protocol.MAX_LINE_BYTES
                )
            except (FileNotFoundError, ConnectionRefusedError):
                self._start_keeper_unless_starting()
                await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _say_hello(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> frozenset[str]:
        hello = {
            "id": 0, "op": protocol.Op.HELLO, "version": protocol.VERSION,
            "settings": self._settings,
        }  # fmt: skip
        writer.write(protocol.encode(hello))
        line = await reader.readline()
        if not line:
            raise ConnectionResetError
        try:
            answer = protocol.decode(line)
        except protocol.MalformedLine as error:
            raise ConnectionResetError from error
        if "ok" not in answer:
            message = f"the keeper refuses this server: {answer['message']}"
            raise KernelHostUnavailable(message)
        told: dict[str, Any] = answer["ok"]
        if told["version"] != protocol.VERSION:
            message = (
                f"the keeper that runs (pid {told['pid']}) is of version "
                f"{told['software_version']} and speaks protocol {told['version']}, this server "
                f"{protocol.VERSION}: end its kernels by starting and stopping that version with "
                "--stop-kernels, then start again"
            )
            raise KernelHostUnavailable(message)
        self.pid = told["pid"]
        return frozenset(told["ops"])

    def _start_keeper_unless_starting(self) -> None:
        if self._child is not None:
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if not ended:
                return
            self._child = None
            code = os.waitstatus_to_exitcode(status)
            if code not in (0, protocol.LOCKED_EXIT_CODE):
                log.error("keeper ended", extra={"exit_code": code})
        self._run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._child = self._spawn()

    def _spawn(self) -> int:
        """Start it in a session of its own, so that no Ctrl-C for the server reaches it."""
        with ExitStack() as opened:
            stdin = self._new_leash() if self._ephemeral else os.open(os.devnull, os.O_RDONLY)
            opened.callback(os.close, stdin)
            log_file = self._run_dir / "keeper.log"
            output = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            opened.callback(os.close, output)
            return os.posix_spawn(
                sys.executable,
                [
                    sys.executable, "-P", "-m", "jupyter_sessions_server.keeper",
                    "--run-dir", str(self._run_dir), "--journal-dir", str(self._journal_dir),
                    *(["--ephemeral"] if self._ephemeral else []),
                ],
                without_secrets(os.environ),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, stdin, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                ],
                setsid=True,
            )  # fmt: skip

    def _new_leash(self) -> int:
        """The end for the keeper of a pipe that it watches; when ours is closed, it ends."""
        if self._leash is not None:
            os.close(self._leash)
        theirs, self._leash = os.pipe()
        return theirs
