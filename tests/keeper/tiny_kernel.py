"""A kernel without ipykernel: `tiny_kernel.py CONNECTION_FILE`. What it does is in `code`.

Imported it is nothing; it runs as a process of its own, see recorded_kernel.py.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import zmq

DELIMITER = b"<IDS|MSG>"
Socket = zmq.Socket[bytes]

_STREAM = [b"topic", DELIMITER, b"", b'{"msg_type": "stream"}', b"{}", b"{}"]


class TinyKernel:
    """Four bound sockets, and one request after the other."""

    def __init__(self, connection: dict[str, str]) -> None:
        self._context = zmq.Context()
        self._shell = self._bind(connection, zmq.ROUTER, "shell_port")
        self._control = self._bind(connection, zmq.ROUTER, "control_port")
        self._iopub = self._bind(connection, zmq.PUB, "iopub_port")
        if "NO_STDIN" not in os.environ:
            self._stdin = self._bind(connection, zmq.ROUTER, "stdin_port")

    def _bind(self, connection: dict[str, str], kind: int, port: str) -> Socket:
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.SNDHWM, 0)  # else zmq drops what it cannot send fast enough
        if port == os.environ.get("LATE"):
            time.sleep(0.2)
        socket.bind(f"ipc://{connection['ip']}-{connection[port]}")
        return socket

    def run(self) -> None:
        """Answer each request on shell and control, but what its code forbids."""
        poller = zmq.Poller()
        poller.register(self._shell, zmq.POLLIN)
        poller.register(self._control, zmq.POLLIN)
        while True:
            if "TALKATIVE" in os.environ:
                self._iopub.send_multipart([*_STREAM, b"{}"])
            for socket, _ in poller.poll(100 if "TALKATIVE" in os.environ else None):
                peer, *frames = socket.recv_multipart()
                header, content = json.loads(frames[2]), json.loads(frames[5])
                result = self._execute(content.get("code", "").split(), peer)
                self._send(socket, peer, header["msg_type"].replace("request", "reply"), result)

    def _execute(self, code: list[str], peer: bytes) -> dict[str, object]:
        match code:
            case ["flood", count]:
                for number in range(int(count)):
                    self._iopub.send_multipart([*_STREAM, b'{"number": %d}' % number])
            case ["last_words", count]:
                self._send(self._iopub, b"", "waiting", {})
                while not Path("go").exists():
                    time.sleep(0.001)
                self._execute(["flood", count], peer)
                sys.exit()
            case ["exit", status]:
                sys.stderr.write("last words\n")
                sys.exit(int(status))
            case ["hang"]:
                time.sleep(1000)
            case ["child"]:
                return {"pid": subprocess.Popen(["/bin/sleep", "1000"]).pid}
            case ["input"]:
                self._send(self._stdin, peer, "input_request", {"prompt": "?"})
                return json.loads(self._stdin.recv_multipart()[6])
            case ["facts"]:
                return {"env": dict(os.environ), "cwd": str(Path.cwd()), "nice": os.nice(0)}
        return {}

    def _send(self, socket: Socket, peer: bytes, kind: str, content: dict[str, object]) -> None:
        header = json.dumps({"msg_type": kind}).encode()
        frames = [DELIMITER, b"", header, b"{}", b"{}", json.dumps(content).encode()]
        socket.send_multipart([peer, *frames])


if __name__ == "__main__":
    TinyKernel(json.loads(Path(sys.argv[1]).read_text())).run()
