"""The keeper's socket: reads requests, has each carried out in its own task, writes answers."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from jupyter_sessions_server.keeper import protocol
from jupyter_sessions_server.keeper.fields import Fields
from jupyter_sessions_server.keeper.lifetime import Lifetime
from jupyter_sessions_server.keeper.protocol import ErrorCode, Op, RequestRefused
from jupyter_sessions_server.keeper.requests import Requests

log = logging.getLogger(__name__)


class KeeperServer:
    """Answers servers. Requests belong to the task group: they go on if who asked hangs up."""

    def __init__(
        self,
        requests: Requests,
        lifetime: Lifetime,
        tasks: asyncio.TaskGroup,
        shut_down: Callable[[], None],
    ) -> None:
        """`shut_down` is called when a shutdown was carried out and answered."""
        self._requests = requests
        self._lifetime = lifetime
        self._tasks = tasks
        self._shut_down = shut_down

    @contextlib.asynccontextmanager
    async def listen(self, socket: Path) -> AsyncIterator[None]:
        """Listen there as long as the block runs; whoever calls this holds the keeper's lock."""
        # asyncio removes a socket that a dead keeper has left.
        mask = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(
                lambda reader, writer: self._tasks.create_task(self._serve(reader, writer)),
                socket,
                limit=protocol.MAX_LINE_BYTES,
            )
        finally:
            os.umask(mask)
        try:
            yield
        finally:
            server.close()
            _remove(socket)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, until it is hung up."""
        is_server = False
        try:
            while line := await _next_line(reader, writer):
                message = _decode(line, writer)
                if message is None:
                    continue
                if not is_server and message.get("op") == Op.HELLO:
                    is_server = True
                    self._lifetime.server_came()
                self._tasks.create_task(self._answer(message, writer, greeted=is_server))
        except OSError as error:
            log.info("connection lost", extra={"why": str(error)})
        finally:
            writer.close()
            if is_server:
                self._lifetime.server_left()

    async def _answer(
        self, message: dict[str, Any], writer: asyncio.StreamWriter, *, greeted: bool
    ) -> None:
        """Carry out one request and write its answer."""
        number, op = message.get("id"), message.get("op")
        shut_down = False
        try:
            if not greeted:
                raise RequestRefused(ErrorCode.INVALID, "op: hello comes first on a connection")
            answer = protocol.ok(number, await self._requests.carry_out(op, Fields(message)))
            shut_down = op == Op.SHUTDOWN
        except RequestRefused as refused:
            answer = protocol.refusal(number, refused.code, refused.message)
        except Exception:
            log.exception("request failed", extra={"op": op})
            answer = protocol.refusal(number, ErrorCode.INTERNAL, "the keeper's log says more")
        await _write(writer, answer)
        if shut_down:
            self._shut_down()


def _remove(socket: Path) -> None:
    socket.unlink(missing_ok=True)


async def _next_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The next line; nothing at the end, and after a line that is too long."""
    try:
        return await reader.readline()
    except ValueError:
        message = f"a line has more than {protocol.MAX_LINE_BYTES} bytes"
        await _write(writer, protocol.refusal(None, ErrorCode.INVALID, message))
        return b""


def _decode(line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any] | None:
    try:
        return protocol.decode(line)
    except protocol.MalformedLine as error:
        writer.write(protocol.refusal(None, ErrorCode.INVALID, f"line: {error}"))
        return None


async def _write(writer: asyncio.StreamWriter, answer: bytes) -> None:
    """Write it, unless the other side has hung up."""
    with contextlib.suppress(OSError):
        writer.write(answer)
        await writer.drain()
