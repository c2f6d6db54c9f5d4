"""The servers that are measured: each a process of its own, in a temporary folder of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

TOKEN = "a-token-for-the-benchmarks"  # noqa: S105 - opens servers that live for seconds

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.005
_LOG_BYTES = 5_000


@dataclass(frozen=True, slots=True)
class Program:
    """A server that can be started."""

    name: str
    """As in the table."""
    command: Callable[[int, int, Path], list[str]]
    """Its command line, for a port, one for browsers, and a folder it may write to."""
    parked: int = 0
    """How many kernels it keeps ready for later."""
    speaks_rest: bool = False
    """Whether it is jupyter_server, and not called over gRPC."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    program: Program
    port: int
    """For gRPC, or for REST where there is no gRPC."""
    rest_port: int
    """For REST and WebSockets."""
    process: psutil.Process

    @property
    def name(self) -> str:
        """As in the table."""
        return self.program.name


def _jupyter_sessions(*flags: str) -> Callable[[int, int, Path], list[str]]:
    """With a database on disk, as it is used; but its kernels end with it."""

    def command(port: int, rest_port: int, folder: Path) -> list[str]:
        return [
            _script("jupyter-sessions"),
            "serve",
            f"--grpc-port={port}",
            f"--http-port={rest_port}",
            f"--root-dir={folder / 'root'}",
            f"--data-dir={folder / 'sessions'}",
            f"--token={TOKEN}",
            "--stop-kernels",
            *flags,
        ]

    return command


def _jupyter_server(_: int, port: int, folder: Path) -> list[str]:
    """As it comes. Of successful requests it logs nothing, also as it comes."""
    return [
        _script("jupyter-server"),
        "--no-browser",
        "--allow-root",  # only matters where the benchmarks run in a container
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder / 'root'}",
        f"--ServerApp.token={TOKEN}",
    ]


def _jupyter_server_on_disk(_: int, port: int, folder: Path) -> list[str]:
    """With its sessions in a file, so that they survive a restart as ours do."""
    database = folder / "sessions.sqlite"
    return [*_jupyter_server(_, port, folder), f"--SessionManager.database_filepath={database}"]


def _jupyter_server_without_limit(_: int, port: int, folder: Path) -> list[str]:
    """It leaves out nothing of what a kernel says; by default it does, above 1,000 messages/s."""
    limit = "--ZMQChannelsWebsocketConnection.limit_rate=False"
    return [*_jupyter_server(_, port, folder), limit]


JUPYTER_SESSIONS = Program("jupyter_sessions", _jupyter_sessions(), parked=1)
JUPYTER_SERVER = Program("jupyter_server", _jupyter_server, speaks_rest=True)
BOTH = (JUPYTER_SESSIONS, JUPYTER_SERVER)

COLD = Program("cold", _jupyter_sessions("--no-warm-start"))
FORKED = Program("forked", _jupyter_sessions("--warm-kernels=0"))
FROM_POOL = Program("from the pool", _jupyter_sessions("--warm-kernels=1"), parked=1)
"""Ours, with each way to start kernels."""

ON_DISK = Program("jupyter_server", _jupyter_server_on_disk, speaks_rest=True)
WITHOUT_LIMIT = Program("without limit", _jupyter_server_without_limit, speaks_rest=True)
"""Theirs, with other settings than they come with."""


def empty_server(answer: bytes) -> Program:
    """A gRPC server whose one handler gives always this answer: the least a call can cost."""

    def command(port: int, _: int, folder: Path) -> list[str]:
        (folder / "answer").write_bytes(answer)
        return [sys.executable, "-m", "benchmarks.empty_server", str(port), str(folder / "answer")]

    return Program("floor", command)


def empty_starlette(answer: bytes) -> Program:
    """The same by HTTP: an application of Starlette, served by uvicorn."""

    def command(_: int, port: int, folder: Path) -> list[str]:
        (folder / "answer").write_bytes(answer)
        module = "benchmarks.empty_starlette"
        return [sys.executable, "-m", module, str(port), str(folder / "answer")]

    return Program("floor", command, speaks_rest=True)


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Server]:
    """The server, as it is started the first time."""
    with temporary_folder() as folder:
        async with running_in(folder, program) as server:
            yield server


@asynccontextmanager
async def running_in(folder: Path, program: Program) -> AsyncIterator[Server]:
    """The server, from when it listens to the end of the block; no process is left of it then."""
    with (folder / "log").open("w+b") as log:
        port, rest_port = _free_ports()
        if program.speaks_rest:
            port = rest_port
        process = psutil.Popen(
            program.command(port, rest_port, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(folder),
            start_new_session=True,  # Ctrl-C is for us, who then stop it
        )
        try:
            await _listening(process, port)
            yield Server(program, port, rest_port, process)
        except Exception as error:
            error.add_note(f"What {program.name} has logged:\n{_end_of(log)}")
            raise
        finally:
            await _stop(process, folder)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder with the subfolder `root`."""
    with tempfile.TemporaryDirectory(prefix="jps-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "root").mkdir()
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """Variables for a server that keeps out of the user's own Jupyter folders."""
    ours = ("JUPYTER", "JPY", "IPYTHON")
    environ = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return environ | {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read()[-_LOG_BYTES:].decode(errors="replace")


async def _listening(process: psutil.Popen, port: int) -> None:
    """Wait until somebody can connect to the port."""
    async with asyncio.timeout(_START_SECONDS):
        while True:
            if process.poll() is not None:
                message = f"{process.args} has ended"
                raise RuntimeError(message)
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(_POLL_SECONDS)


async def _stop(process: psutil.Popen, folder: Path) -> None:
    """Ask it to end; then end by force what is left of it, of its keeper and of its kernels."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(psutil.wait_procs, [process], timeout=_STOP_SECONDS)
    left = list(_started_in(folder))
    for each in left:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    await asyncio.to_thread(psutil.wait_procs, left, timeout=_STOP_SECONDS)


def _started_in(folder: Path) -> Iterator[psutil.Process]:
    """All that has our environment, from whichever parent: a kernel may be nobody's child."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("HOME") == str(folder):
                yield process
