"""A caller's deadline is the call's: it ends when nobody waits any more."""

import json

import pytest

from jupyter_sessions.v1 import executions_pb2, sessions_pb2
from jupyter_sessions_server.gateway.connect.timeouts import grpc_timeout
from tests.gateway.connect.sockets import answer_of, half_sent
from tests.gateway.connect.speaking import (
    STREAM_JSON,
    STREAM_PROTO,
    STREAMING,
    UNARY,
    UNARY_JSON,
    UNARY_PROTO,
    framed,
    said,
)

CONNECT = (UNARY_PROTO, UNARY_JSON, STREAM_PROTO, STREAM_JSON)
LIST, EXECUTE = "SessionService/ListSessions", "ExecutionService/Execute"


def timeout_header(content_type, milliseconds):
    """The deadline, as the protocol says it."""
    if content_type in CONNECT:
        return {"connect_timeout_ms": str(milliseconds)}
    return {"grpc_timeout": f"{milliseconds}m"}


@pytest.mark.parametrize("content_type", STREAMING)
async def test_a_stream_ends_at_its_deadline(caller, kernel_id, content_type):
    """What came before it stays."""
    request = executions_pb2.ExecuteRequest(kernel_id=kernel_id, code="wait")

    answer = await caller.ask(content_type, EXECUTE, request, **timeout_header(content_type, 200))

    assert len(answer.messages) >= 1
    assert answer.code == "deadline_exceeded"


@pytest.mark.parametrize("content_type", UNARY)
async def test_a_deadline_that_is_over_refuses_the_call(caller, content_type):
    """HTTP says 504."""
    request = sessions_pb2.CreateSessionRequest(path="slow.ipynb", wait_ready=True)

    answer = await caller.ask(
        content_type, "SessionService/CreateSession", request, **timeout_header(content_type, 0)
    )

    assert answer.code == "deadline_exceeded"


@pytest.mark.parametrize("content_type", UNARY)
async def test_calls_before_their_deadline_are_answered(caller, content_type):
    """A deadline changes nothing else."""
    request = sessions_pb2.ListSessionsRequest()

    answer = await caller.ask(content_type, LIST, request, **timeout_header(content_type, 9999))

    assert answer.code is None


@pytest.mark.parametrize(
    ("content_type", "header", "seconds"),
    [
        (UNARY_JSON, {"connect_timeout_ms": "1500"}, 1.5),
        (UNARY_JSON, {"connect_timeout_ms": "9999999999"}, 9_999_999.999),
        (UNARY_JSON, {}, None),
        ("application/grpc-web", {"grpc_timeout": "7S"}, 7),
    ],
)
async def test_the_service_hears_how_long_the_caller_waits(
    fake_caller, fake_channel, content_type, header, seconds
):
    """A kernel's start, for instance, is given up then."""
    body = b"{}" if content_type == UNARY_JSON else framed(content_type, b"")

    await fake_caller.post(LIST, body, content_type=content_type, **header)

    timeout = fake_channel.call.timeout
    assert timeout is None if seconds is None else seconds - 1 < timeout <= seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2H", 7200), ("3M", 180), ("7S", 7), ("8000m", 8), ("9000000u", 9), ("99999999n", 0.1)],
)
def test_grpc_web_has_units(text, seconds):
    """From hours to nanoseconds."""
    assert grpc_timeout({b"grpc-timeout": text.encode()}) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "12345678901", "٣"])
@pytest.mark.parametrize("content_type", [UNARY_PROTO, UNARY_JSON])
async def test_malformed_deadlines_are_refused(fake_caller, fake_channel, content_type, text):
    """Nobody can tell how long the caller waits."""
    response = await fake_caller.post(
        LIST, b"{}", content_type=content_type, connect_timeout_ms=text.encode()
    )

    error = said(response)
    assert error.what == ("invalid_argument", "FIELD_INVALID")
    assert error.info.metadata["field"] == "connect-timeout-ms"
    assert fake_channel.calls == []


@pytest.mark.parametrize("text", ["", "5", "S", "123456789S", "1s", "-1S", "1.5S"])
async def test_malformed_deadlines_of_grpc_are_refused(fake_caller, fake_channel, text):
    """The same for gRPC-Web."""
    content_type = "application/grpc-web+proto"

    response = await fake_caller.post(
        LIST, framed(content_type, b""), content_type=content_type, grpc_timeout=text
    )

    assert said(response).info.metadata["field"] == "grpc-timeout"
    assert fake_channel.calls == []


async def test_a_service_is_not_called_when_the_time_is_over(fake_caller, fake_channel):
    """It might be so quick that it does what nobody waits for."""
    response = await fake_caller.post(LIST, b"{}", content_type=UNARY_JSON, connect_timeout_ms="0")

    assert said(response).code == "deadline_exceeded"
    assert fake_channel.calls == []


async def test_a_body_that_does_not_come_is_not_waited_for(fake_caller, fake_channel):
    """The caller's time runs from its first word."""
    headers = {"content_type": UNARY_JSON, "connect_timeout_ms": "100", "content_length": "1000"}

    async with half_sent(fake_caller.address, LIST, b"{", **headers) as (reader, _):
        status, body = await answer_of(reader)

    assert (status, json.loads(body)["code"]) == (504, "deadline_exceeded")
    assert fake_channel.calls == []
