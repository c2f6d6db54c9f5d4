"""connect_channels: raw messages both ways, over connections that break."""

import asyncio
from contextlib import AsyncExitStack

import grpc
import pytest
from fake_channels import FakeChannels, serving_channels

import jupyter_sessions
from jupyter_sessions.channel import channel_options
from jupyter_sessions.errors import CallFailed, Unavailable
from jupyter_sessions.kernel_channels import ChannelMessage
from jupyter_sessions.outputs import OutputGap


@pytest.fixture
async def kernel():
    """A kernel that repeats what it is told."""
    fake = FakeChannels()
    async with serving_channels(fake):
        yield fake
        fake.break_all()


@pytest.fixture
async def client(kernel):
    """An asyncio client of it."""
    async with jupyter_sessions.connect(kernel.target, "secret", resume_seconds=5) as client:
        yield client


async def nowhere():
    """An address where no server is."""
    async with serving_channels(fake := FakeChannels()):
        return fake.target


async def has_failed(channel):
    """Wait until a connection was tried in vain."""
    while (state := channel.get_state()) is not grpc.ChannelConnectivity.TRANSIENT_FAILURE:
        await channel.wait_for_state_change(state)


async def texts(channels, count):
    """So many texts of what comes."""
    return [(await anext(channels)).content["text"] for _ in range(count)]


async def test_what_is_sent_is_answered(client, kernel):
    """A front end in four lines."""
    async with client.connect_channels(kernel_id="k0") as channels:
        msg_id = await channels.send("shell", "execute_request", {"code": "1 + 1"}, buffers=[b"x"])
        answer = await anext(channels)

    (sent,) = kernel.sent
    assert isinstance(answer, ChannelMessage)
    assert (answer.channel, answer.msg_type, answer.parent_id) == ("iopub", "stream", msg_id)
    assert (sent.content, list(sent.buffers)) == (b'{"code": "1 + 1"}', [b"x"])
    assert answer.parent_header["session"] == channels.client_id == kernel.opened[0].client_id


async def test_a_loop_over_messages_can_be_left_and_begun_again(client, kernel):
    """Read until the answer is there, ask the next, read on."""
    async with client.connect_channels(kernel_id="k0", from_seq=0) as channels:
        for number in range(4):
            kernel.say(str(number))
        async for message in channels:
            if message.content["text"] == "1":
                break

        assert await texts(channels, 2) == ["2", "3"]


async def test_gaps_and_changes_of_the_kernel_come_in_their_place(client, kernel):
    """A front end shows what is missing, and that the kernel was restarted."""
    kernel.say("first")
    kernel.miss(7)
    kernel.change()

    async with client.connect_channels(kernel_id="k0", from_seq=0) as channels:
        first, gap, changed = [await anext(channels) for _ in range(3)]

    assert first.content == {"text": "first"}
    assert gap == OutputGap(7, "TRIMMED")
    assert changed.kernel_id == "k0"


async def test_a_connection_that_breaks_goes_on_where_it_was(client, kernel):
    """The server is replaced, and the front end's user does not notice."""
    async with client.connect_channels(kernel_id="k0", channels=["iopub"]) as channels:
        kernel.say("one")
        assert await texts(channels, 1) == ["one"]
        kernel.break_all()
        kernel.say("two")

        assert await texts(channels, 1) == ["two"]

    first, second = kernel.opened
    assert (first.client_id, first.channels) == (second.client_id, second.channels)
    assert (first.HasField("from_seq"), second.from_seq) == (False, 2)


async def test_a_server_that_is_down_for_a_moment_is_waited_for():
    """It is being replaced; who connects meanwhile is refused, and tries again."""
    kernel = FakeChannels()
    async with AsyncExitStack() as stack:
        async with serving_channels(kernel):
            channel = grpc.aio.insecure_channel(kernel.target, channel_options(kernel.target))
            client = jupyter_sessions.Client(channel, resume_seconds=5)
            await stack.enter_async_context(client)
            channels = client.connect_channels(kernel_id="k0")
            await stack.enter_async_context(channels)
        reader = asyncio.create_task(texts(channels, 1))
        await has_failed(channel)
        async with serving_channels(kernel, kernel.target):
            kernel.say("back")

            assert await reader == ["back"]
            kernel.break_all()


async def test_a_server_that_does_not_come_is_unavailable():
    """Where the block begins, as for any call; not as an error of gRPC."""
    async with jupyter_sessions.connect(await nowhere(), "t", resume_seconds=0.2) as client:
        with pytest.raises(Unavailable):
            async with client.connect_channels(kernel_id="k0"):
                pytest.fail("entered")


