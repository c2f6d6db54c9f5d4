"""Answers that come one after the other: a cell's outputs, in whatever a client speaks."""

import asyncio

import httpx
import pytest
from google.protobuf import json_format

from jupyter_sessions.v1 import executions_pb2 as pb
from tests.gateway.connect.sockets import begun
from tests.gateway.connect.speaking import (
    STREAM_JSON,
    STREAM_PROTO,
    STREAMING,
    envelopes,
    framed,
    said,
    written,
)

EXECUTE = "ExecutionService/Execute"


def events_of(content_type, messages):
    """The events of all batches."""
    batches = [pb.ExecuteResponse() for _ in messages]
    for batch, message in zip(batches, messages, strict=True):
        if content_type.endswith("json"):
            json_format.Parse(message, batch)
        else:
            batch.ParseFromString(message)
    return [event for batch in batches for event in batch.events]


@pytest.mark.parametrize("content_type", STREAMING)
async def test_a_cell_streams_its_outputs(caller, kernel_id, content_type):
    """The same events as over gRPC, and an end that says that this was all."""
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="say é😀")

    answer = await caller.ask(content_type, EXECUTE, request)

    assert answer.code is None
    events = events_of(content_type, answer.messages)
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == ["accepted", "started", "stream", "finished"]
    assert events[2].stream.text == "é😀"


@pytest.mark.parametrize("content_type", STREAMING)
async def test_a_stream_that_cannot_begin_tells_why(caller, content_type):
    """Streams are 200, whatever happens; the error is at their end."""
    request = pb.ExecuteRequest(kernel_id="gone", code="1")

    error = await caller.ask(content_type, EXECUTE, request)

    assert error.messages == ()
    assert error.what == ("not_found", "KERNEL_NOT_FOUND")
    assert error.info.metadata["kernel_id"] == "gone"


async def test_outputs_come_when_they_are_there(caller, kernels, kernel_id):
    """Not when the cell has ended: that may take hours."""
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="wait")
    body = written(STREAM_JSON, request)
    url, headers = caller.address + EXECUTE, {"content-type": STREAM_JSON}

    async with caller.http.stream("POST", url, content=body, headers=headers) as response:
        parts = response.aiter_raw()
        first = await anext(parts)
        await kernels.interrupt(kernel_id)
        rest = b"".join([part async for part in parts])

    assert b"accepted" in envelopes(first)[0][1]
    assert b"finished" in envelopes(rest)[-2][1]


@pytest.mark.parametrize("content_type", STREAMING)
@pytest.mark.parametrize("messages", [0, 2])
async def test_a_request_has_one_message(fake_caller, fake_channel, content_type, messages):
    """More of them would be for an RPC that takes a stream."""
    body = written(content_type, pb.ExecuteRequest(kernel_id="k")) * messages

    error = said(await fake_caller.post(EXECUTE, body, content_type=content_type))

    assert error.what == ("unimplemented", "NOT_IMPLEMENTED")
    assert fake_channel.calls == []


@pytest.mark.parametrize("flags", [0x02, 0x80, 0x04])
@pytest.mark.parametrize("content_type", STREAMING)
async def test_envelopes_with_unknown_flags_are_refused(
    fake_caller, fake_channel, content_type, flags
):
    """Nobody knows what would be in them."""
    body = framed(content_type, b"{}", flags)

    error = said(await fake_caller.post(EXECUTE, body, content_type=content_type))

    assert error.what == ("invalid_argument", "FIELD_INVALID")
    assert fake_channel.calls == []


async def test_the_same_connection_serves_one_call_after_the_other(http, caller, kernel_id):
    """Also after a stream: its body has an end."""
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="say hello")

    answers = [await caller.ask(kind, EXECUTE, request) for kind in STREAMING]

    assert [answer.code for answer in answers] == [None] * len(STREAMING)
    pool = http._transport._pool
    assert len(pool.connections) == 1


async def test_a_slow_reader_slows_the_service_down(fake_caller, fake_channel):
    """Nobody keeps for it what it has not read."""
    size = 100_000
    fake_channel.messages = (bytes(size) for _ in range(1_000_000))
    body = framed(STREAM_PROTO, b"")

    async with begun(fake_caller, EXECUTE, body, STREAM_PROTO) as reader:
        await reader.readuntil(b"\r\n\r\n")
        taken = await _settled(lambda: fake_channel.call.taken)
        await reader.readexactly(20 * size)
        taken_then = await _settled(lambda: fake_channel.call.taken)

    assert taken < taken_then
    assert taken_then * size < 64 * 1024 * 1024


async def _settled(number):
    """The number, once it has stopped rising."""
    last = -1
    while number() != last:
        last = number()
        await asyncio.sleep(0.1)
    return last


async def test_many_streams_at_once_do_not_mix(caller, http, address):
    """Each caller gets its own cell's outputs."""

    async def run(number):
        started = await caller.json("KernelService/StartKernel", {"waitReady": True})
        kernel_id = started.json()["kernel"]["kernelId"]
        request = pb.ExecuteRequest(kernel_id=kernel_id, code=f"say {number}")
        answer = await caller.ask(STREAM_JSON, EXECUTE, request)
        events = events_of(STREAM_JSON, answer.messages)
        return [event.stream.text for event in events if event.HasField("stream")]

    texts = await asyncio.gather(*(run(number) for number in range(20)))

    assert texts == [[str(number)] for number in range(20)]


async def test_the_headers_of_a_quiet_stream_come_at_once(fake_caller, fake_channel):
    """A browser, or a proxy between, sees that the call has been taken."""
    fake_channel.stays_open = True
    headers = {"content-type": STREAM_JSON}
    url = fake_caller.address + EXECUTE
    timeout = httpx.Timeout(10)

    async with fake_caller.http.stream(
        "POST", url, content=framed(STREAM_JSON, b"{}"), headers=headers, timeout=timeout
    ) as response:
        assert response.status_code == 200
        assert not fake_channel.call.ended.is_set()
