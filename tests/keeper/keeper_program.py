"""A keeper as a program of its own, and a server's side of the connection to it."""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from jupyter_sessions_server.keeper import protocol

COMMAND = (sys.executable, "-P", "-m", "jupyter_sessions_server.keeper")


class Refused(Exception):
    """The answer is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Connection:
    """One connection to a keeper; calls may be made side by side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await self.reader.readline():
                answer = protocol.decode(line)
                self._answers.pop(answer["id"]).set_result(answer)

    async def call(self, op: str, **arguments: Any) -> dict[str, Any]:
        """What is answered; raises Refused."""
        answer = await self.send(op, **arguments)
        if "error" in answer:
            raise Refused(answer["error"], answer["message"])
        ok: dict[str, Any] = answer["ok"]
        return ok

    def send(self, op: str, **arguments: Any) -> "asyncio.Future[dict[str, Any]]":
        """Ask, and give what will be the answer."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self.writer.write(protocol.encode({"id": number, "op": op, **arguments}))
        return self._answers[number]

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        self.writer.close()
        await asyncio.wait([self._reading])


class KeeperProgram:
    """A running keeper."""

    def __init__(self, run_dir: Path, process: "subprocess.Popen[bytes]") -> None:
        self.run_dir = run_dir
        self.process = process
        self._connections: list[Connection] = []

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which nothing was said."""
        async with asyncio.timeout(10):
            while True:
                try:
                    return await asyncio.open_unix_connection(
                        self.run_dir / "keeper.sock", limit=protocol.MAX_LINE_BYTES
                    )
                except (FileNotFoundError, ConnectionRefusedError):
                    await asyncio.sleep(0.005)

    async def connect(self, **settings: Any) -> Connection:
        """A server's connection."""
        connection = Connection(*await self.raw())
        self._connections.append(connection)
        await connection.call("hello", version=protocol.VERSION, settings=settings)
        return connection

    async def kill(self) -> None:
        """End it by force."""
        self.process.kill()
        await self.ended()

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        for connection in self._connections:
            await connection.close()
        return await asyncio.to_thread(self.process.wait, 10)

    def rss_bytes(self) -> int:
        """How much memory it has."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def wake_ups(self) -> str:
        """How many times it has gone to sleep by itself."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(line for line in status.splitlines() if line.startswith("voluntary"))


class Keepers:
    """Starts keepers in one run directory; all that they started ends with the block."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._started: list[KeeperProgram] = []

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> KeeperProgram:
        """Start a keeper."""
        command = [
            *COMMAND, "--run-dir", str(self.run_dir), "--journal-dir",
            str(self.run_dir / "journals"), *arguments,
        ]  # fmt: skip
        process = subprocess.Popen(command, stdin=stdin, stderr=subprocess.DEVNULL)
        keeper = KeeperProgram(self.run_dir, process)
        self._started.append(keeper)
        return keeper

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the kernels by a keeper that adopts them all, if there is anything to end."""
        for keeper in self._started:
            if keeper.process.poll() is None:
                await keeper.kill()
        if any((self.run_dir / "kernels").glob("*.json")):
            last = self.start()
            connection = await last.connect()
            await connection.call("shutdown", grace_seconds=0)
            await last.ended()


def terminate(keeper: KeeperProgram) -> None:
    """End it the polite way."""
    keeper.process.send_signal(signal.SIGTERM)
