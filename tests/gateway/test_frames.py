"""Frames: Jupyter's messages as WebSocket frames, as jupyter_server reads and writes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions_server.gateway.frames import (
    MalformedFrame,
    decode_default,
    decode_v1,
    encode_default,
    encode_v1,
)

HEADER = {"msg_id": "1", "msg_type": "comm_msg", "session": "s", "version": "5.3"}
CHANNELS = {
    "shell": pb.CHANNEL_SHELL,
    "control": pb.CHANNEL_CONTROL,
    "stdin": pb.CHANNEL_STDIN,
}

json_objects = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    max_size=3,
)
buffers = st.lists(st.binary(max_size=20), max_size=3)


def a_message(channel=pb.CHANNEL_IOPUB, content=None, buffers=(), **parts):
    fields = {"header": HEADER, "parent_header": {}, "metadata": {}, "content": content or {}}
    raw = {name: json.dumps(value).encode() for name, value in {**fields, **parts}.items()}
    return pb.JupyterMessage(channel=channel, buffers=buffers, **raw)


def as_dict(message):
    parts = ("header", "parent_header", "metadata", "content")
    return {name: json.loads(getattr(message, name)) for name in parts}


@given(content=json_objects, parent=json_objects, buffers=buffers)
def test_the_newer_format_is_what_jupyter_server_writes(content, parent, buffers):
    """Byte for byte: a front end cannot tell the difference."""
    message = a_message(content=content, parent_header=parent, buffers=buffers)
    parts = [message.header, message.parent_header, message.metadata, message.content, *buffers]

    assert encode_v1(message) == (serialize_msg_to_ws_v1(parts, "iopub"), False)


@given(content=json_objects, buffers=buffers)
def test_the_older_format_is_read_as_jupyter_server_means_it(content, buffers):
    """As an object, and with buffers as offsets and parts."""
    frame, is_text = encode_default(a_message(content=content, buffers=buffers))

    told = json.loads(frame) if is_text else deserialize_binary_message(frame)

    assert is_text == (not buffers)
    assert (told["msg_id"], told["msg_type"], told["channel"]) == ("1", "comm_msg", "iopub")
    assert told["header"] == HEADER
    assert told["content"] == content
    assert [bytes(buffer) for buffer in told["buffers"]] == list(buffers)


@pytest.mark.parametrize("channel", CHANNELS)
@given(content=json_objects, buffers=buffers)
def test_what_a_front_end_writes_in_the_newer_format_is_read(channel, content, buffers):
    """By the channel that it names."""
    parts = [json.dumps(part).encode() for part in (HEADER, {}, {"a": 1}, content)]
    frame = serialize_msg_to_ws_v1([*parts, *buffers], channel)

    message = decode_v1(frame)

    assert deserialize_msg_from_ws_v1(frame)[0] == channel
    assert message.channel == CHANNELS[channel]
    assert as_dict(message)["content"] == content
    assert message.metadata == b'{"a": 1}'
    assert list(message.buffers) == buffers


@pytest.mark.parametrize("channel", CHANNELS)
@given(content=json_objects, buffers=buffers)
def test_what_a_front_end_writes_in_the_older_format_is_read(channel, content, buffers):
    """With buffers, or without."""
    fields = {"header": HEADER, "parent_header": {}, "metadata": {}, "content": content}
    fields |= {"channel": channel, "buffers": list(buffers)}
    frame = serialize_binary_message(fields) if buffers else json.dumps(fields)

    message = decode_default(frame)

    assert message.channel == CHANNELS[channel]
    assert as_dict(message)["content"] == content
    assert list(message.buffers) == buffers


@pytest.mark.parametrize("channel", [{}, {"channel": None}])
def test_a_message_without_a_channel_is_for_shell(channel):
    """That was the only one, once."""
    fields = {"header": HEADER, "parent_header": {}, "metadata": {}, "content": {}}

    assert decode_default(json.dumps(fields | channel)).channel == pb.CHANNEL_SHELL


@pytest.mark.parametrize("channel", ["iopub", "hb", "", "Shell"])
def test_a_message_for_another_channel_is_for_nobody(channel):
    """Also what no kernel reads: jupyter_server ignores it, and so do we."""
    fields = {"header": HEADER, "parent_header": {}, "metadata": {}, "content": {}}
    parts = [json.dumps(part).encode() for part in fields.values()]

    assert decode_default(json.dumps(fields | {"channel": channel})) is None
    assert decode_v1(serialize_msg_to_ws_v1(parts, channel)) is None


@pytest.mark.parametrize("buffers", [[], [b"\xff"]])
def test_text_that_is_no_utf_8_does_not_close_the_connection(buffers):
    """Kernels print names of files in other encodings; what is behind them is to come too."""
    message = a_message(buffers=buffers)
    message.content = b'{"text": "caf\xe9"}'

    frame = encode_default(message).data

    text = frame if not buffers else frame[12 : -len(buffers[0])]
    assert json.loads(text.decode())["content"] == {"text": "caf\ufffd"}


def test_what_json_does_not_have_and_kernels_take_is_left_as_it_is():
    """A number that is none, half of a character: the kernel shall see what was sent."""
    frame = (
        '{"header": {"msg_id": "1"}, "parent_header": {}, "metadata": {}, '
        '"content": {"n": NaN, "half": "\\ud83d"}}'
    )

    content = decode_default(frame).content

    assert json.loads(content)["half"] == "\ud83d"
    assert b"NaN" in content


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no JSON",
        "[1]",
        "null",
        '{"parent_header": {}, "metadata": {}, "content": {}}',
        '{"header": {}, "metadata": {}, "content": {}}',
        '{"header": {}, "parent_header": {}, "content": {}}',
        '{"header": {}, "parent_header": {}, "metadata": {}, "content": 5}',
        "[" * 100_000,
        b"",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x01\x00\x00\x00\xff",
        b"\x00\x00\x00\x01\x00\x00\x00\x08{}",
        b"\xff\xff\xff\xff",
    ],
)
def test_what_is_no_message_in_the_older_format_is_refused(frame):
    """Whoever sent it is told; nothing of it reaches the kernel."""
    with pytest.raises(MalformedFrame):
        decode_default(frame)


def test_text_in_the_newer_format_is_refused():
    """It has binary frames only."""
    with pytest.raises(MalformedFrame):
        decode_v1("{}")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_newer_format(frame):
    """They are a message, or for nobody, or refused."""
    try:
        message = decode_v1(frame)
    except MalformedFrame:
        return

    assert message is None or message.channel in CHANNELS.values()


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_frame_breaks_the_older_format(frame):
    """The same."""
    try:
        message = decode_default(frame)
    except MalformedFrame:
        return

    assert message is None or message.channel in CHANNELS.values()


@given(st.data())
def test_a_newer_frame_with_a_byte_changed_is_a_message_or_refused(data):
    """Offsets that point anywhere read nothing that is not theirs."""
    message = a_message(pb.CHANNEL_SHELL, {"a": 1}, [b"xyz"])
    frame = bytearray(encode_v1(message).data)
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))

    try:
        decoded = decode_v1(bytes(frame))
    except MalformedFrame:
        return

    assert decoded is None or sum(map(len, decoded.buffers)) <= len(frame)
