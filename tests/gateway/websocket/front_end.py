"""A browser's front end: sends and hears a kernel's messages over a WebSocket, in both formats."""

import json
import uuid
from itertools import pairwise
from typing import Any

import websockets

from jupyter_sessions_server.gateway.frames import V1
from tests.conftest import TOKEN

NO_PARENT: dict[str, Any] = {}


def header_of(msg_type: str, session: str, msg_id: str | None = None) -> dict[str, str]:
    """The header of a message that a front end sends."""
    return {
        "msg_id": msg_id or f"{session}-{msg_type}",
        "msg_type": msg_type,
        "session": session,
        "username": "",
        "date": "2026-01-01T00:00:00Z",
        "version": "5.4",
    }


class FrontEnd:
    """An open WebSocket, and what came over it."""

    def __init__(self, socket: websockets.ClientConnection, session: str) -> None:
        self.socket = socket
        self.session = session
        self.heard: list[dict[str, Any]] = []

    @property
    def is_v1(self) -> bool:
        """Whether it speaks the newer format."""
        return self.socket.subprotocol == V1

    async def send(self, msg_type: str, content: object = None, **fields: Any) -> None:
        """Send a message, on shell unless told otherwise."""
        channel = fields.pop("channel", "shell")
        buffers = fields.pop("buffers", ())
        message = {
            "header": header_of(msg_type, self.session, fields.pop("msg_id", None)),
            "parent_header": {},
            "metadata": {},
            "content": content or {},
            **fields,
        }
        if self.is_v1:
            parts = [channel.encode(), *(json.dumps(part).encode() for part in message.values())]
            await self.socket.send(_joined(parts, 8, "little", offsets=len(parts) + 1))
            return
        message["channel"] = channel
        if not buffers:
            await self.socket.send(json.dumps(message | {"buffers": []}))
        else:
            parts = [json.dumps(message).encode(), *buffers]
            await self.socket.send(_joined(parts, 4, "big", offsets=len(parts)))

    async def execute(self, code: str, **fields: Any) -> None:
        """Ask the kernel to run code."""
        await self.send("execute_request", {"code": code}, **fields)

    async def next(self) -> dict[str, Any]:
        """The next message."""
        frame = await self.socket.recv()
        message = _read_v1(frame) if self.is_v1 else _read_default(frame)
        self.heard.append(message)
        return message

    async def until(self, msg_type: str, **content: object) -> dict[str, Any]:
        """The next message of this type, with this in its content."""
        while True:
            message = await self.next()
            if message["header"]["msg_type"] == msg_type and content.items() <= (
                message["content"].items()
            ):
                return message

    async def run(self, code: str) -> None:
        """Run code, and hear all that belongs to it."""
        msg_id = uuid.uuid4().hex
        await self.execute(code, msg_id=msg_id)
        while True:
            idle = await self.until("status", execution_state="idle")
            if idle["parent_header"].get("msg_id") == msg_id:
                return

    def texts(self) -> list[str]:
        """What was printed."""
        streams = (each for each in self.heard if each["header"]["msg_type"] == "stream")
        return [each["content"]["text"] for each in streams]


def url_of(gateway: str, kernel_id: str, **arguments: str) -> str:
    """The address of a kernel's channels."""
    query = "&".join(f"{name}={value}" for name, value in arguments.items())
    return f"{gateway.replace('http', 'ws', 1)}api/kernels/{kernel_id}/channels?{query}"


def connect(
    gateway: str, kernel_id: str, session: str | None = "me", v1: bool = False, **options: Any
) -> Any:
    """A WebSocket, to be entered; with the token, unless other headers are given."""
    arguments = {} if session is None else {"session_id": session}
    headers = options.pop("additional_headers", {"Authorization": f"token {TOKEN}"})
    return websockets.connect(
        url_of(gateway, kernel_id, **arguments),
        subprotocols=[V1] if v1 else None,
        additional_headers=headers,
        proxy=None,
        max_size=None,
        **options,
    )


def _joined(parts: list[bytes], width: int, order: Any, *, offsets: int) -> bytes:
    first = width * (offsets + 1)
    ends = [first]
    for part in parts:
        ends.append(ends[-1] + len(part))
    numbers = [offsets, *ends[:offsets]]
    return b"".join([*(number.to_bytes(width, order) for number in numbers), *parts])


def _read_v1(frame: Any) -> dict[str, Any]:
    count = int.from_bytes(frame[:8], "little")
    ends = [int.from_bytes(frame[8 * n : 8 * n + 8], "little") for n in range(1, count + 1)]
    parts = [frame[begin:end] for begin, end in pairwise(ends)]
    names = ("header", "parent_header", "metadata", "content")
    read = {name: json.loads(part) for name, part in zip(names, parts[1:5], strict=True)}
    return read | {"channel": parts[0].decode(), "buffers": parts[5:]}


def _read_default(frame: Any) -> dict[str, Any]:
    if isinstance(frame, str):
        return json.loads(frame)
    count = int.from_bytes(frame[:4], "big")
    begins = [int.from_bytes(frame[4 * n : 4 * n + 4], "big") for n in range(1, count + 1)]
    ends = [*begins[1:], len(frame)]
    text, *buffers = (frame[begin:end] for begin, end in zip(begins, ends, strict=True))
    return json.loads(text) | {"buffers": buffers}
