"""What a front end sends that is no message: it is told, and nothing else is harmed."""

import json

import pytest
import websockets

from jupyter_sessions_server.config import GatewayConfig
from tests.gateway.websocket.front_end import header_of


async def close_of(socket):
    """How the gateway closes the connection."""
    with pytest.raises(websockets.ConnectionClosed) as caught:
        while True:
            await socket.recv()
    return caught.value.rcvd


def message(**fields):
    """A message in the older format, in some way wrong."""
    parts = {"header": header_of("any", "me"), "parent_header": {}, "metadata": {}, "content": {}}
    return json.dumps({"channel": "shell", **parts, **fields})


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        (message(header=None), "header"),
        (message(metadata=7), "metadata"),
        (message(header={"msg_id": "1"}), "msg_type"),
        (message(header=header_of("any", "me") | {"session": 5}), "session"),
        (message(header=header_of("any", "me", "x" * 1000)), "msg_id"),
        (b"\x00\x00\x00\x05", "offset"),
    ],
)
async def test_it_is_told_what_was_wrong(connected, frame, named):
    """With a code that says so, and the reason."""
    async with connected() as front_end:
        await front_end.socket.send(frame)

        close = await close_of(front_end.socket)

    assert close.code == 1007
    assert named in close.reason


async def test_a_text_frame_in_the_newer_format_is_refused(connected):
    """It has binary frames only."""
    async with connected(v1=True) as front_end:
        await front_end.socket.send("{}")

        assert (await close_of(front_end.socket)).code == 1007


async def test_others_are_not_disturbed(connected, kernels):
    """One window's bug is not another's."""
    async with connected("a") as broken, connected("b") as sound:
        await broken.socket.send("{")
        await close_of(broken.socket)

        await sound.run("say hello")

    assert sound.texts() == ["hello"]


async def test_text_that_is_no_text_is_refused(connected):
    """By the WebSocket's own rules."""
    async with connected() as front_end:
        protocol = front_end.socket.protocol
        protocol.send_text(b"\xff\xfe")
        front_end.socket.send_data()

        assert (await close_of(front_end.socket)).code == 1007


class TestAFrameOverTheLimit:
    """The gateway's settings say how large a message from a browser may be."""

    @pytest.fixture
    def gateway_config(self):
        """The settings."""
        return GatewayConfig(port=0, max_frame_bytes=1000, stop_grace_seconds=1)

    async def test_it_is_refused(self, connected):
        """With the code for it; it is not read to its end."""
        async with connected() as front_end:
            await front_end.socket.send("x" * 2000)

            assert (await close_of(front_end.socket)).code == 1009

    async def test_one_within_is_taken(self, connected):
        """Right up to it."""
        async with connected() as front_end:
            await front_end.run("say " + "x" * 500)

        assert front_end.texts() == ["x" * 500]
