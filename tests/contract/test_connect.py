"""Connect: raw Jupyter messages both ways, numbered."""

import asyncio
import json

import pytest

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions_server.model import Channel
from tests.contract.connecting import execute, jupyter_message

SHELL, CONTROL, STDIN, IOPUB = (
    pb.CHANNEL_SHELL, pb.CHANNEL_CONTROL, pb.CHANNEL_STDIN, pb.CHANNEL_IOPUB,
)  # fmt: skip


async def test_a_front_end_opens_the_channels_of_a_session(connected, session):
    """It is told which kernel it has, under which name it is known, and what comes first."""
    async with connected(session_id=session.session_id, client_id="tab-1") as front_end:
        opened = front_end.opened

    assert opened.kernel.kernel_id == session.kernel.kernel_id
    assert opened.client_id == "tab-1"
    assert opened.next_seq > 1


async def test_a_front_end_without_a_name_gets_one(connected, kernel):
    """Under it, it can connect again."""
    async with (
        connected(kernel_id=kernel.kernel_id) as first,
        connected(kernel_id=kernel.kernel_id) as second,
    ):
        assert first.opened.client_id
        assert first.opened.client_id != second.opened.client_id


async def test_a_message_reaches_the_kernel_byte_for_byte(connected, kernel, kernels):
    """Spaces, the order of keys, unknown ones, buffers: whatever front end and kernel agree on."""
    header = b'{ "session":"me","msg_type":"comm_msg", "msg_id":"1", "version":"5.4", "x":[1.50]}'
    message = pb.JupyterMessage(
        channel=SHELL,
        header=header,
        parent_header=b'{ "msg_id" : "0"}',
        metadata=b'{"m":1e2 }',
        content=b' {"data": {}}',
        buffers=[b"\x00\xff", b""],
    )

    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.send(message)
        await front_end.send(execute("say sent"))
        await front_end.until_message(b"sent")

    _, channel, request = kernels.requests[-2]
    assert (channel, request.msg_type, request.msg_id) == (Channel.SHELL, "comm_msg", "1")
    assert (request.header, request.parent_header) == (header, b'{ "msg_id" : "0"}')
    assert (request.metadata, request.content) == (b'{"m":1e2 }', b' {"data": {}}')
    assert list(request.buffers) == [b"\x00\xff", b""]


@pytest.mark.parametrize("number", [SHELL, CONTROL, STDIN])
async def test_each_channel_but_iopub_takes_messages(connected, kernel, kernels, number):
    """Input is answered on stdin; interrupts and the debugger go over control."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.send(jupyter_message("any", channel=number))
        await front_end.send(execute("say sent"))
        await front_end.until_message(b"sent")

    assert kernels.requests[-2][1].name == pb.Channel.Name(number).removeprefix("CHANNEL_")


async def test_what_the_kernel_says_comes_numbered_and_in_order(connected, kernel):
    """Replies and output, as the kernel said them."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.send(execute("say hello"))
        await front_end.until_message(b"idle")

    numbers = [message.seq for message in front_end.messages]
    assert numbers == list(range(front_end.opened.next_seq, front_end.next_seq))
    assert [message.channel for message in front_end.messages] == [
        IOPUB, IOPUB, IOPUB, SHELL, IOPUB,
    ]  # fmt: skip
    assert front_end.messages[2].content == b'{"name": "stdout", "text": "hello"}'
    assert json.loads(front_end.messages[2].parent_header)["msg_id"] == "me-execute_request"
    assert front_end.messages[0].time.seconds > 0


async def test_only_the_channels_asked_for_are_heard(connected, kernel):
    """A tool that waits for replies need not read all output."""
    async with connected(kernel_id=kernel.kernel_id, channels=[SHELL]) as front_end:
        await front_end.send(execute("say hello"))
        await front_end.until_message(b'"ok"')

    assert {message.channel for message in front_end.messages} == {SHELL}


async def test_a_front_end_that_sends_no_more_goes_on_hearing(connected, kernel, run):
    """A monitor only listens."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await front_end.call.done_writing()
        await run(kernel_id=kernel.kernel_id, code="say hello")

        assert await front_end.until_message(b"hello")


async def test_output_that_others_cause_is_heard_by_all(connected, kernel, run):
    """Two windows show the same notebook; replies to the server itself go to none of them."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await run(kernel_id=kernel.kernel_id, code="say hello")
        await front_end.until_message(b"idle")

    assert any("hello" in content for content in front_end.heard(IOPUB))
    assert front_end.heard(SHELL) == []


async def test_open_connections_are_counted(connected, kernel, kernel_stub):
    """A kernel that somebody looks at is not idle for lack of users."""

    async def count():
        request = kernels_pb2.GetKernelRequest(kernel_id=kernel.kernel_id)
        return (await kernel_stub.GetKernel(request)).kernel.connection_count

    async with connected(kernel_id=kernel.kernel_id) as first:
        async with connected(kernel_id=kernel.kernel_id):
            assert await count() == 2
        assert first.opened.kernel.connection_count == 1
        assert await until_count(count, 1)

    assert await until_count(count, 0)


async def until_count(count, wanted):
    """Wait until the server has noticed who has left."""
    async with asyncio.timeout(10):
        while await count() != wanted:  # noqa: ASYNC110 - each look is a call of its own
            await asyncio.sleep(0.001)
    return True
