"""A kernel that is spoken to over its own sockets, past its server: the least a call can take."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import zmq

from benchmarks.messages import Execution

_DELIMITER = b"<IDS|MSG>"
_PATIENCE_MS = 5_000
_ATTEMPTS = 12


@contextmanager
def bare_kernel(connection: Mapping[str, Any]) -> Iterator["BareKernel"]:
    """The kernel of this connection file, heard on both sockets, until the block ends."""
    with zmq.Context() as context, BareKernel(context, connection) as kernel:
        kernel.wait_ready()
        yield kernel


class BareKernel:
    """Two sockets, read without an event loop: it would only add its own time."""

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", connection: Mapping[str, Any]
    ) -> None:
        self._key = connection["key"].encode()
        self._shell = context.socket(zmq.DEALER)
        self._iopub = context.socket(zmq.SUB)
        self._iopub.subscribe(b"")
        self._poller = zmq.Poller()
        for socket, channel in ((self._shell, "shell"), (self._iopub, "iopub")):
            socket.linger = 0
            socket.rcvhwm = 0  # what comes waits here, however much it is
            socket.connect(f"ipc://{connection['ip']}-{connection[f'{channel}_port']}")
            self._poller.register(socket, zmq.POLLIN)

    def __enter__(self) -> "BareKernel":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._shell.close()
        self._iopub.close()

    def wait_ready(self) -> None:
        """Run code until it is heard on both sockets."""
        for _ in range(_ATTEMPTS):
            try:
                self.run("1")
            except TimeoutError:
                continue
            return
        message = "the kernel does not answer"
        raise TimeoutError(message)

    def run(self, code: str) -> str:
        """Run code until the kernel has replied and is idle; the result. Blocks."""
        return self.carry_out(Execution(code)).text

    def carry_out(self, execution: Execution) -> Execution:
        """The same, for all that comes of it."""
        parts = execution.request()
        self._shell.send_multipart([_DELIMITER, self._sign(parts), *parts])
        while not execution.finished:
            ready = self._poller.poll(_PATIENCE_MS)
            if not ready:
                raise TimeoutError
            for socket, _ in ready:
                frames = socket.recv_multipart()
                execution.take(frames[frames.index(_DELIMITER) + 2 :])
        return execution

    def _sign(self, parts: Sequence[bytes]) -> bytes:
        return hmac.digest(self._key, b"".join(parts), hashlib.sha256).hex().encode()
