"""Jupyter messages, as programs read and write them, and as the contract carries them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from jupyter_sessions.outputs import OutputGap
from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1.kernels_pb2 import Kernel

PROTOCOL_VERSION = "5.4"
CLOSED = "these channels are closed, or another connection with this client_id has taken over"

Json: TypeAlias = Mapping[str, Any]

_CHANNELS = {
    "shell": pb.CHANNEL_SHELL,
    "control": pb.CHANNEL_CONTROL,
    "stdin": pb.CHANNEL_STDIN,
    "iopub": pb.CHANNEL_IOPUB,
}


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A message of the kernel; `seq` is its number in the kernel's journal."""

    seq: int
    channel: str
    """"shell", "control", "stdin" or "iopub"."""
    header: Json
    parent_header: Json
    metadata: Json
    content: Json
    buffers: tuple[bytes, ...] = ()

    @property
    def msg_type(self) -> str:
        """Its type, such as "stream" or "execute_reply"."""
        return str(self.header.get("msg_type", ""))

    @property
    def parent_id(self) -> str:
        """The id of the request that it is about; '' if it is about none."""
        return str(self.parent_header.get("msg_id", ""))


ChannelEvent: TypeAlias = ChannelMessage | OutputGap | Kernel
"""A message; that messages are missing here; or the kernel, when its process began or ended."""


def message_from_pb(message: pb.JupyterMessage) -> ChannelMessage:
    """A message of the kernel."""
    return ChannelMessage(
        seq=message.seq,
        channel=pb.Channel.Name(message.channel).removeprefix("CHANNEL_").lower(),
        header=_parsed(message.header),
        parent_header=_parsed(message.parent_header),
        metadata=_parsed(message.metadata),
        content=_parsed(message.content),
        buffers=tuple(message.buffers),
    )


def new_message(
    channel: str,
    msg_type: str,
    content: Json | None,
    *,
    session: str,
    parent: ChannelMessage | None,
    metadata: Json | None,
    buffers: Sequence[bytes],
) -> tuple[str, pb.JupyterMessage]:
    """A message to the kernel, and its id, which the kernel's answers have as parent."""
    msg_id = str(uuid.uuid4())
    header = {
        "msg_id": msg_id,
        "msg_type": msg_type,
        "session": session,
        "username": "",
        "date": datetime.now(UTC).isoformat(),
        "version": PROTOCOL_VERSION,
    }
    message = pb.JupyterMessage(
        channel=channel_number(channel),
        header=_json(header),
        parent_header=_json(parent.header if parent else {}),
        metadata=_json(metadata or {}),
        content=_json(content or {}),
        buffers=buffers,
    )
    return msg_id, message


def channel_number(channel: str) -> pb.Channel:
    """The channel of this name; raises ValueError if there is none."""
    if channel not in _CHANNELS:
        message = f"{channel!r} is none of the channels {', '.join(_CHANNELS)}"
        raise ValueError(message)
    return _CHANNELS[channel]


def _json(value: Json) -> bytes:
    return json.dumps(value).encode()


def _parsed(text: bytes) -> Json:
    """What a kernel may leave out is empty."""
    value: Json = json.loads(text or b"{}")
    return value
