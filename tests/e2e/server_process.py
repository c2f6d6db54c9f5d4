"""ServerProcess: a server as its users start it, in a process and in folders of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import psutil

from jupyter_sessions import sync
from jupyter_sessions.resuming import RESUME_SECONDS
from tests.e2e.processes import (
    KEEPER,
    RECORDER,
    ZYGOTE,
    kernels_of,
    kill,
    processes_of,
    programs_of,
    require_none,
    shut_down_keepers,
    wait_until,
)

BIN = Path(sys.executable).parent
"""Where the commands of this environment are."""
PYTHON_KERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
RECORDED_KERNEL = ["/bin/sh", "-c", 'exec "$@"', "sh", *PYTHON_KERNEL]
"""A command that the keeper does not know as one of an ipykernel's: it gets a recorder."""
USAGE = 2
"""The exit code of a server that cannot be started as it was told to."""

_NOT_INHERITED = ("JUPYTER_", "IPYTHON", "XDG_", "JPY_")
_START_SECONDS = 60
_END_SECONDS = 30
"""Only so that a test that fails does not hang: far more than a busy machine needs."""


class ServerProcess:
    """A server that can be started, stopped, killed, and started again on the same data.

    `flags` and `environment` may be changed before it is started. Its kernels outlive it, as they
    are meant to; `end` ends them, and fails if any process is left that the keeper did not know.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is empty, and has a short name: kernels' sockets are below it."""
        self.folder = folder
        self.root_dir = folder / "root"
        self.temp_dir = folder / "tmp"
        self.runtime_dir = folder / "runtime"
        self.command = [sys.executable, "-m", "jupyter_sessions_server"]
        self.flags = ["--grpc-port", "0", "--http-port", "0", "--data-dir", str(folder / "data")]
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
        } | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temp_dir),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_RUNTIME_DIR": str(self.runtime_dir),
            "JUPYTER_DATA_DIR": str(folder / "jupyter"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        for name in ("root", "tmp", "home"):
            (folder / name).mkdir()
        self._started: subprocess.Popen[bytes] | None = None
        self._was_told_to_end = False
        self._was_killed = False

    def add_kernelspec(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        interrupt_mode: str = "signal",
    ) -> None:
        """Install a kernelspec, for this server alone."""
        folder = self.folder / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {
            "argv": list(argv),
            "display_name": name,
            "language": "python",
            "env": dict(env or {}),
            "interrupt_mode": interrupt_mode,
        }
        (folder / "kernel.json").write_text(json.dumps(spec))

    def start(self) -> Self:
        """Start it, and wait until it listens."""
        self._begin()
        wait_until(self._is_ready, "the server's runtime file", seconds=_START_SECONDS)
        return self

    def refusal(self) -> str:
        """Start it where it has to refuse; what it says."""
        self._begin()
        assert self.wait() == USAGE, self.stderr
        return self.stderr.strip()

    def _begin(self) -> None:
        command = [*self.command, *self.flags]
        self._was_told_to_end = False
        with (self.folder / "stdout").open("ab") as out, (self.folder / "stderr").open("ab") as err:
            self._started = subprocess.Popen(
                command, env=self.environment, cwd=self.root_dir, stdout=out, stderr=err
            )

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"the server ended: {self.stderr}"
        return self.runtime_file.exists()

    @property
    def _process(self) -> "subprocess.Popen[bytes]":
        assert self._started is not None, "the server was not started"
        return self._started

    @property
    def runtime_file(self) -> Path:
        """The file by which clients of this machine find it."""
        return self.runtime_dir / f"jpsessions-{self.pid}.json"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def info(self) -> dict[str, str]:
        """What the runtime file says."""
        return json.loads(self.runtime_file.read_text())

    @property
    def target(self) -> str:
        """Its address."""
        return self.info["target"]

    @property
    def http_url(self) -> str:
        """Its address for browsers."""
        return self.info["http_url"]

    @property
    def token(self) -> str:
        """What callers send."""
        return self.info["token"]

    @property
    def stdout(self) -> str:
        """What it has printed."""
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has logged."""
        return (self.folder / "stderr").read_text()

    def connect(self, *, resume_seconds: float = RESUME_SECONDS) -> sync.Client:
        """A client, to be used in a `with` statement."""
        return sync.connect(self.target, self.token, tls=False, resume_seconds=resume_seconds)

    def kernel_processes(self) -> list[psutil.Process]:
        """The kernels' processes that run now."""
        return kernels_of(self.folder)

    def recorders(self) -> list[psutil.Process]:
        """The processes that record kernels which cannot do so themselves."""
        return programs_of(self.folder, RECORDER)

    def zygotes(self) -> list[psutil.Process]:
        """The processes that kernels are forked from."""
        return programs_of(self.folder, ZYGOTE)

    def keepers(self) -> list[psutil.Process]:
        """The process that keeps the kernels; two for a moment while one tries in vain to begin."""
        return programs_of(self.folder, KEEPER)

    def keeper(self) -> psutil.Process:
        """The process that keeps the kernels."""
        (keeper,) = self.keepers()
        return keeper

    def send(self, number: signal.Signals) -> None:
        """Send it a signal that ends it, and do not wait."""
        self._was_told_to_end = True
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def stop(self) -> None:
        """End it as its users do; it ends well, and its kernels live on."""
        if not self._was_told_to_end:
            self.send(signal.SIGTERM)
        assert self.wait() == 0, self.stderr

    def kill(self) -> None:
        """End it as a machine without memory does."""
        self._was_killed = True
        self.send(signal.SIGKILL)
        self.wait()

    def restart(self) -> Self:
        """Start it again on the same data, after its end."""
        assert self._process.poll() is not None, "the server still runs"
        return self.start()

    def require_no_processes(self) -> None:
        """Wait until every process it had is gone; fails, and ends them, if some are not."""
        require_none(self.folder)

    def end(self) -> None:
        """Stop it if it runs, end its kernels, and see that it left nothing and hid no error."""
        if self._started is None:
            return
        try:
            if self._process.poll() is None:
                self.stop()
            shut_down_keepers(self.folder)
            self.require_no_processes()
        finally:
            kill(processes_of(self.folder))
        self._require_clean()

    def _require_clean(self) -> None:
        for log in (self.folder / "stderr", *self.folder.rglob("keeper.log")):
            assert "Traceback" not in log.read_text(), log.read_text()
        assert list(self.folder.rglob("connection.json")) == []
        if not self._was_killed:
            left = [file for file in self.temp_dir.iterdir() if file.name[:4] != "jps-"]
            assert left == [], left
            assert list(self.runtime_dir.glob("jpsessions-*")) == []


@contextmanager
def new_server() -> Iterator[ServerProcess]:
    """A server yet to be started, in a folder that ends with the block."""
    # Not pytest's own folders: the path of a socket may have about 100 bytes.
    with TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True) as folder:
        server = ServerProcess(Path(folder))
        try:
            yield server
        finally:
            server.end()
