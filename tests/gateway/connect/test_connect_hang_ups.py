"""A caller that hangs up ends its call: nobody waits for the answer, and nothing goes on for it."""

import asyncio

import pytest
from starlette.applications import Starlette

from jupyter_sessions.v1 import executions_pb2
from jupyter_sessions_server.gateway.connect import connect_routes
from tests.gateway.connect.sockets import begun, half_sent
from tests.gateway.connect.speaking import (
    STREAMING,
    UNARY,
    WEB_PROTO,
    framed,
    written,
)
from tests.waiting import until

LIST, EXECUTE = "SessionService/ListSessions", "ExecutionService/Execute"


@pytest.mark.parametrize("content_type", UNARY)
async def test_a_unary_call_ends_with_its_caller(fake_caller, fake_channel, content_type):
    """A tab that is closed while a kernel starts, for instance."""
    fake_channel.answer = None
    body = framed(content_type, b"{}" if content_type.endswith("json") else b"")

    async with begun(fake_caller, LIST, body, content_type):
        await until(lambda: fake_channel.calls)
        assert not fake_channel.call.ended.is_set()

    await asyncio.wait_for(fake_channel.call.ended.wait(), 5)


@pytest.mark.parametrize("content_type", STREAMING)
async def test_a_stream_ends_with_its_caller(fake_caller, fake_channel, content_type):
    """Also while nothing is said in it."""
    fake_channel.stays_open = True
    body = framed(content_type, b"{}" if content_type.endswith("json") else b"")

    async with half_sent(fake_caller.address, EXECUTE, body, content_type=content_type) as (
        reader,
        _,
    ):
        await reader.readuntil(b"\r\n\r\n")
        assert not fake_channel.call.ended.is_set()

    await asyncio.wait_for(fake_channel.call.ended.wait(), 5)


async def test_a_stream_whose_reader_was_slow_ends_too(fake_caller, fake_channel):
    """What waits to be read must not keep the call."""
    fake_channel.messages = (bytes(100_000) for _ in range(1_000_000))
    body = framed(WEB_PROTO, b"")

    async with begun(fake_caller, EXECUTE, body, WEB_PROTO) as reader:
        await reader.readuntil(b"\r\n\r\n")

    await asyncio.wait_for(fake_channel.call.ended.wait(), 5)
    assert fake_channel.call.taken < 500


async def test_who_hangs_up_before_the_request_is_there_has_called_nothing(
    fake_caller, fake_channel, caplog
):
    """Half a request is none, and no failure of the gateway's."""
    headers = {"content_type": "application/json", "content_length": "100"}

    async with half_sent(fake_caller.address, LIST, b"{", **headers):
        pass

    response = await fake_caller.json(LIST, {})
    assert response.status_code == 200
    assert len(fake_channel.calls) == 1
    assert [record for record in caplog.records if record.name.endswith("endpoint")] == []


@pytest.mark.parametrize("content_type", STREAMING)
async def test_code_goes_on_when_its_caller_has_gone(caller, kernels, kernel_id, content_type):
    """Only the stream ends: the execution is a resource of its own, to be attached to again."""
    body = written(content_type, executions_pb2.ExecuteRequest(kernel_id=kernel_id, code="wait"))

    async with begun(caller, EXECUTE, body, content_type) as reader:
        await reader.readuntil(b"\r\n\r\n")
        await kernels.running_code(kernel_id)

    await kernels.interrupt(kernel_id)
    request = {"kernelId": kernel_id}
    ended = "EXECUTION_STATE_FAILED"
    async with asyncio.timeout(5):
        while True:
            response = await caller.json("ExecutionService/ListExecutions", request)
            if [e["state"] for e in response.json()["executions"]] == [ended]:
                break


async def test_a_stream_that_never_waits_can_be_hung_up(fake_channel):
    """Its caller reads as quickly as the service speaks; both leave others their turn."""
    fake_channel.messages = (b"" for _ in range(100_000))
    routes = connect_routes(fake_channel, token_of=lambda _: None, max_body_bytes=1)
    path = "/jupyter_sessions.v1." + EXECUTE
    headers = [(b"content-type", WEB_PROTO.encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    events = [{"type": "http.disconnect"}, {"type": "http.request", "body": framed(WEB_PROTO, b"")}]

    async def receive():
        return events.pop()

    async def send(_event):
        pass

    await Starlette(routes=routes)(scope, receive, send)

    assert fake_channel.call.ended.is_set()
    assert fake_channel.call.taken < 100


async def test_nothing_is_left_of_calls_that_were_hung_up(fake_caller, fake_channel):
    """Thousands of tabs are closed in a server's life."""
    fake_channel.stays_open = True
    body = framed(WEB_PROTO, b"")
    before = asyncio.all_tasks()

    for _ in range(50):
        async with half_sent(fake_caller.address, EXECUTE, body, content_type=WEB_PROTO) as (
            reader,
            _,
        ):
            await reader.readuntil(b"\r\n\r\n")

    await until(lambda: all(call.ended.is_set() for call in fake_channel.calls))
    await until(lambda: len(asyncio.all_tasks()) <= len(before))
