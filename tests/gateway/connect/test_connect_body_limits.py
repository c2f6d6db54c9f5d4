"""What a caller may send: no more is read than may be, whatever it says about itself."""

import gzip
import json
import struct
import tracemalloc

import pytest

from jupyter_sessions.v1 import sessions_pb2
from jupyter_sessions_server.gateway.connect.compression import gunzip
from jupyter_sessions_server.gateway.connect.errors import Failure
from tests.gateway.connect.conftest import MAX_BODY_BYTES
from tests.gateway.connect.sockets import answer_of, half_sent
from tests.gateway.connect.speaking import (
    STREAM_JSON,
    STREAM_PROTO,
    STREAMING,
    UNARY,
    UNARY_JSON,
    UNARY_PROTO,
    WEB_JSON,
    WEB_PROTO,
    WEB_TEXT,
    framed,
    said,
    written,
)

LIST, EXECUTE = "SessionService/ListSessions", "ExecutionService/Execute"
ENCODING = {
    UNARY_PROTO: "content_encoding",
    UNARY_JSON: "content_encoding",
    STREAM_PROTO: "connect_content_encoding",
    STREAM_JSON: "connect_content_encoding",
    WEB_PROTO: "grpc_encoding",
    WEB_JSON: "grpc_encoding",
    WEB_TEXT: "grpc_encoding",
}
ACCEPTED = {
    "content_encoding": "accept-encoding",
    "connect_content_encoding": "connect-accept-encoding",
    "grpc_encoding": "grpc-accept-encoding",
}


def is_too_large(error):
    """Whether this says so, and names the limit."""
    return error.code == "resource_exhausted" and str(MAX_BODY_BYTES) in error.message


@pytest.mark.parametrize("content_type", UNARY)
async def test_a_message_of_the_limit_is_taken(fake_caller, fake_channel, content_type):
    """In an envelope it is a few bytes more, in base64 a third."""
    message = b"{" + b" " * (MAX_BODY_BYTES - 2) + b"}"

    response = await fake_caller.post(
        LIST, framed(content_type, message), content_type=content_type
    )

    assert said(response).code is None
    assert len(fake_channel.calls) == 1


@pytest.mark.parametrize("content_type", UNARY)
async def test_a_larger_message_is_refused(fake_caller, fake_channel, content_type):
    """The answer names the limit."""
    message = b"{" + b" " * (MAX_BODY_BYTES - 1) + b"}"

    response = await fake_caller.post(
        LIST, framed(content_type, message), content_type=content_type
    )

    assert is_too_large(said(response))
    assert fake_channel.calls == []


async def test_a_body_that_says_that_it_is_larger_is_not_read(fake_caller, fake_channel):
    """It is refused when its headers are there."""
    headers = {"content_type": UNARY_JSON, "content_length": "1000000000000"}

    async with half_sent(fake_caller.address, LIST, **headers) as (reader, _):
        status, body = await answer_of(reader)

    assert status == 429
    assert str(MAX_BODY_BYTES) in json.loads(body)["message"]


