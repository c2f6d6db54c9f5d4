"""Front ends' connections: model ↔ protobuf. Messages pass byte for byte."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import executions_pb2
from jupyter_sessions_server import model
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.requests import new_id
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.convert import (
    enum_from_pb,
    kernel_exit_to_pb,
    kernel_to_pb,
    timestamp_to_pb,
)
from jupyter_sessions_server.rpc.convert_executions import GAP_REASON_TO_PB
from jupyter_sessions_server.sessions.channel_events import (
    ChannelEvent,
    Heard,
    Missed,
    Opened,
    Opening,
    ToKernel,
)

MAX_BATCH_BYTES = 1024 * 1024
"""Messages that are more together go in several batches; a single one may be larger."""
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADER_FIELD_BYTES = 256
MAX_BUFFERS = 1000

CHANNEL_TO_PB: dict[model.Channel, pb.Channel] = {
    channel: getattr(pb, f"CHANNEL_{channel.name}") for channel in model.Channel
}
_CHANNEL_FROM_PB = {number: channel for channel, number in CHANNEL_TO_PB.items()}
_CHANNEL_TO_KERNEL = {
    number: channel
    for number, channel in _CHANNEL_FROM_PB.items()
    if channel is not model.Channel.IOPUB
}


def opening_from_pb(opening: pb.ChannelOpen) -> Opening:
    """How to connect; raises InvalidField."""
    client_id = check.text("open.client_id", opening.client_id, check.MAX_ID_BYTES)
    from_seq = None
    if opening.HasField("from_seq"):
        from_seq = check.not_negative("open.from_seq", opening.from_seq)
    channels = opening.channels
    return Opening(
        client_id=client_id or new_id(),
        from_seq=from_seq,
        channels=frozenset(enum_from_pb("open.channels", c, _CHANNEL_FROM_PB) for c in channels),
    )


def to_kernel_from_pb(message: pb.JupyterMessage) -> ToKernel:
    """A message to the kernel; raises InvalidField."""
    channel = enum_from_pb("message.channel", message.channel, _CHANNEL_TO_KERNEL)
    header = _header(message.header)
    _check_size("message.parent_header", message.parent_header)
    parent_header = message.parent_header or b"{}"
    _object("message.parent_header", parent_header)
    _object("message.metadata", message.metadata)
    _object("message.content", message.content)
    if len(message.buffers) > MAX_BUFFERS:
        problem = f"are more than {MAX_BUFFERS}"
        raise InvalidField("message.buffers", problem, limit=MAX_BUFFERS)
    request = model.Request(
        msg_id=header["msg_id"],
        msg_type=header["msg_type"],
        header=message.header,
        content=message.content,
        parent_header=parent_header,
        metadata=message.metadata,
        buffers=tuple(message.buffers),
    )
    return ToKernel(channel, header["session"], request)


def _header(raw: bytes) -> dict[str, Any]:
    """The header, with what the service needs of it, and without which kernels drop a message."""
    _check_size("message.header", raw)
    header = _object("message.header", raw)
    for name in ("msg_id", "msg_type", "session", "version"):
        field, value = f"message.header.{name}", header.get(name)
        if not isinstance(value, str):
            raise InvalidField(field, "is required, and is text")
        if not value.isprintable():  # also what UTF-8 cannot hold
            raise InvalidField(field, "has characters that cannot be printed")
        check.text(field, value, MAX_HEADER_FIELD_BYTES, required=True)
    return header


def _check_size(field: str, raw: bytes) -> None:
    if len(raw) > MAX_HEADER_BYTES:
        problem = f"is longer than {MAX_HEADER_BYTES} bytes"
        raise InvalidField(field, problem, limit=MAX_HEADER_BYTES)


def _object(field: str, raw: bytes) -> dict[str, Any]:
    """The JSON object; a kernel would drop anything else without a word."""
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        parsed = _parse_leniently(raw)
    if not isinstance(parsed, dict):
        raise InvalidField(field, "is not a JSON object in UTF-8")
    return parsed


def _parse_leniently(raw: bytes) -> object:
    """The same for what orjson refuses and kernels take: NaN, and lone surrogates."""
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None


def responses(event: ChannelEvent, most_bytes: int) -> Iterator[pb.ConnectResponse]:
    """What tells of the event; a message of more than `most_bytes` becomes a gap."""
    if isinstance(event, Heard):
        yield from _batches(event, most_bytes)
    elif isinstance(event, Missed):
        yield _gap(event.gap.count, event.gap.reason, event.next_seq)
    elif isinstance(event, Opened):
        opened = pb.ChannelOpened(
            kernel=kernel_to_pb(event.kernel), client_id=event.client_id, next_seq=event.next_seq
        )
        yield pb.ConnectResponse(opened=opened, next_seq=event.next_seq)
    else:
        end = None if event.exit is None else kernel_exit_to_pb(event.exit)
        kernel = kernel_to_pb(event.kernel)
        yield pb.ConnectResponse(kernel=kernel, exit=end, next_seq=event.next_seq)


def _batches(event: Heard, most_bytes: int) -> Iterator[pb.ConnectResponse]:
    """The messages in as few batches as their size allows; one if there are none."""
    batch: list[model.Message] = []
    room = MAX_BATCH_BYTES
    for message in event.messages:
        size = _wire_bytes(message)
        if batch and (size > room or size > most_bytes):
            yield _batch(batch, message.seq)
            batch, room = [], MAX_BATCH_BYTES
        if size > most_bytes:
            yield _gap(1, model.GapReason.TOO_LARGE, message.seq + 1)
        else:
            batch.append(message)
            room -= size
    if batch or not event.messages or event.next_seq > event.messages[-1].seq + 1:
        yield _batch(batch, event.next_seq)


def _wire_bytes(message: model.Message) -> int:
    """At least as many bytes as it takes in a batch."""
    return message.size + 100 + 6 * len(message.buffers)


def _batch(messages: Sequence[model.Message], next_seq: int) -> pb.ConnectResponse:
    response = pb.ConnectResponse(next_seq=next_seq)
    response.messages.messages.extend(map(message_to_pb, messages))
    response.messages.next_seq = next_seq
    return response


def _gap(count: int, reason: model.GapReason, next_seq: int) -> pb.ConnectResponse:
    gap = executions_pb2.OutputGap(missing_count=count, reason=GAP_REASON_TO_PB[reason])
    return pb.ConnectResponse(gap=gap, next_seq=next_seq)


def message_to_pb(message: model.Message) -> pb.JupyterMessage:
    """A message from the kernel."""
    return pb.JupyterMessage(
        seq=message.seq,
        time=timestamp_to_pb(message.time_ms),
        channel=CHANNEL_TO_PB[message.channel],
        header=message.header,
        parent_header=message.parent_header,
        metadata=message.metadata,
        content=message.content,
        buffers=message.buffers,
    )
