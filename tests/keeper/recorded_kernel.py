"""A recorder in a process of its own: tests send it requests and read its journal."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import zmq
from jupyter_client.session import Session

from jupyter_sessions_server.journal.format import Gap, Kind, Limits, Record
from jupyter_sessions_server.journal.reader import JournalReader
from jupyter_sessions_server.keeper.recorder_spec import RecorderSpec
from tests.waiting import until

TINY = [sys.executable, str(Path(__file__).with_name("tiny_kernel.py")), "{connection_file}"]
KEY = "a-key"


class Message(NamedTuple):
    """A recorded message: its channel, type and content."""

    kind: Kind
    msg_type: str
    content: dict[str, Any]


class RecordedKernel:
    """A recorder that has told what it did, and its kernel."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.process = process
        self.folder = folder
        assert process.stdout is not None
        self.answer: dict[str, Any] = json.loads(process.stdout.readline())
        self.told_all = process.stdout.read() == b""
        self._reader = JournalReader(folder / "journal" / "a-kernel")
        self.records: list[Record | Gap] = []
        self._context = zmq.Context()
        self._sockets: list[zmq.Socket[bytes]] = []  # one that is dropped drops what it holds
        self._requests = self.client()

    @property
    def pid(self) -> int:
        """The kernel's process."""
        return int(self.answer["pid"])

    def client(self) -> "zmq.Socket[bytes]":
        """A socket to send requests with."""
        return self._pushing("requests", room=0)

    def front(self, channel: str) -> "zmq.Socket[bytes]":
        """A socket to send what front ends say, which holds one message."""
        return self._pushing(f"for-{channel}", room=1)

    def _pushing(self, name: str, *, room: int) -> "zmq.Socket[bytes]":
        socket = self._context.socket(zmq.PUSH)
        socket.linger = 0
        socket.sndhwm = room
        socket.connect(f"ipc://{self.folder}/{name}")
        self._sockets.append(socket)
        return socket

    def ask(self, code: str, channel: bytes = b"shell") -> None:
        """Send a tiny kernel a request."""
        self.send(request(channel, "execute_request", code=code))

    def send(self, frames: list[bytes]) -> None:
        """Send what a recorder takes: the name of a channel and what goes there."""
        self._requests.send_multipart(frames)

    def read(self) -> list[Record | Gap]:
        """All of the journal so far."""
        while records := self._reader.read():
            self.records += records
        return self.records

    def messages(self, *types: str) -> list[Message]:
        """The messages so far that have one of these types."""
        records = (r for r in self.read() if isinstance(r, Record) and r.kind < Kind.EVENT)
        return [m for m in map(to_message, records) if m.msg_type in types]

    async def message(self, msg_type: str) -> Message:
        """The first message of this type, when it has come."""
        await until(lambda: self.messages(msg_type))
        return self.messages(msg_type)[0]

    async def exit(self) -> dict[str, Any]:
        """The event that tells the kernel's end, when the recorder has ended."""
        await asyncio.to_thread(self.process.wait)
        last = self.read()[-1]
        assert isinstance(last, Record)
        assert last.kind == Kind.EVENT
        return dict(json.loads(last.frames[0]))

    def close(self) -> None:
        """End all that is left."""
        self._context.destroy(linger=0)
        if self.answer.get("pid") is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def to_message(record: Record) -> Message:
    """The parts of it that tests look at."""
    start = record.frames.index(b"<IDS|MSG>")
    header, content = record.frames[start + 2], record.frames[start + 5]
    return Message(Kind(record.kind), json.loads(header)["msg_type"], json.loads(content))


def request(channel: bytes, msg_type: str, **content: object) -> list[bytes]:
    """What a server sends to a recorder's socket."""
    session = Session(key=KEY.encode())
    parts = session.serialize(session.msg(msg_type, content=content))
    return [channel, *parts]


@contextmanager
def recorded(
    argv: list[str], *, recorder_env: Mapping[str, str] | None = None, **others: Any
) -> Iterator[RecordedKernel]:
    """Start a recorder for a kernel; both are gone at the end. `others` is for the spec."""
    with tempfile.TemporaryDirectory(prefix="recorder-") as name:  # short: sockets are in it
        folder = Path(name)
        process = _start(spec_of(folder, argv, **others), folder / "spec.json", recorder_env or {})
        kernel = RecordedKernel(process, folder)
        try:
            yield kernel
        finally:
            kernel.close()


def spec_of(folder: Path, argv: list[str], **others: Any) -> RecorderSpec:
    """What a keeper writes for a kernel in this folder; the connection file is there then."""
    file = folder / "connection.json"
    file.write_text(json.dumps(_connection(folder)))
    paths = {name: str(folder / name) for name in ("requests", "stderr", "cause")}
    command = [part.replace("{connection_file}", str(file)) for part in argv]
    usual: dict[str, Any] = {
        **paths,
        "argv": command,
        "cwd": str(folder),
        "env": dict(os.environ),
        "nice": 0,
        "connection_file": str(file),
        "journal": str(folder / "journal" / "a-kernel"),
        "limits": list(Limits()),
        "provisioner": None,
    }
    return RecorderSpec(**{**usual, **others})


def _start(spec: RecorderSpec, file: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    spec.write(file)
    command = [sys.executable, "-m", "jupyter_sessions_server.keeper.recorder", str(file)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, start_new_session=True, env={**os.environ, **env}
    )


def _connection(folder: Path) -> dict[str, object]:
    names = ["shell", "iopub", "stdin", "control", "hb"]
    ports = {f"{name}_port": number for number, name in enumerate(names, start=1)}
    common = {"transport": "ipc", "ip": f"{folder}/s", "key": KEY}
    return {**ports, **common, "signature_scheme": "hmac-sha256"}
