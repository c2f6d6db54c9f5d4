"""Asks an interpreter whether its ipykernel can write its own journal."""

import asyncio
import json
import os
import signal
import subprocess

from jupyter_sessions_server.keeper import launcher
from jupyter_sessions_server.keeper.interpreters import Interpreter
from jupyter_sessions_server.keeper.processes import child

PROBE_SECONDS = 20.0


async def probe(interpreter: Interpreter) -> str | None:
    """None if it can, else the reason why not."""
    try:
        asked = subprocess.Popen(  # noqa: S603, ASYNC220 - our program; starts in a millisecond
            [*interpreter.command, launcher.__file__, "--probe"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, **interpreter.env},
            start_new_session=True,
        )
    except OSError as error:
        return str(error)
    process = child(asked)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return _problem(await _read(asked))
    except TimeoutError:
        return f"it could not be asked in {PROBE_SECONDS:g} seconds"
    finally:
        process.signal_group(signal.SIGKILL)
        await process.wait()
        process.release()


async def _read(asked: "subprocess.Popen[bytes]") -> bytes:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), asked.stdout
    )
    try:
        return await reader.read()
    finally:
        transport.close()


def _problem(told: bytes) -> str | None:
    """What the last line says; a sitecustomize may have printed others."""
    try:
        problem: str | None = json.loads(told.splitlines()[-1])["problem"]
    except (ValueError, LookupError):
        return "it could not be asked"
    return problem
