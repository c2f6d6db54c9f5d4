"""Connect, while kernels start, die and restart, and front ends come back."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from tests.contract.connecting import execute
from tests.waiting import until

RESTART = kernels_pb2.RestartKernelRequest


async def test_a_front_end_that_comes_back_misses_nothing(connected, kernel, run):
    """What was said while a laptop slept is there, each message once."""
    async with connected(kernel_id=kernel.kernel_id, client_id="tab") as before:
        await run(kernel_id=kernel.kernel_id, code="say one")
        await before.until_message(b"one")
    await run(kernel_id=kernel.kernel_id, code="say two")

    async with connected(
        kernel_id=kernel.kernel_id, client_id="tab", from_seq=before.next_seq
    ) as after:
        await after.until_message(b"two")

    assert after.opened.next_seq == before.next_seq
    numbers = [message.seq for message in before.messages + after.messages]
    assert numbers == sorted(set(numbers))
    texts = [each.content for each in before.messages + after.messages if b"text" in each.content]
    assert len(texts) == 2


async def test_from_0_all_that_is_kept_is_heard(connected, kernel, run):
    """A tool that comes late sees what was there from the start of the kernel."""
    await run(kernel_id=kernel.kernel_id, code="say before")

    async with connected(kernel_id=kernel.kernel_id, from_seq=0) as front_end:
        await front_end.until_message(b"before")

    assert front_end.opened.next_seq == 1
    assert front_end.told[0].HasField("kernel")  # its process was started


async def test_a_place_beyond_the_end_is_where_the_journal_ends(connected, kernel, run):
    """A front end of a journal that was lost hears what comes, rather than nothing for ever."""
    async with connected(kernel_id=kernel.kernel_id, from_seq=10**12) as front_end:
        await run(kernel_id=kernel.kernel_id, code="say hello")

        assert (await front_end.until_message(b"hello")).seq < 100


async def test_what_is_no_longer_kept_is_told(connected, kernel_stub, kernels, run):
    """A front end that was away for too long knows that it has to look anew."""
    kernels.journal_bytes = 20_000
    started = await kernel_stub.StartKernel(kernels_pb2.StartKernelRequest(wait_ready=True))
    for number in range(30):
        await run(kernel_id=started.kernel.kernel_id, code=f"say {number} {'x' * 1000}")

    async with connected(kernel_id=started.kernel.kernel_id, from_seq=1) as front_end:
        gap = await front_end.until("gap")
        place = front_end.told[-1].next_seq  # whoever resumes is told it once
        first = (await front_end.until("messages")).messages[0]

    assert gap.reason == executions_pb2.GAP_REASON_TRIMMED
    assert first.seq == place == 1 + gap.missing_count


async def test_a_restart_is_told_and_the_stream_goes_on(connected, kernel, kernel_stub):
    """A front end shows that its variables are gone."""
    async with connected(kernel_id=kernel.kernel_id) as front_end:
        await kernel_stub.RestartKernel(RESTART(kernel_id=kernel.kernel_id))
        ended = await front_end.until("kernel")
        started = await front_end.until("kernel")
        await front_end.send(execute("say hello"))

        assert await front_end.until_message(b"hello")

    gone = (kernels_pb2.KERNEL_STATE_RESTARTING, kernels_pb2.KERNEL_STATE_STARTING)
    assert ended.state in gone  # as it is when this is told
    assert started.state != kernels_pb2.KERNEL_STATE_RESTARTING
    assert (started.restart_count, started.connection_count) == (1, 1)


async def test_the_death_of_a_sessions_kernel_is_told_and_the_stream_goes_on(
    connected, session, kernels, kernel_stub
):
    """It says what it died of; who restarts it goes on where they are."""
    kernel_id = session.kernel.kernel_id
    async with connected(session_id=session.session_id) as front_end:
        kernels.die(kernel_id)
        dead = await front_end.until("kernel")
        await kernel_stub.RestartKernel(RESTART(kernel_id=kernel_id))
        await front_end.send(execute("say hello"))

        assert await front_end.until_message(b"hello")

    assert dead.state == kernels_pb2.KERNEL_STATE_DEAD
    assert dead.exit.signal == 9


async def test_messages_wait_for_a_kernel_that_starts(connected, kernel_stub, kernels):
    """A front end need not wait itself; their order is kept."""
    kernels.answers = False
    started = await kernel_stub.StartKernel(kernels_pb2.StartKernelRequest())
    async with connected(kernel_id=started.kernel.kernel_id) as front_end:
        for number in range(3):
            await front_end.send(execute(f"say {number}", msg_id=str(number)))
        await kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest())
        before = [request.msg_id for _, _, request in kernels.requests]

        kernels.answer_now()
        await front_end.until_message(b'"2"')

    assert "0" not in before
    sent = [request.msg_id for _, _, request in kernels.requests]
    assert [msg_id for msg_id in sent if msg_id in ("0", "1", "2")] == ["0", "1", "2"]


class TestSmallMessages:
    """A server whose messages have at most 1 MiB, and that is seldom quiet."""

    @pytest.fixture
    def config(self, config):
        """Such a server."""
        rpc = replace(config.rpc, max_response_bytes=1024 * 1024, keepalive_seconds=0.01)
        return replace(config, rpc=rpc)

    async def test_a_message_larger_than_a_response_is_a_gap(self, connected, kernel, run):
        """The rest still comes."""
        async with connected(kernel_id=kernel.kernel_id) as front_end:
            await run(kernel_id=kernel.kernel_id, code=f"say {'x' * 1024 * 1024}")
            gap = await front_end.until("gap")

            assert await front_end.until_message(b'"idle"')
        assert (gap.missing_count, gap.reason) == (1, executions_pb2.GAP_REASON_TOO_LARGE)

    async def test_a_quiet_stream_says_that_it_is_alive(self, connected, kernel):
        """No proxy cuts it, and a front end notices when the server is gone."""
        async with connected(kernel_id=kernel.kernel_id) as front_end:
            batch = await front_end.until("messages")

        assert not batch.messages
        assert batch.next_seq == front_end.opened.next_seq

    async def test_what_is_left_out_still_moves_the_place_to_resume(self, connected, kernel, run):
        """Who hears only replies does not read all output again after a break."""
        async with connected(kernel_id=kernel.kernel_id, channels=["CHANNEL_STDIN"]) as front_end:
            await run(kernel_id=kernel.kernel_id, code="say hello")

            await front_end.until_seq(front_end.opened.next_seq + 5)
        assert front_end.messages == []


async def test_a_front_end_that_hangs_up_leaves_nothing_behind(connected, kernel, tasks):
    """Windows come and go for months."""
    before = len(tasks._tasks)

    for _ in range(5):
        async with connected(kernel_id=kernel.kernel_id) as front_end:
            await front_end.send(execute("say hello"))
            await front_end.until_message(b"hello")

    await until(lambda: len(tasks._tasks) == before)
