"""Coming again: a front end that was away gets everything since, whoever was there meanwhile."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from jupyter_sessions_server.gateway.app import create_app
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.server import GatewayServer
from tests.gateway.websocket.front_end import FrontEnd, connect


@pytest.fixture
def run(connected):
    """Runs code as somebody else, so that the kernel has said all of it."""

    async def run(code):
        async with connected("somebody-else") as other:
            await other.run(code)

    return run


async def test_what_was_said_while_it_was_away_comes_first(connected, run, v1):
    """Once, and in order, whoever connected in between."""
    async with connected(v1=v1) as front_end:
        await front_end.run("say one")
    await run("say two")
    await run("say three")

    async with connected(v1=v1) as again:
        await again.run("say four")

    assert front_end.texts() == ["one"]
    assert again.texts() == ["two", "three", "four"]


async def test_a_reply_that_it_did_not_wait_for_comes_too(connected, kernels, kernel_id):
    """The cell had not ended when the page was lost."""
    async with connected() as front_end:
        await front_end.execute("wait")
        await front_end.until("execute_input")
    await kernels.interrupt(kernel_id)

    async with connected() as again:
        reply = await again.until("execute_reply")

    assert reply["content"]["status"] == "error"
    assert [each["header"]["msg_type"] for each in again.heard] == ["error", "execute_reply"]


async def test_another_name_begins_at_the_present(connected, run):
    """A page that is loaded anew has what was said in its document."""
    await run("say before")

    async with connected("new") as front_end:
        await front_end.run("say now")

    assert front_end.texts() == ["now"]


async def test_without_a_name_nobody_can_come_again(connected, run):
    """There is nothing to know it by."""
    async with connected(None) as front_end:
        await front_end.run("say one")
    await run("say two")

    async with connected(None) as again:
        await again.run("say three")

    assert again.texts() == ["three"]


async def test_each_of_several_goes_on_where_it_was(connected, run):
    """Ten windows that come and go lose nothing of their own."""
    names = [f"window-{number}" for number in range(10)]
    heard: dict[str, list[str]] = {name: [] for name in names}
    for turn in range(10):
        for name in names[turn:]:
            async with connected(name) as front_end:
                await front_end.run(f"say {turn}-{name}")
                heard[name] += front_end.texts()

    said = [f"{turn}-{name}" for turn in range(10) for name in names[turn:]]
    for name in names:
        mine = said[said.index(f"0-{name}") :]
        last = max(index for index, text in enumerate(mine) if text.endswith(name))
        assert heard[name] == mine[: last + 1]


async def test_a_connection_that_broke_loses_nothing(connected, run):
    """What was on its way then is sent again: better twice than never."""
    async with connected() as front_end:
        await front_end.run("say one")
        front_end.socket.transport.abort()
    await run("say two")

    async with connected() as again:
        await again.run("say three")

    texts = again.texts()
    assert texts[-2:] == ["two", "three"]
    assert texts[:-2] in ([], ["one"])


async def test_what_it_has_told_to_have_got_is_not_sent_again(connected, run):
    """It is asked for that with all that is sent."""
    async with connected() as front_end:
        pinged = asyncio.Event()
        _note_pings(front_end, pinged)
        await front_end.run("say one")
        await asyncio.wait_for(pinged.wait(), 10)
        await front_end.run("say two")  # what is sent after the answer is read after it
        front_end.socket.transport.abort()

    async with connected() as again:
        await again.run("say three")

    assert "one" not in again.texts()
    assert again.texts()[-1] == "three"


def _note_pings(front_end, pinged):
    """Tell when the other side has asked what has arrived, and was answered."""
    protocol = front_end.socket.protocol
    send = protocol.send_frame

    def noting(frame):
        send(frame)
        if frame.data.startswith(b"arrived"):
            pinged.set()

    protocol.send_frame = noting


async def test_who_comes_again_before_its_loss_was_noticed_gets_what_did_not_arrive(connected, run):
    """A laptop that was closed: the older connection still seems to be there."""
    async with connected() as older:
        older.socket.transport.pause_reading()
        await run("say lost on the way")

        async with connected() as newer:
            await newer.until("stream")
            older.socket.transport.abort()

    assert newer.texts() == ["lost on the way"]


class TestAfterTheGatewayWasReplaced:
    """Its successor finds the places in the file."""

    @pytest.fixture
    def serving(self, service, gateway_config, tasks, tmp_path):
        """Serves a gateway for a block, with places in a file."""

        @asynccontextmanager
        async def serving():
            with Cursors(tmp_path / "cursors") as cursors:
                server = GatewayServer(create_app(service, cursors, gateway_config), gateway_config)
                await server.start(tasks)
                yield f"http://127.0.0.1:{server.port}/"
                await server.stop()

        return serving

    async def test_a_front_end_goes_on_where_it_was(self, serving, kernel_id, run):
        """As if there had been no other."""
        async with serving() as gateway, connect(gateway, kernel_id) as socket:
            await FrontEnd(socket, "me").run("say one")
        await run("say two")

        async with serving() as gateway, connect(gateway, kernel_id) as socket:
            again = FrontEnd(socket, "me")
            await again.run("say three")

        assert again.texts() == ["two", "three"]

    async def test_the_one_before_tells_that_it_goes(self, serving, kernel_id):
        """By a code that means: come again."""
        async with serving() as gateway:
            socket = await connect(gateway, kernel_id)
            await FrontEnd(socket, "me").run("say one")
        await socket.wait_closed()

        assert socket.close_code == 1012