async def test_leaving_the_block_ends_a_reader_that_waits_for_the_server(client, kernel):
    """Else it would connect again, for nobody, when the server is back."""
    async with client.connect_channels(kernel_id="k0") as channels:
        kernel.refuses = grpc.StatusCode.UNAVAILABLE
        kernel.break_all()
        reader = asyncio.create_task(anext(channels, None))
        await kernel.refused.wait()
    kernel.refuses = None

    assert await reader is None
    assert len(kernel.opened) == 1


async def test_another_goes_on_after_what_was_read(client, kernel):
    """Messages come in batches: those that have come and were not read are not lost."""
    for number in range(3):
        kernel.say(str(number))
    async with client.connect_channels(kernel_id="k0", from_seq=0) as channels:
        assert await texts(channels, 1) == ["0"]
        place = {"client_id": channels.client_id, "from_seq": channels.next_seq}

    async with client.connect_channels(kernel_id="k0", **place) as channels:
        assert await texts(channels, 2) == ["1", "2"]
        assert channels.next_seq == 4


async def test_the_place_moves_on_where_nothing_is_to_read(client, kernel):
    """A connection that hears nothing for a day does not go on a day ago."""
    kernel.say("before")
    async with client.connect_channels(kernel_id="k0") as channels:
        assert channels.next_seq == 2


async def test_what_is_sent_after_a_break_is_sent_over_the_next_connection(client, kernel):
    """A user types on."""
    async with client.connect_channels(kernel_id="k0") as channels:
        kernel.break_all()
        while len(kernel.opened) < 2:
            await channels.send("shell", "again and again")

        assert await texts(channels, 1) == ["heard"]


async def test_a_reader_that_is_cancelled_can_read_on(client, kernel):
    """Waiting with a time limit is what programs do."""
    async with client.connect_channels(kernel_id="k0") as channels:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(channels)
        kernel.say("late")

        assert await texts(channels, 1) == ["late"]


async def test_it_ends_when_another_takes_over(client, kernel):
    """The tab was opened again elsewhere; two that take turns would be of no use."""
    async with client.connect_channels(kernel_id="k0") as channels:
        kernel.break_all(grpc.StatusCode.OK)

        assert [message async for message in channels] == []
        with pytest.raises(RuntimeError, match="taken over"):
            await channels.send("shell", "too late")
    assert len(kernel.opened) == 1


async def test_what_is_no_matter_of_the_connection_is_raised(client, kernel):
    """A dead kernel does not live again by connecting again."""
    async with client.connect_channels(kernel_id="k0") as channels:
        kernel.break_all(grpc.StatusCode.FAILED_PRECONDITION)

        with pytest.raises(CallFailed):
            await anext(channels)
    assert len(kernel.opened) == 1


async def test_a_refusal_is_raised_where_the_block_begins(client, kernel):
    """There is no such kernel: the block is not entered."""
    kernel.refuses = grpc.StatusCode.NOT_FOUND

    with pytest.raises(CallFailed):
        async with client.connect_channels(kernel_id="k0"):
            pytest.fail("entered")


@pytest.mark.parametrize("target", [{}, {"kernel_id": "k0", "session_id": "s0"}])
async def test_exactly_one_target_is_named(client, target):
    """A mistake is found where it is made."""
    with pytest.raises(ValueError, match="one of the two"):
        client.connect_channels(**target)


async def test_a_channel_that_does_not_exist_is_refused(client, kernel):
    """So is a misspelt one."""
    async with client.connect_channels(kernel_id="k0") as channels:
        with pytest.raises(ValueError, match="none of the channels shell, control"):
            await channels.send("shel", "execute_request")


async def test_the_blocking_client_has_the_same(kernel):
    """For programs without asyncio: it answers, breaks, goes on, and leaves no thread behind."""

    def run(loop):
        with (
            jupyter_sessions.sync.connect(kernel.target, resume_seconds=5) as client,
            client.connect_channels(kernel_id="k0") as channels,
        ):
            msg_id = channels.send("shell", "execute_request", {"code": "1"})
            assert next(channels).parent_id == msg_id
            loop.call_soon_threadsafe(kernel.break_all)
            loop.call_soon_threadsafe(kernel.say, "after the break")
            for message in channels:
                assert message.content["text"] == "after the break"
                break
            loop.call_soon_threadsafe(kernel.break_all, grpc.StatusCode.OK)
            assert list(channels) == []
            with pytest.raises(RuntimeError, match="taken over"):
                channels.send("shell", "too late")

    await asyncio.to_thread(run, asyncio.get_running_loop())
    assert [opening.from_seq for opening in kernel.opened] == [0, 2]
