"""InProcessChannel: generated stubs speak to it as to a real channel, and are told the same."""

import asyncio
from contextlib import aclosing

import grpc
import pytest

from jupyter_sessions.v1 import channels_pb2, executions_pb2, kernels_pb2, sessions_pb2
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub
from jupyter_sessions_server.model import Channel
from tests.conftest import TOKEN, WithToken
from tests.contract.connecting import execute
from tests.refusals import refusal_of

AUTHORIZED = (("authorization", f"Bearer {TOKEN}"),)


@pytest.fixture
def channel(server, tasks):
    """A channel that has no port between."""
    return server.in_process(tasks)


@pytest.fixture
def sessions(channel):
    """SessionService, called with the token."""
    return WithToken(SessionServiceStub(channel))


@pytest.fixture
def executions(channel):
    """ExecutionService, called with the token."""
    return WithToken(ExecutionServiceStub(channel))


@pytest.fixture
async def kernel(channel):
    """A kernel that is ready."""
    request = kernels_pb2.StartKernelRequest(wait_ready=True)
    return (await WithToken(KernelServiceStub(channel)).StartKernel(request)).kernel


async def test_calls_are_answered(sessions):
    """Also where the service answers with bytes that it had ready."""
    request = sessions_pb2.CreateSessionRequest(path="a.ipynb")
    created = await sessions.CreateSession(request)

    found = await sessions.GetSession(
        sessions_pb2.GetSessionRequest(session_id=created.session.session_id)
    )

    assert created.created
    assert found.session.path == "a.ipynb"


async def test_who_wants_bytes_gets_bytes(sessions, channel):
    """What is passed on need not be taken apart."""
    request = sessions_pb2.SessionExistsRequest(path="a.ipynb")
    call = channel.unary_unary("/jupyter_sessions.v1.SessionService/SessionExists")

    raw = await call(request.SerializeToString(), metadata=AUTHORIZED)

    assert raw == (await sessions.SessionExists(request)).SerializeToString()


async def test_nobody_comes_in_without_a_token(channel):
    """Being in the same process is no right."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await SessionServiceStub(channel).ListSessions(sessions_pb2.ListSessionsRequest())

    assert refusal_of(caught.value).what == ("UNAUTHENTICATED", "TOKEN_INVALID")


async def test_errors_have_their_reason_and_facts(sessions):
    """A caller acts on them as it would on a real channel."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sessions.GetSession(sessions_pb2.GetSessionRequest(path="none.ipynb"))

    refusal = refusal_of(caught.value)
    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert caught.value.details() == refusal.message


async def test_bytes_that_are_no_message_are_told(channel):
    """The same words as over gRPC."""
    call = channel.unary_unary("/jupyter_sessions.v1.SessionService/GetSession")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\xff", metadata=AUTHORIZED)

    assert refusal_of(caught.value).what == ("INVALID_ARGUMENT", "FIELD_INVALID")


async def test_a_deadline_holds(channel, kernels):
    """A kernel that never becomes ready keeps nobody for longer than they wish to wait."""
    kernels.answers = False
    stub = KernelServiceStub(channel)
    request = kernels_pb2.StartKernelRequest(wait_ready=True)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.StartKernel(request, metadata=AUTHORIZED, timeout=0.05)

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_stream_is_read_as_it_comes(executions, kernels, kernel):
    """Events arrive while the code runs."""
    call = executions.Execute(executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="1"))

    events = [event async for batch in call for event in batch.events]

    assert events[0].HasField("accepted")
    assert events[-1].HasField("finished")


async def test_a_stream_has_a_deadline_too(channel, kernels, kernel):
    """It is for the whole of it."""
    kernels.answers = False
    request = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="1")
    call = ExecutionServiceStub(channel).Execute(request, metadata=AUTHORIZED, timeout=0.2)
    told = []

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for batch in call:
            told += batch.events

    assert told[0].HasField("accepted")
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_stream_that_is_cancelled_ends_in_the_server(
    channel, channel_stub, kernel_stub, kernel
):
    """Nothing of it stays: the kernel has no connection more than before."""
    call = ChannelServiceStub(channel).Connect(
        _requests(channels_pb2.ConnectRequest(open={"kernel_id": kernel.kernel_id})),
        metadata=AUTHORIZED,
    )
    opened = await anext(aiter(call))
    assert opened.opened.kernel.connection_count == 1

    call.cancel()

    request = kernels_pb2.GetKernelRequest(kernel_id=kernel.kernel_id)
    # Calls in the process give way to nothing else.
    while (await kernel_stub.GetKernel(request)).kernel.connection_count:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_messages_go_both_ways(channel, kernels, kernel):
    """A front end that is part of this process speaks to a kernel as any other does."""
    call = ChannelServiceStub(channel).Connect(
        _requests(
            channels_pb2.ConnectRequest(open={"kernel_id": kernel.kernel_id}),
            channels_pb2.ConnectRequest(message=execute("1")),
        ),
        metadata=AUTHORIZED,
    )

    async with asyncio.timeout(10):
        async with aclosing(aiter(call)) as responses:
            async for response in responses:
                if any(m.channel == channels_pb2.CHANNEL_SHELL for m in response.messages.messages):
                    break

    assert kernels.requests[-1][1] is Channel.SHELL


async def test_streams_end_when_the_server_stops(channel, server, kernel):
    """With where to resume: a front end connects again."""
    call = ChannelServiceStub(channel).Connect(
        _requests(channels_pb2.ConnectRequest(open={"kernel_id": kernel.kernel_id})),
        metadata=AUTHORIZED,
    )
    responses = aiter(call)
    opened = (await anext(responses)).opened
    stopping = asyncio.ensure_future(server.stop())

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(responses)

    await stopping
    refusal = refusal_of(caught.value)
    assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
    assert refusal.facts["next_seq"] == str(opened.next_seq)


async def _requests(*requests):
    """All of them, and then the front end stays."""
    for request in requests:
        yield request
    await asyncio.Event().wait()
