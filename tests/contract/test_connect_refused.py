"""Connect: what it refuses, and how it ends."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from tests.contract.connecting import execute, jupyter_message
from tests.refusals import refused
from tests.waiting import until

HEADER = b'{"msg_id": "1", "msg_type": "t", "session": "s", "version": "5.4"}'


@pytest.fixture
def config(config):
    """A server that lets a caller have two streams open."""
    return replace(config, rpc=replace(config.rpc, stream_limit=2, stop_grace_seconds=20))


@pytest.fixture
def refused_opening(channel_stub):
    """What a stream is refused with that begins with these requests.

    None, if it is refused before the first is read: grpc.aio reports INTERNAL when a stream has
    ended before a request is written.
    """

    async def refused_opening(*requests):
        return await refused(channel_stub.Connect(iter(requests)))

    return refused_opening


async def refusal_after(front_end, *messages):
    """What an open stream ends with."""
    for message in messages:
        await front_end.send(message)
    return await refused(front_end.rest())


def opening(**fields):
    """A first request."""
    return pb.ConnectRequest(open=pb.ChannelOpen(**fields))


@pytest.mark.covers("ChannelService.Connect", "TOKEN_INVALID")
async def test_a_stream_without_a_token_is_refused(channel):
    """A kernel runs whatever it is told to."""
    stub = ChannelServiceStub(channel)

    refusal = await refused(stub.Connect(iter([])))

    assert refusal.what == ("UNAUTHENTICATED", "TOKEN_INVALID")


@pytest.mark.covers("ChannelService.Connect", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@pytest.mark.parametrize("whose", ["session", "kernel"])
async def test_an_unknown_target_is_not_found(refused_opening, whose):
    """A session that was deleted, a kernel that was forgotten."""
    refusal = await refused_opening(opening(**{f"{whose}_id": "nobody"}))

    assert refusal.what == ("NOT_FOUND", f"{whose.upper()}_NOT_FOUND")
    assert refusal.facts == {f"{whose}_id": "nobody"}


@pytest.mark.covers("ChannelService.Connect", "FIELD_INVALID")
@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ConnectRequest(), "open"),
        (pb.ConnectRequest(message=jupyter_message("t")), "open"),
        (opening(), "open.target"),
        (opening(kernel_id=""), "open.kernel_id"),
        (opening(session_id="x" * 129), "open.session_id"),
        (opening(kernel_id="k", client_id="x" * 129), "open.client_id"),
        (opening(kernel_id="k", client_id="\0"), "open.client_id"),
        (opening(kernel_id="k", from_seq=-1), "open.from_seq"),
        (opening(kernel_id="k", channels=[0]), "open.channels"),
        (opening(kernel_id="k", channels=[1, 99]), "open.channels"),
    ],
    ids=str,
)
async def test_a_malformed_opening(refused_opening, request_, field):
    """A front end corrects the field that it is told of."""
    refusal = await refused_opening(request_)

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (field,)


async def test_a_stream_without_a_request_is_refused(refused_opening):
    """Nobody knows what it is to be opened for."""
    assert (await refused_opening()).fields == ("open",)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"channel": 0}, "channel"),
        ({"channel": pb.CHANNEL_IOPUB}, "channel"),
        ({"channel": 99}, "channel"),
        ({"header": b""}, "header"),
        ({"header": b"[]"}, "header"),
        ({"header": b'{"msg_id": '}, "header"),
        ({"header": HEADER.replace(b"msg_id", b"id")}, "header.msg_id"),
        ({"header": HEADER.replace(b"msg_type", b"type")}, "header.msg_type"),
        ({"header": HEADER.replace(b"session", b"SESSION")}, "header.session"),
        ({"header": HEADER.replace(b"version", b"v")}, "header.version"),
        ({"header": HEADER.replace(b'"1"', b"1")}, "header.msg_id"),
        ({"header": HEADER.replace(b'"t"', b'""')}, "header.msg_type"),
        ({"header": HEADER.replace(b'"s"', b'"%s"' % (b"s" * 257))}, "header.session"),
        ({"header": HEADER.replace(b'"1"', b'"\\ud800"')}, "header.msg_id"),
        ({"header": HEADER.replace(b"}", b" " * 65_536 + b"}")}, "header"),
        ({"parent_header": b"null"}, "parent_header"),
        ({"parent_header": b"{" + b" " * 65_536 + b"}"}, "parent_header"),
        ({"metadata": b""}, "metadata"),
        ({"content": b"1"}, "content"),
        ({"content": b'{"a": "\xff"}'}, "content"),
        ({"content": b'{"a":' * 100_000}, "content"),
        ({"buffers": [b""] * 1001}, "buffers"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_malformed_message_ends_the_stream(connected, kernel, kernels, parts, field):
    """A kernel would drop it without a word; so nothing of it is sent."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        refusal = await refusal_after(front_end, jupyter_message("malformed", **parts))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (f"message.{field}",)
    assert not [each for _, _, each in kernels.requests if each.msg_type == "malformed"]


