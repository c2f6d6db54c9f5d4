"""A kernel that is spoken to without any server: the least that running code can take."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import zmq
from jupyter_client.manager import AsyncKernelManager

from benchmarks.messages import Execution
from benchmarks.servers import environment, temporary_folder

_DELIMITER = b"<IDS|MSG>"
_PATIENCE_MS = 5_000
_ATTEMPTS = 12


@asynccontextmanager
async def bare_kernel() -> AsyncIterator["BareKernel"]:
    """A kernel that is ready, until the block ends."""
    with temporary_folder() as folder, zmq.Context() as context:
        manager = AsyncKernelManager(
            kernel_name="python3", transport="ipc", connection_file=str(folder / "kernel.json")
        )
        await manager.start_kernel(cwd=str(folder / "root"), env=environment(folder))
        try:
            with BareKernel(context, manager) as kernel:
                kernel.wait_ready()
                yield kernel
        finally:
            await manager.shutdown_kernel(now=True)


class BareKernel:
    """Two sockets, read without an event loop: it would only add its own time."""

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", manager: AsyncKernelManager
    ) -> None:
        self._key = manager.session.key
        self._shell = context.socket(zmq.DEALER)
        self._iopub = context.socket(zmq.SUB)
        self._iopub.subscribe(b"")
        self._poller = zmq.Poller()
        for socket, port in ((self._shell, manager.shell_port), (self._iopub, manager.iopub_port)):
            socket.linger = 0
            socket.connect(f"ipc://{manager.ip}-{port}")
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
        execution = Execution(code)
        parts = execution.request()
        self._shell.send_multipart([_DELIMITER, self._sign(parts), *parts])
        while not execution.finished:
            ready = self._poller.poll(_PATIENCE_MS)
            if not ready:
                raise TimeoutError
            for socket, _ in ready:
                frames = socket.recv_multipart()
                execution.take(frames[frames.index(_DELIMITER) + 2 :])
        return execution.text

    def _sign(self, parts: Sequence[bytes]) -> bytes:
        return hmac.digest(self._key, b"".join(parts), hashlib.sha256).hex().encode()
