"""A jupyter_server in a process of its own, to see what it answers to the same requests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.ports import lasting_port

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 2


@contextmanager
def stock_server(folder: Path, token: str) -> Iterator[str]:
    """The address of a server that answers; it ends with the block."""
    port = lasting_port()
    command = [
        sys.executable, "-m", "jupyter_server", f"--ServerApp.port={port}", "--no-browser",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", "--allow-root",
        f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    folders = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("RUNTIME", "DATA", "CONFIG")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env={**os.environ, **folders})
        try:
            address = f"http://127.0.0.1:{port}/"
            _wait_for(address, process, folder / "log")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:  # it waits for a kernel
                process.kill()
                process.wait()


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            httpx.get(f"{address}api").raise_for_status()
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        else:
            return