@pytest.mark.parametrize(
    ("second", "field"),
    [(opening(kernel_id="k"), "open"), (pb.ConnectRequest(), "message")],
    ids=["open", "nothing"],
)
async def test_a_stream_is_opened_once(connected, kernel, second, field):
    """After that it takes messages only."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.call.write(second)

        assert (await refusal_after(front_end)).fields == (field,)


@pytest.mark.parametrize("content", [b'{"code": "\\ud800"}', b'{"x": NaN}', b" {} \n"])
async def test_what_kernels_take_is_passed_on(connected, kernel, kernels, content):
    """Half a character, or a NaN, is in JSON as Python writes it."""
    message = jupyter_message("lenient", header=HEADER, content=content)

    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.send(message)
        await until(lambda: kernels.requests[-1][2].msg_type == "t")

    assert kernels.requests[-1][2].content == content


@pytest.mark.covers("ChannelService.Connect", "KERNEL_DEAD")
async def test_a_message_to_a_dead_kernel_ends_the_stream(connected, session, kernels):
    """It has to be restarted first; who only listens may stay."""
    async with connected(session_id=session.session_id) as front_end:
        kernels.die(session.kernel.kernel_id)
        await front_end.until("kernel")

        refusal = await refusal_after(front_end, execute("say hello"))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": session.kernel.kernel_id, "cause": "SIGNALED"}


async def test_a_stream_ends_when_its_kernel_is_forgotten(
    connected, session, session_stub, kernel_stub
):
    """Nothing will ever come again; the last thing that came is its end."""
    async with connected(session_id=session.session_id) as front_end:
        request = sessions_pb2.DeleteSessionRequest(session_id=session.session_id)
        await session_stub.DeleteSession(request)

        refusal = await refusal_after(front_end)

    assert refusal.what == ("NOT_FOUND", "KERNEL_NOT_FOUND")
    kernels = [told.kernel for told in front_end.told if told.HasField("kernel")]
    assert kernels[-1].state == kernels_pb2.KERNEL_STATE_DEAD


@pytest.mark.covers("ChannelService.Connect", "STREAM_LIMIT_REACHED")
async def test_no_more_streams_than_the_limit(connected, kernel, refused_opening):
    """Each open stream costs the server memory."""
    async with connected(kernel_id=kernel.kernel_id), connected(kernel_id=kernel.kernel_id):
        refusal = await refused_opening()

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STREAM_LIMIT_REACHED")


@pytest.mark.covers("ChannelService.Connect", "SERVER_STOPPING")
async def test_a_server_that_stops_says_where_to_resume(connected, kernel, run, server):
    """Nothing of what was heard comes again, and nothing after it is missed."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await run(kernel_id=kernel.kernel_id, code="say hello")
        await front_end.until_message(b"idle")

        stopping = asyncio.ensure_future(server.stop())

        refusal = await refusal_after(front_end)
        assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
        assert refusal.facts == {"next_seq": str(front_end.next_seq)}
        await stopping
