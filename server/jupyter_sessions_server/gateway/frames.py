"""Jupyter's messages as WebSocket frames, in both formats there are.

The default format is jupyter_server's older one: a JSON object in a text frame; with buffers, a
binary frame of offsets (big-endian uint32), the JSON, and the buffers. The other, which a client
asks for by the subprotocol `v1.kernel.websocket.jupyter.org`, is a binary frame of offsets
(little-endian uint64) and parts: channel, header, parent header, metadata, content, buffers.

The parts pass through as the kernel and the client wrote them.
"""

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

import orjson

from jupyter_sessions.v1 import channels_pb2 as pb

V1: Final = "v1.kernel.websocket.jupyter.org"
"""The subprotocol of the newer format."""

Frame = str | bytes
"""What a client sent: text, or bytes."""


class Sent(NamedTuple):
    """What a client is sent."""

    data: bytes
    is_text: bool


CHANNEL_BY_NAME: Final = {
    "shell": pb.CHANNEL_SHELL,
    "control": pb.CHANNEL_CONTROL,
    "stdin": pb.CHANNEL_STDIN,
}
"""Those that a client may send on."""
_NAMES: Final = {number: name for name, number in CHANNEL_BY_NAME.items()} | {
    pb.CHANNEL_IOPUB: "iopub"
}
_PARTS: Final = ("header", "parent_header", "metadata", "content")
_MIN_V1_OFFSETS: Final = 2 + len(_PARTS)


class MalformedFrame(ValueError):
    """A client sent what is no message; says what is wrong."""


def encode_v1(message: pb.JupyterMessage) -> Sent:
    """A message of the kernel in the newer format."""
    parts = (
        _NAMES[message.channel].encode(),
        message.header,
        message.parent_header or b"{}",
        message.metadata,
        message.content,
        *message.buffers,
    )
    first = 8 * (len(parts) + 2)
    offsets = accumulate(map(len, parts), initial=first)
    numbers = struct.pack(f"<{len(parts) + 2}Q", len(parts) + 1, *offsets)
    return Sent(b"".join((numbers, *parts)), is_text=False)


def encode_default(message: pb.JupyterMessage) -> Sent:
    """A message of the kernel in the older format: text, or bytes if it has buffers."""
    text = _as_utf8(b"".join(_text_parts(message)))
    if not message.buffers:
        return Sent(text, is_text=True)
    parts = (text, *message.buffers)
    first = 4 * (len(parts) + 1)
    offsets = list(accumulate(map(len, parts), initial=first))[:-1]
    numbers = struct.pack(f">{len(parts) + 1}I", len(parts), *offsets)
    return Sent(b"".join((numbers, *parts)), is_text=False)


def _as_utf8(text: bytes) -> bytes:
    """The text, with marks in place of what is no UTF-8: browsers close a connection for that.

    Kernels send it for file names, for instance, that are in another encoding.
    """
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode()
    return text


def _text_parts(message: pb.JupyterMessage) -> Sequence[bytes]:
    """The JSON object, in pieces; a frame with buffers tells of them in another way."""
    header = parse_object(message.header)
    return (
        b'{"header":',
        message.header,
        b',"msg_id":',
        orjson.dumps(header.get("msg_id")),
        b',"msg_type":',
        orjson.dumps(header.get("msg_type")),
        b',"parent_header":',
        message.parent_header or b"{}",
        b',"metadata":',
        message.metadata,
        b',"content":',
        message.content,
        b',"channel":"',
        _NAMES[message.channel].encode(),
        b'"}' if message.buffers else b'","buffers":[]}',
    )


def decode_v1(frame: Frame) -> pb.JupyterMessage | None:
    """A client's message in the newer format; None if it is for a channel there is not.

    Raises MalformedFrame.
    """
    if isinstance(frame, str):
        raise MalformedFrame("a text frame, and this format has binary ones")
    channel, *fields = _parts_v1(frame)
    number = CHANNEL_BY_NAME.get(channel.decode(errors="replace"))
    if number is None:
        return None
    return _message(number, fields[: len(_PARTS)], fields[len(_PARTS) :])


def _parts_v1(frame: bytes) -> Sequence[bytes]:
    try:
        (count,) = struct.unpack_from("<Q", frame)
        if not _MIN_V1_OFFSETS <= count <= len(frame) // 8:
            message = f"{count} offsets, where {_MIN_V1_OFFSETS} or more are needed and fit"
            raise MalformedFrame(message)
        offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    except struct.error as error:
        raise MalformedFrame("shorter than its offsets") from error
    return _cut(frame, offsets, first=8 * (count + 1))


def decode_default(frame: Frame) -> pb.JupyterMessage | None:
    """A client's message in the older format; None if it is for a channel there is not.

    Raises MalformedFrame.
    """
    buffers: Sequence[bytes] = ()
    text: Frame = frame
    if isinstance(frame, bytes):
        text, *buffers = _parts_default(frame)
    fields, dumps = _parsed(text)
    channel = fields.get("channel")
    number = CHANNEL_BY_NAME.get(channel if isinstance(channel, str) else "shell")
    if number is None:
        return None
    return _message(number, [dumps(_part(name, fields)) for name in _PARTS], buffers)


def _message(
    channel: pb.Channel, parts: Sequence[bytes], buffers: Sequence[bytes]
) -> pb.JupyterMessage:
    """A message to the kernel; its parts are those of _PARTS."""
    header, parent_header, metadata, content = parts
    return pb.JupyterMessage(
        channel=channel,
        header=header,
        parent_header=parent_header,
        metadata=metadata,
        content=content,
        buffers=buffers,
    )


def _parts_default(frame: bytes) -> Sequence[bytes]:
    try:
        (count,) = struct.unpack_from(">I", frame)
        if not 1 <= count <= len(frame) // 4:
            message = f"{count} offsets, where one or more are needed and fit"
            raise MalformedFrame(message)
        offsets = struct.unpack_from(f">{count}I", frame, 4)
    except struct.error as error:
        raise MalformedFrame("shorter than its offsets") from error
    return _cut(frame, (*offsets, len(frame)), first=4 * (count + 1))


def _cut(frame: bytes, offsets: Sequence[int], *, first: int) -> Sequence[bytes]:
    """What lies between the offsets."""
    edges = (first, *offsets, len(frame))
    if any(after < before for before, after in pairwise(edges)):
        raise MalformedFrame("offsets that do not rise, or are beyond its end")
    return [frame[begin:end] for begin, end in pairwise(offsets)]


def _parsed(text: Frame) -> tuple[dict[str, Any], Callable[[object], bytes]]:
    """The JSON object, and what writes parts of it as they were; raises MalformedFrame."""
    dumps: Callable[[object], bytes] = orjson.dumps
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:  # it refuses NaN and lone surrogates, which kernels take
        dumps = _dumped_leniently
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedFrame("no JSON") from error
    if not isinstance(fields, dict):
        raise MalformedFrame("no JSON object")
    return fields, dumps


def _dumped_leniently(value: object) -> bytes:
    return json.dumps(value).encode()


def _part(name: str, fields: Mapping[str, Any]) -> object:
    """A part by itself; only the content may be missing."""
    value = fields.get(name)
    if value is None and name == "content":
        return {}
    if not isinstance(value, dict):
        message = f"{name} is no JSON object"
        raise MalformedFrame(message)
    return value


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that a kernel sent; {} if it is none."""
    try:
        return _parsed(raw)[0]
    except MalformedFrame:
        return {}
