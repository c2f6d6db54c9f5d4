"""Connect: who hears the replies and the questions of a kernel that several front ends use."""

import pytest

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions_server.model import Channel
from tests.contract.connecting import execute, jupyter_message

SHELL, STDIN, IOPUB = pb.CHANNEL_SHELL, pb.CHANNEL_STDIN, pb.CHANNEL_IOPUB


@pytest.fixture
async def both(connected, kernel):
    """Two front ends of one kernel, "ann" and "bob"."""
    async with (
        connected(kernel_id=kernel.kernel_id, client_id="ann") as ann,
        connected(kernel_id=kernel.kernel_id, client_id="bob") as bob,
    ):
        yield ann, bob


async def test_a_reply_comes_to_who_asked(both):
    """Two windows do not take each other's replies for their own; both see the output."""
    ann, bob = both

    await ann.send(execute("say one", "ann"))
    await ann.until_message(b"idle")
    await bob.send(execute("say two", "bob"))
    await bob.until_message(b"two")
    await bob.until_message(b"idle")

    await ann.until_message(b"two")
    assert [len(each.heard(SHELL)) for each in both] == [1, 1]
    assert '"execution_count": 1' in ann.heard(SHELL)[0]
    assert any("one" in content for content in bob.heard(IOPUB))


async def test_a_front_end_may_ask_under_any_session(both):
    """The session of a header is the front end's own affair; it need not be its name."""
    ann, bob = both

    await ann.send(execute("say one", "some-session"))

    await ann.until_message(b'"ok"')
    await bob.until_message(b"idle")
    assert bob.heard(SHELL) == []


async def test_a_question_comes_to_who_runs_the_code(both, kernel, kernels):
    """The window that runs a cell shows its prompt; the answer reaches the kernel."""
    ann, bob = both
    await ann.send(execute("wait", "ann"))
    await kernels.running_code(kernel.kernel_id)
    asked_by = kernels.requests[-1][2]

    kernels.say(kernel.kernel_id, asked_by, Channel.STDIN, "input_request", {"prompt": "Name?"})
    await ann.until_message(b"Name?")
    await ann.send(jupyter_message("input_reply", "ann", channel=STDIN, content={"value": "x"}))
    await ann.send(execute("say after", "ann"))

    await bob.until_message(b"after")
    assert bob.heard(STDIN) == []
    assert kernels.requests[-2][1:] == (Channel.STDIN, kernels.requests[-2][2])
    assert kernels.requests[-2][2].content == b'{"value": "x"}'


async def test_a_reply_that_nobody_waits_for_comes_to_all(connected, kernel, kernels):
    """One who hung up may have left code running, whose question another one answers."""
    async with connected(kernel_id=kernel.kernel_id, client_id="ann") as ann:
        await ann.send(execute("wait", "ann"))
        await kernels.running_code(kernel.kernel_id)
    asked_by = kernels.requests[-1][2]
    async with connected(kernel_id=kernel.kernel_id, client_id="bob") as bob:
        kernels.say(kernel.kernel_id, asked_by, Channel.STDIN, "input_request", {"prompt": "Name?"})

        assert await bob.until_message(b"Name?")


async def test_who_connects_again_gets_the_replies_to_what_it_asked_before(
    connected, kernel, kernels
):
    """A lost connection loses no reply, and others do not get it while one waits for it."""
    async with connected(kernel_id=kernel.kernel_id, client_id="bob") as bob:
        async with connected(kernel_id=kernel.kernel_id, client_id="ann") as ann:
            await ann.send(execute("wait", "one-of-anns"))
            await kernels.running_code(kernel.kernel_id)
        async with connected(
            kernel_id=kernel.kernel_id, client_id="ann", from_seq=ann.next_seq
        ) as again:
            await kernels.interrupt(kernel.kernel_id)

            assert await again.until_message(b'"status": "error"')
            await bob.until_message(b"idle")
    assert bob.heard(SHELL) == []


async def test_a_second_connection_of_a_front_end_ends_the_first(connected, kernel):
    """The server may not have noticed yet that the first one broke; it ends without an error."""
    async with (
        connected(kernel_id=kernel.kernel_id, client_id="ann") as first,
        connected(kernel_id=kernel.kernel_id, client_id="ann") as second,
    ):
        assert (await first.call.code()).name == "OK"
        await second.send(execute("say hello", "ann"))
        assert await second.until_message(b'"ok"')


async def test_front_ends_of_other_kernels_may_have_the_same_name(connected, kernel, session):
    """A name is one of a kernel's front ends."""
    async with (
        connected(kernel_id=kernel.kernel_id, client_id="ann") as first,
        connected(session_id=session.session_id, client_id="ann"),
    ):
        await first.send(execute("say hello"))
        assert await first.until_message(b"hello")
