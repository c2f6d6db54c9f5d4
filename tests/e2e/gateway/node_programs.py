"""Programs in Node that use `@jupyterlab/services`, the client library of JupyterLab."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from tests.e2e.gateway.peers import Gateway

FOLDER = Path(__file__).parent / "node"
SECONDS = 60


def environment(gateway: Gateway, websocket_format: str) -> dict[str, str]:
    """What tells a program where the gateway is; the format is `v1` or `default`."""
    return os.environ | {
        "GATEWAY_URL": gateway.http_url,
        "GATEWAY_TOKEN": gateway.token,
        "GATEWAY_FORMAT": websocket_format,
    }


def run_tests(file: str, gateway: Gateway, websocket_format: str) -> None:
    """Run a file of tests; fails with what node says if one of them does."""
    # Without force, the library's timers keep the process for a minute.
    command = ["node", "--test-force-exit", "--test-reporter=spec", file]
    ran = subprocess.run(
        command,
        cwd=FOLDER,
        env=environment(gateway, websocket_format),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert "fail 0" in ran.stdout, ran.stdout


class Program:
    """A program that tells events as JSON lines, and takes commands."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._events: Queue[dict[str, Any]] = Queue()
        self._seen: list[dict[str, Any]] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._events.put(json.loads(line))

    def wait_for(self, event: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The next event of that name."""
        while True:
            try:
                told = self._events.get(timeout=seconds)
            except Empty:
                raise AssertionError(f"no {event!r} after {self._seen}") from None  # noqa: EM102
            self._seen.append(told)
            if told["event"] == event:
                return told

    def wait_until_connected(self) -> None:
        """Wait until it has a connection anew."""
        while self.wait_for("connection")["status"] != "connected":
            pass

    def tell(self, command: str) -> None:
        """Send a line."""
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()


@contextmanager
def program(gateway: Gateway, websocket_format: str, *arguments: str) -> Iterator[Program]:
    """A program that runs, until the block ends."""
    with subprocess.Popen(
        ["node", *arguments],  # noqa: S607
        cwd=FOLDER,
        env=environment(gateway, websocket_format),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Program(process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
