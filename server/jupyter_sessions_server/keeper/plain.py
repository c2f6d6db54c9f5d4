"""Starts plain processes: kernels that write their own journals, and recorders."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from jupyter_sessions_server.keeper.exits import exit_event
from jupyter_sessions_server.keeper.launch import Launch, StartFailed
from jupyter_sessions_server.keeper.processes import Identity, Process, ProcessGone, child, identify
from jupyter_sessions_server.keeper.recorder_spec import RecorderSpec

RECORDER = (sys.executable, "-P", "-m", "jupyter_sessions_server.keeper.recorder")
_RECORDER_SECONDS = 120
"""How long a recorder may take to start its kernel; a provisioner may have much to do."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorder that has started its kernel."""

    recorder: Process
    kernel: Identity | None
    """None: its process is not on this machine, or has ended already."""
    connection: dict[str, Any]


def start_plain(argv: Sequence[str], launch: Launch) -> Process:
    """Start a kernel as our child, in a session of its own; raises StartFailed."""
    env = {**launch.env, "JPY_PARENT_PID": "1"}  # ipykernel must not end with its parent
    with _open_output(launch) as output:
        return _start(argv, launch.cwd, env, output, output, _renice(launch.nice))


async def start_recorder(launch: Launch, command: Sequence[str]) -> Recorded:
    """Start a recorder and wait until it has started its kernel; raises StartFailed."""
    _spec(launch).write(launch.files.spec)
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as answer, os.fdopen(writer, "wb") as told:
        with _open_output(launch) as output:
            argv = [*command, str(launch.files.spec)]
            recorder = _start(argv, str(launch.folder), os.environ, told, output)
        told.close()  # ours: the recorder's end must be seen
        try:
            async with asyncio.timeout(_RECORDER_SECONDS):
                return _recorded(recorder, await _read_line(answer), launch)
        except BaseException as error:
            await _end(recorder)
            if isinstance(error, TimeoutError):
                text = f"its recorder has not started it in {_RECORDER_SECONDS} seconds"
                raise StartFailed(text) from None
            raise


def _spec(launch: Launch) -> RecorderSpec:
    provisioner = launch.provisioner
    return RecorderSpec(
        argv=launch.command,
        cwd=launch.cwd,
        env=dict(launch.env),
        nice=launch.nice,
        connection_file=str(launch.connection_file),
        journal=str(launch.journal),
        limits=list(launch.limits),
        requests=str(launch.files.requests),
        stderr=str(launch.stderr),
        cause=str(launch.cause),
        provisioner=None if provisioner is None else asdict(provisioner),
    )


def _start(
    argv: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
    before_exec: Callable[[], None] | None = None,
) -> Process:
    try:
        started = subprocess.Popen(  # noqa: S603 - what to run is for the server to say
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=before_exec,  # the keeper has one thread
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StartFailed(str(error)) from error
    return child(started)


def _open_output(launch: Launch) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.fdopen(os.open(launch.stderr, flags, 0o600), "ab")


def _renice(nice: int) -> Callable[[], None] | None:
    """Makes a child take this priority before it is the kernel, so that all its threads have it."""
    if nice == 0:
        return None
    return lambda: os.setpriority(os.PRIO_PROCESS, 0, nice)


async def _read_line(stream: IO[bytes]) -> bytes:
    """The first line, or what there is at the end of the stream."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1024 * 1024)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), stream
    )
    try:
        return await reader.readline()
    finally:
        transport.close()


def _recorded(recorder: Process, line: bytes, launch: Launch) -> Recorded:
    try:
        told = json.loads(line)
    except ValueError:
        tail = exit_event(None, launch.cause, launch.stderr)["stderr_tail"].strip()
        text = f"its recorder ended: {tail}"
        raise StartFailed(text) from None
    if "error" in told:
        raise StartFailed(told["error"])
    return Recorded(recorder, _identity(told["pid"]), told["connection"])


def _identity(pid: int | None) -> Identity | None:
    try:
        return None if pid is None else identify(pid)
    except ProcessGone:
        return None


async def _end(recorder: Process) -> None:
    """Kill it; its kernel goes with it, see RecordedProcess."""
    recorder.signal_group(signal.SIGKILL)
    await recorder.wait()
    recorder.release()
