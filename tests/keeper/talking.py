"""Talking to a kernel as a server does: requests by ZMQ, answers from its journal."""

import asyncio
import json
import os
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import zmq

from jupyter_sessions_server.journal.format import Gap, Kind, Record
from jupyter_sessions_server.journal.reader import JournalReader
from jupyter_sessions_server.kernels.messages import DELIMITER, Signer
from tests.waiting import until

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}


def standard_env() -> dict[str, str]:
    """This process's environment; in a test ipykernel would leave its descriptors as they are."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def write_connection(folder: Path) -> Path:
    """A connection file for sockets in this folder, as the keeper writes it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = {f"{channel}_port": port for channel, port in PORTS.items()} | {
        "transport": "ipc",
        "ip": str(folder / "s"),
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
    }
    file = folder / "connection.json"
    file.write_text(json.dumps(info))
    return file


@dataclass(frozen=True)
class Said:
    """One message of a kernel, as its journal has it."""

    kind: int
    msg_type: str
    content: dict[str, Any]
    parent_id: str
    identities: list[bytes]


class Talk:
    """A conversation with one kernel."""

    def __init__(self, folder: Path, journal: Path, identity: bytes = b"jps-test") -> None:
        self._info = json.loads((folder / "connection.json").read_text())
        self._signer = Signer(self._info["key"].encode())
        self._session = uuid.uuid4().hex
        self._journal = journal
        self._reader: JournalReader | None = None
        self._sockets: dict[str, zmq.SyncSocket] = {}
        self._identity = identity
        self.said: list[Said] = []
        self.gaps: list[Gap] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for socket in self._sockets.values():
            socket.close(linger=0)
        if self._reader is not None:
            self._reader.close()

    def socket(self, channel: str) -> zmq.SyncSocket:
        """The DEALER of this channel, connected."""
        if channel not in self._sockets:
            socket = self._sockets[channel] = zmq.Context.instance().socket(zmq.DEALER)
            socket.setsockopt(zmq.IDENTITY, self._identity)
            socket.setsockopt(zmq.RECONNECT_IVL, 5)
            socket.connect(f"ipc://{self._info['ip']}-{self._info[f'{channel}_port']}")
        return self._sockets[channel]

    def send(
        self, channel: str, msg_type: str, content: dict[str, Any], subshell_id: str | None = None
    ) -> str:
        """Send a message, and tell its id."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": msg_type,
            "session": self._session,
            "username": "",
            "date": "2026-01-01T00:00:00Z",
            "version": "5.4",
            "subshell_id": subshell_id,
        }
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        self.socket(channel).send_multipart([DELIMITER, self._signer.sign(parts), *parts])
        return str(header["msg_id"])

    def execute(self, code: str, *, subshell_id: str | None = None, **more: Any) -> str:
        """Ask for an execution; the id of the request.

        An error aborts nothing: ipykernel would also abort what comes a moment after its reply.
        """
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        content |= {"stop_on_error": False, **more}
        return self.send("shell", "execute_request", content, subshell_id)

    async def run(self, code: str) -> str:
        """Execute and wait for the end: all that it printed and gave, or its traceback's value."""
        request = self.execute(code)
        await self.until_said(request, "execute_reply")
        await self.until(lambda: any(is_idle(each) for each in self.about(request)))
        return "".join(shown(each) for each in self.about(request))

    async def ask(self, channel: str, msg_type: str, content: dict[str, Any]) -> Said:
        """Send a request and wait for its reply."""
        request = self.send(channel, msg_type, content)
        return await self.until_said(request, msg_type.replace("_request", "_reply"))

    def about(self, request: str) -> list[Said]:
        """What was said in answer to this request."""
        return [each for each in self.said if each.parent_id == request]

    async def until_said(self, request: str, msg_type: str) -> Said:
        """Wait for the first message of this type about the request."""

        def found() -> list[Said]:
            return [each for each in self.about(request) if each.msg_type == msg_type]

        await self.until(found)
        return found()[0]

    async def until(self, condition: Any) -> None:
        """Read the journal until the condition holds."""

        def read_on() -> object:
            self.read()
            return condition()

        await until(read_on)

    def read(self) -> None:
        """Take what is new in the journal."""
        if self._reader is None:
            if not self._journal.exists():
                return
            self._reader = JournalReader(self._journal)
        for record in self._reader.read():
            if isinstance(record, Gap):
                self.gaps.append(record)
            elif record.kind != Kind.EVENT:
                self.said.append(said(record))


def said(record: Record) -> Said:
    """The message in a record."""
    frames = list(record.frames)
    start = frames.index(DELIMITER)
    header, parent, _metadata, content = (json.loads(part) for part in frames[start + 2 :][:4])
    return Said(record.kind, header["msg_type"], content, parent.get("msg_id", ""), frames[:start])


def is_idle(message: Said) -> bool:
    """Whether it tells that the kernel is idle again."""
    return message.msg_type == "status" and message.content["execution_state"] == "idle"


def shown(message: Said) -> str:
    """What a reader sees of a message."""
    content = message.content
    match message.msg_type:
        case "stream":
            return str(content["text"])
        case "execute_result" | "display_data":
            return str(content["data"].get("text/plain", ""))
        case "error":
            return f"{content['ename']}: {content['evalue']}"
        case _:
            return ""


async def end_of_process(process: asyncio.subprocess.Process) -> int:
    """Kill it if it still runs, and wait for its end."""
    with suppress(ProcessLookupError):
        process.kill()
    return await process.wait()
