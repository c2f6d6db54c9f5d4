"""A front end's connection, without a network: what it reads ahead, and how it ends."""

import asyncio
import json
from contextlib import aclosing

import pytest

from jupyter_sessions_server.errors import KernelNotFound
from jupyter_sessions_server.model import Channel, KernelState, Owner, Request
from jupyter_sessions_server.sessions.channel_events import (
    Changed,
    Heard,
    Missed,
    Opened,
    Opening,
    ToKernel,
)
from tests.sessions.running_code import ME
from tests.waiting import until

PARENT = Request("p", "execute_request", b'{"session": "me"}', b"{}")


@pytest.fixture
async def kernel_id(kernel_manager, kernels):
    """A kernel that is ready, and of which about 1 MB is kept."""
    kernels.journal_bytes = 1_000_000
    started, _ = await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, started)
    return started


@pytest.fixture
def connect(domain):
    """Connects a front end to the kernel."""

    def connect(sent=None, opening=None, owner=ME, quiet_seconds=60):
        opening = opening or Opening("me")
        return aclosing(
            domain.connections.connect(
                owner, "k1", opening, sent or nothing(), quiet_seconds=quiet_seconds
            )
        )

    return connect


async def nothing():
    """Nothing to send."""
    return
    yield


def to_kernel(code):
    """Code to run."""
    content = json.dumps({"code": code}).encode()
    request = Request("1", "execute_request", b'{"session": "me", "msg_id": "1"}', content)
    return ToKernel(Channel.SHELL, "me", request)


class Source:
    """A front end that always has one more message."""

    def __init__(self):
        self.taken = 0

    async def messages(self):
        while True:
            self.taken += 1
            yield to_kernel("say x")


async def test_nothing_is_taken_from_a_front_end_while_the_kernel_starts(
    connect, kernel_manager, kernels
):
    """However much it sends, it waits in the network, not in memory."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    source = Source()
    async with connect(source.messages()) as events:
        await anext(events)
        await until(lambda: source.taken)

        assert source.taken == 1


async def test_no_more_is_taken_from_a_front_end_than_a_busy_kernel_takes(
    connect, kernel_id, kernels
):
    """One that runs wild fills its own queue, not the server's memory."""
    kernels.may_pass.clear()
    source = Source()
    async with connect(source.messages()) as events:
        await anext(events)
        await until(lambda: source.taken)
        kernels.say(kernel_id, PARENT, Channel.IOPUB, "stream", {"text": "it still hears"})
        await anext(events)

        assert source.taken == 1


async def test_nothing_is_read_ahead_of_a_front_end_that_does_not_read(connect, kernel_id, kernels):
    """A slow one costs no memory: what it did not read in time is trimmed away from under it."""
    async with connect() as events:
        await anext(events)
        for _ in range(50):
            kernels.say(kernel_id, PARENT, Channel.IOPUB, "stream", {"text": "x" * 100_000})
            await asyncio.sleep(0)

        heard = await anext(events)

        assert len(heard.messages) == 1
        assert isinstance(await anext(events), Missed)


async def test_what_it_sends_is_sent_while_it_does_not_read(connect, kernel_id, kernels):
    """A front end that is busy drawing can still interrupt, or answer."""

    async def sent():
        yield to_kernel("say x")

    async with connect(sent()) as events:
        assert isinstance(await anext(events), Opened)

        await until(lambda: kernels.requests[-1][2].msg_type == "execute_request")


async def test_a_kernel_of_somebody_else_does_not_exist(connect, kernel_id):
    """Owners do not see each other's kernels."""
    async with connect(owner=Owner("bob")) as events:
        with pytest.raises(KernelNotFound):
            await anext(events)


async def test_a_failure_of_what_is_sent_ends_the_connection(connect, kernel_id, kernel_manager):
    """It is the front end's to hear; nothing is left of the connection."""

    async def failing():
        raise ValueError("malformed")
        yield

    async with connect(failing()) as events:
        await anext(events)
        with pytest.raises(ValueError, match="malformed"):
            await anext(events)

    assert kernel_manager.get_kernel(ME, kernel_id).connections == 0


async def test_the_state_told_after_a_restart_is_the_new_processs(
    connect, kernel_id, kernel_manager, kernels
):
    """The journal tells of a process before the host has answered that it runs."""
    kernels.may_tell_start.clear()
    async with connect() as events:
        await anext(events)
        restarting = asyncio.ensure_future(kernel_manager.restart_kernel(ME, kernel_id))
        ended = await anext(events)
        started = asyncio.ensure_future(anext(events))
        await kernels.begun(2)
        kernels.may_tell_start.set()
        await restarting

        assert (await started).kernel.restarts == 1
    assert isinstance(ended, Changed)
    assert ended.kernel.state is KernelState.RESTARTING


async def test_a_quiet_connection_tells_its_place(connect, kernel_id):
    """Over and over, for as long as nothing happens."""
    async with connect(quiet_seconds=0.001) as events:
        opened = await anext(events)

        assert [await anext(events) for _ in range(3)] == [Heard((), opened.next_seq)] * 3


async def test_the_count_of_connections_survives_a_restart(connect, kernel_id, kernel_manager):
    """A kernel that was restarted is not idle for lack of users."""
    async with connect() as events:
        await anext(events)
        await kernel_manager.restart_kernel(ME, kernel_id)

        assert kernel_manager.get_kernel(ME, kernel_id).connections == 1
        assert kernel_manager.users(kernel_id) == 1
    assert kernel_manager.users(kernel_id) == 0