async def test_a_body_that_does_not_say_its_length_is_read_up_to_the_limit(fake_caller):
    """Then it is refused, though it goes on."""
    headers = {"content_type": UNARY_JSON, "transfer_encoding": "chunked", "content_length": ""}
    chunk = b"2000\r\n" + bytes(0x2000) + b"\r\n"

    async with half_sent(fake_caller.address, LIST, **headers) as (reader, writer):
        for _ in range(MAX_BODY_BYTES // 0x2000 + 1):
            writer.write(chunk)
        status, _ = await answer_of(reader)

    assert status == 429


@pytest.mark.parametrize("content_type", STREAMING)
async def test_an_envelope_that_says_that_it_is_larger_is_refused(fake_caller, content_type):
    """Even if the body ends before."""
    body = struct.pack(">BI", 0, 0xFFFFFFFF) + b"x"
    if content_type == WEB_TEXT:
        body = b"AP////94"

    response = await fake_caller.post(EXECUTE, body, content_type=content_type)

    assert is_too_large(said(response))


@pytest.mark.parametrize("content_type", UNARY)
async def test_compressed_requests_are_read(caller, content_type):
    """Clients may compress what they send."""
    request = sessions_pb2.CreateSessionRequest(path="é.ipynb" * 100)

    response = await caller.post(
        "SessionService/CreateSession",
        compressed(content_type, request),
        content_type=content_type,
        **{ENCODING[content_type]: "gzip"},
    )

    assert said(response).code is None
    assert "é.ipynb" in (await caller.json(LIST, {})).text


def compressed(content_type, request):
    """The message, compressed, as the body that carries it."""
    plain = written(UNARY_JSON if content_type.endswith("json") else UNARY_PROTO, request)
    return framed(content_type, gzip.compress(plain), flags=1)


@pytest.mark.parametrize("content_type", UNARY)
async def test_a_bomb_is_refused(fake_caller, content_type):
    """A few bytes that would become gigabytes."""
    bomb = gzip.compress(bytes(40 * 1024 * 1024))
    assert len(bomb) < MAX_BODY_BYTES

    response = await fake_caller.post(
        LIST,
        framed(content_type, bomb, flags=1),
        content_type=content_type,
        **{ENCODING[content_type]: "gzip"},
    )

    assert is_too_large(said(response))


async def test_a_bomb_takes_no_more_memory_than_the_limit():
    """It is not made large first, and then refused."""
    bomb = gzip.compress(bytes(40 * 1024 * 1024))
    tracemalloc.start()

    with pytest.raises(Failure):
        await gunzip(bomb, limit=MAX_BODY_BYTES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1024 * 1024


@pytest.mark.parametrize("content_type", UNARY)
async def test_what_is_no_whole_gzip_is_refused(fake_caller, fake_channel, content_type):
    """And nothing is called with half a message."""
    whole = gzip.compress(b"{}")
    headers = {"content_type": content_type, ENCODING[content_type]: "gzip"}

    for data in (b"{}", whole[:-1], whole + b"x", whole * 2):
        response = await fake_caller.post(LIST, framed(content_type, data, flags=1), **headers)
        assert said(response).what == ("invalid_argument", "FIELD_INVALID")
    assert fake_channel.calls == []


@pytest.mark.parametrize("content_type", UNARY)
async def test_other_compressions_are_refused(fake_caller, content_type):
    """The answer says which there are, to people and to programs."""
    body, name = framed(content_type, b"{}", flags=1), ENCODING[content_type]

    for coding in ("br", "zstd", "gzip, gzip", "x"):
        headers = {"content_type": content_type, name: coding}
        response = await fake_caller.post(LIST, body, **headers)

        error = said(response)
        assert error.what == ("unimplemented", "NOT_IMPLEMENTED")
        assert "gzip and identity" in error.message
        assert response.headers[ACCEPTED[name]] == "gzip, identity"


@pytest.mark.parametrize("content_type", [*STREAMING, WEB_PROTO])
async def test_a_message_is_not_compressed_unless_a_header_says_how(fake_caller, content_type):
    """Its envelope alone does not tell."""
    rpc = EXECUTE

    response = await fake_caller.post(
        rpc, framed(content_type, gzip.compress(b"{}"), flags=1), content_type=content_type
    )

    assert said(response).what == ("invalid_argument", "FIELD_INVALID")


@pytest.mark.parametrize("content_type", UNARY)
async def test_answers_are_not_compressed(caller, content_type):
    """On one machine that costs more than it saves; a proxy may do it."""
    response = await caller.post(
        LIST,
        written(content_type, sessions_pb2.ListSessionsRequest()),
        content_type=content_type,
        accept_encoding="gzip",
        grpc_accept_encoding="gzip",
    )

    assert "content-encoding" not in response.headers
    assert "grpc-encoding" not in response.headers


async def test_a_body_of_nothing_is_not_decompressed(caller):
    """It is the empty message, as the Connect protocol has it."""
    response = await caller.post(LIST, b"", content_type=UNARY_PROTO, content_encoding="gzip")

    assert said(response).code is None
