"""The Jupyter wire format: frames, parts, signature.

Of a message from a kernel only the headers are parsed.
"""

import hashlib
import hmac
from collections.abc import Sequence

import orjson

from jupyter_sessions_server.model import Channel, Message, Request

DELIMITER = b"<IDS|MSG>"


class MalformedMessage(Exception):
    """Frames that are no signed Jupyter message."""


class Signer:
    """Signs with a kernel's key: HMAC-SHA256 over the four JSON parts."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, digestmod=hashlib.sha256)

    def sign(self, parts: Sequence[bytes]) -> bytes:
        """The signature, in hexadecimal digits."""
        mac = self._mac.copy()
        for part in parts:
            mac.update(part)
        return mac.hexdigest().encode("ascii")


def to_frames(signer: Signer, request: Request) -> list[bytes]:
    """The frames of a message to a kernel, without ZMQ identities."""
    parts = [request.header, request.parent_header, request.metadata, request.content]
    return [DELIMITER, signer.sign(parts), *parts, *request.buffers]


def from_frames(channel: Channel, frames: Sequence[bytes], seq: int, time_ms: int) -> Message:
    """The message in the frames of a journal's record; raises MalformedMessage.

    The signature is not verified: what is in a journal came from the kernel's own sockets, in
    folders that only the kernels' user can open.
    """
    try:
        start = frames.index(DELIMITER)
        _signature, header, parent_header, metadata, content, *buffers = frames[start + 1 :]
    except ValueError as error:
        raise MalformedMessage("parts are missing") from error
    msg_type, msg_id = _parse_header(header)
    parent_type, parent_id = _parse_header(parent_header)
    return Message(
        seq=seq,
        time_ms=time_ms,
        channel=channel,
        msg_type=msg_type,
        msg_id=msg_id,
        parent_id=parent_id,
        parent_type=parent_type,
        header=header,
        parent_header=parent_header,
        metadata=metadata,
        content=content,
        buffers=tuple(buffers),
    )


def _parse_header(part: bytes) -> tuple[str, str]:
    """The message's type and id; '' where there is none, or what is there is no text."""
    try:
        parsed = orjson.loads(part)
    except orjson.JSONDecodeError as error:
        raise MalformedMessage("a header is not JSON") from error
    if not isinstance(parsed, dict):
        return "", ""
    msg_type, msg_id = parsed.get("msg_type"), parsed.get("msg_id")
    return msg_type if isinstance(msg_type, str) else "", msg_id if isinstance(msg_id, str) else ""
