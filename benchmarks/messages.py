"""The Jupyter messages that run code, as parts: header, parent header, metadata, content."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Received:
    """How much has come of what code said."""

    lines: int = 0
    displays: int = 0


class Execution:
    """Code that is run: the request, and what has come back of it."""

    def __init__(self, code: str, heard: Callable[[str], None] = lambda _: None) -> None:
        """`heard` is called with each text that the code prints."""
        self.text = ""
        """The result, as text."""
        self.received = Received()
        self._msg_id = uuid.uuid4().hex
        self._code = code
        self._heard = heard
        self.replied = False
        """Whether the kernel has replied: on another channel than what code says."""
        self._idle = False

    @property
    def finished(self) -> bool:
        """Whether the kernel has replied, and is idle; only then all outputs have come."""
        return self.replied and self._idle

    def request(self) -> list[bytes]:
        """The parts of the execute_request."""
        header = {
            "msg_id": self._msg_id,
            "msg_type": "execute_request",
            "session": "benchmarks",
            "username": "benchmarks",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.4",
        }
        content = {"code": self._code, "silent": False, "store_history": True}
        options = {"user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
        return [json.dumps(part).encode() for part in (header, {}, {}, content | options)]

    def take(self, parts: Sequence[bytes]) -> None:
        """Take a message from the kernel."""
        if json.loads(parts[1]).get("msg_id") != self._msg_id:
            return
        content = json.loads(parts[3])
        match json.loads(parts[0])["msg_type"]:
            case "execute_reply":
                self.replied = True
            case "status":
                self._idle = content["execution_state"] == "idle"
            case "execute_result":
                self.text = content["data"]["text/plain"]
            case "stream":
                self._heard(content["text"])
                self.received.lines += content["text"].count("\n")
            case "display_data":
                self.received.displays += 1


def to_websocket(channel: bytes, parts: list[bytes]) -> bytes:
    """As jupyter_server takes it: number of offsets, the offsets, the channel, the parts.

    Numbers have eight bytes.
    """
    offsets = [8 * (len(parts) + 3)]
    for part in (channel, *parts):
        offsets.append(offsets[-1] + len(part))
    numbers = (number.to_bytes(8, "little") for number in (len(offsets), *offsets))
    return b"".join((*numbers, channel, *parts))


def from_websocket(message: bytes) -> list[bytes]:
    """The parts of what jupyter_server sends, without the channel."""
    count = int.from_bytes(message[:8], "little")
    offsets = [int.from_bytes(message[8 * n : 8 * n + 8], "little") for n in range(1, count + 1)]
    return [message[offsets[n] : offsets[n + 1]] for n in range(1, count - 1)]
