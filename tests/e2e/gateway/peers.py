"""The gateways that the tests are run against: ours, or the stock jupyter_server that proves them.

    E2E_GATEWAY=jupyter_server make test ARGS="-m slow tests/e2e/gateway"

What passes there is what its clients rely on. Tests of what it cannot do are `OURS_ONLY`. With a
page of JupyterLab it fails now and then: it takes a page that connects twice at once for gone.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from tests.e2e.processes import wait_until
from tests.e2e.server_process import new_server

STOCK = os.environ.get("E2E_GATEWAY") == "jupyter_server"
OURS_ONLY = pytest.mark.skipif(STOCK, reason="jupyter_server is known to fail here")
START_SECONDS = 60

_NOT_INHERITED = ("JUPYTER_", "IPYTHON", "XDG_", "JPY_")


class Gateway(Protocol):
    """What a client has to know."""

    @property
    def http_url(self) -> str:
        """Its address, with a slash at the end."""

    @property
    def token(self) -> str:
        """What callers send."""


class JupyterProcess:
    """A program of jupyter's that serves, in a process and in folders of its own."""

    def __init__(self, folder: Path, *command: str) -> None:
        """`command` is the name of its module, and flags."""
        self.folder = folder
        self.root_dir = folder / "root"
        self.runtime_dir = folder / "runtime"
        self.config_dir = folder / "config"
        for name in ("root", "home"):
            (folder / name).mkdir()
        with (folder / "stderr").open("wb") as stderr:
            self._started = subprocess.Popen(
                [sys.executable, "-m", *command, *self._flags],
                env=self._environment,
                cwd=self.root_dir,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )

    @property
    def _flags(self) -> list[str]:
        return [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.root_dir}",
        ]

    @property
    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
        }
        return inherited | {
            "HOME": str(self.folder / "home"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime_dir),
            "JUPYTER_CONFIG_DIR": str(self.config_dir),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "IPYTHONDIR": str(self.folder / "ipython"),
        }

    def wait(self) -> None:
        """Wait until it listens."""
        wait_until(self._is_ready, "its runtime file", seconds=START_SECONDS)

    def _is_ready(self) -> bool:
        assert self._started.poll() is None, self.stderr
        return self._file.exists() and self._listens()

    def _listens(self) -> bool:
        """Whether it does what its file says."""
        with suppress(OSError, json.JSONDecodeError):
            address = urlsplit(self.http_url)
            with socket.create_connection((address.hostname, address.port)):
                return True
        return False

    @property
    def _file(self) -> Path:
        return self.runtime_dir / f"jpserver-{self._started.pid}.json"

    @property
    def http_url(self) -> str:
        """Its address, with a slash at the end."""
        return json.loads(self._file.read_text())["url"]

    @property
    def token(self) -> str:
        """What callers send."""
        return json.loads(self._file.read_text())["token"]

    @property
    def stderr(self) -> str:
        """What it has logged."""
        return (self.folder / "stderr").read_text()

    def stop(self) -> None:
        """End it, with its kernels."""
        self._started.terminate()
        try:
            self._started.wait(20)
        except subprocess.TimeoutExpired:
            self._started.kill()
            self._started.wait()
            raise


@contextmanager
def new_jupyter(*command: str) -> Iterator[JupyterProcess]:
    """A program of jupyter's that listens, until the block ends."""
    with TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True) as folder:
        started = JupyterProcess(Path(folder), *command)
        try:
            started.wait()
            yield started
        finally:
            started.stop()


@contextmanager
def new_gateway() -> Iterator[Gateway]:
    """The gateway that the tests are run against."""
    if STOCK:
        with new_jupyter("jupyter_server") as stock:
            yield stock
    else:
        with new_server() as ours:
            ours.flags += ["--restart-limit", "5"]  # as jupyter_server does
            yield ours.start()
