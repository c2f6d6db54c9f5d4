"""Jupyter's wire format: parts, signature, and what is passed on untouched."""

import json

import pytest
from jupyter_client.session import Session

from jupyter_sessions_server.kernels.messages import (
    DELIMITER,
    MalformedMessage,
    Signer,
    from_frames,
    to_frames,
)
from jupyter_sessions_server.model import Channel, Request

KEY = b"a-key"
HEADER = b'{"msg_id": "m1", "msg_type": "stream"}'
PARENT = b'{"msg_id": "p1", "msg_type": "execute_request"}'
CONTENT = b'{ "name":"stdout",  "text":"\xc3\xa4" }'


def frames(*buffers, identities=(), header=HEADER, parent=PARENT, content=CONTENT):
    """What a kernel sends."""
    parts = [header, parent, b"{}", content]
    return [*identities, DELIMITER, Signer(KEY).sign(parts), *parts, *buffers]


def read(received):
    return from_frames(Channel.IOPUB, received, seq=7, time_ms=1_000)


def test_a_message_of_ours_can_be_read_by_who_has_the_key():
    """What we send is what a kernel understands."""
    request = Request("m1", "x", HEADER, CONTENT, parent_header=PARENT, buffers=(b"\0\xff",))

    message = read(to_frames(Signer(KEY), request))

    assert (message.header, message.parent_header) == (HEADER, PARENT)
    assert (message.content, message.metadata, message.buffers) == (CONTENT, b"{}", (b"\0\xff",))


def test_a_signature_is_the_one_that_jupyter_checks():
    """HMAC-SHA256 over the four JSON parts, in hexadecimal."""
    header = b'{"msg_id": "m1", "msg_type": "x", "version": "5.4"}'
    session = Session(key=KEY)

    _, received = session.feed_identities(to_frames(Signer(KEY), Request("m1", "x", header, b"{}")))
    told = session.deserialize(received)

    assert (told["msg_id"], told["content"]) == ("m1", {})


def test_a_message_tells_what_its_headers_say():
    """Who it answers, and what it is."""
    message = read(frames())

    assert (message.msg_id, message.msg_type) == ("m1", "stream")
    assert (message.parent_id, message.parent_type) == ("p1", "execute_request")
    assert (message.seq, message.time_ms, message.channel) == (7, 1_000, Channel.IOPUB)


def test_parts_are_passed_on_as_they_came():
    """Not a byte is changed on the way: the content is not even parsed."""
    broken = b'{"not": json'

    assert read(frames()).content == CONTENT
    assert read(frames(content=broken)).content == broken


@pytest.mark.parametrize("buffers", [(), (b"",), (b"\0\xff" * 1_000, b"x"), (DELIMITER,)])
def test_buffers_are_passed_on(buffers):
    """Binary data of widgets, whatever is in it."""
    assert read(frames(*buffers)).buffers == buffers


@pytest.mark.parametrize("identities", [(), (b"id",), (b"kernel.x.stream", b"")])
def test_what_comes_before_the_delimiter_is_routing(identities):
    """iopub has topics there, shell has identities."""
    assert read(frames(identities=identities)).msg_id == "m1"


@pytest.mark.parametrize("count", range(6))
def test_a_message_with_missing_parts_is_refused(count):
    """Also one of no parts at all."""
    with pytest.raises(MalformedMessage, match="missing"):
        read(frames()[:count])


def test_frames_without_a_delimiter_are_refused():
    """They are of another protocol."""
    with pytest.raises(MalformedMessage, match="missing"):
        read(frames()[1:])


@pytest.mark.parametrize("header", [b"", b"no json", b"{", b"\xff"])
@pytest.mark.parametrize("which", ["header", "parent"])
def test_a_header_that_is_no_json_is_refused(header, which):
    """It cannot be told what it is or whom it answers."""
    with pytest.raises(MalformedMessage, match="header"):
        read(frames(**{which: header}))


@pytest.mark.parametrize("header", [b"[]", b"null", b"5", b'"text"', b"{}"])
def test_a_header_that_names_nothing_counts_as_empty(header):
    """A parent header often is."""
    message = read(frames(header=header, parent=header))

    assert (message.msg_id, message.msg_type) == ("", "")
    assert (message.parent_id, message.parent_type) == ("", "")


@pytest.mark.parametrize("value", [None, 5, [1], {"a": 1}, True])
def test_a_name_in_a_header_is_text_or_nothing(value):
    """Code in a kernel can send any header; what reads it relies on its type."""
    header = json.dumps({"msg_id": value, "msg_type": value}).encode()

    message = read(frames(header=header, parent=header))

    assert (message.msg_id, message.msg_type) == ("", "")
    assert (message.parent_id, message.parent_type) == ("", "")


def test_a_messages_size_is_that_of_all_its_parts():
    """What it takes of a journal."""
    message = read(frames(b"12345"))

    assert message.size == len(HEADER) + len(PARENT) + len(b"{}") + len(CONTENT) + 5
