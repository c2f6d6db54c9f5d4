"""The Python client's channels on a real kernel whose server is replaced."""

import pytest

import jupyter_sessions
from jupyter_sessions.kernel_channels import ChannelMessage
from tests.ports import lasting_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(60)]

COUNT = "import time\nfor i in range(100): print(i, flush=True); time.sleep(0.02)"


async def test_a_front_end_misses_nothing_when_the_server_is_killed(own_server):
    """Replies too come to who asked before."""
    own_server.flags += ["--grpc-port", str(lasting_port())]
    own_server.environment["JUPYTER_SESSIONS_TOKEN"] = "a-token"
    server = own_server.start()
    said, killed, reply = "", False, None

    async with (
        jupyter_sessions.connect(server.target, "a-token") as client,
        client.open_session("a.ipynb") as session,
        client.connect_channels(session_id=session.session_id) as channels,
    ):
        asked = await channels.send("shell", "execute_request", {"code": COUNT})
        async for message in channels:
            if not isinstance(message, ChannelMessage) or message.parent_id != asked:
                continue
            if message.msg_type == "stream":
                said += message.content["text"]
            if not killed and "\n30\n" in said:
                killed = True
                server.kill()
                server.restart()
            if message.msg_type == "execute_reply":
                reply = message
                break

    assert killed
    assert said == "".join(f"{number}\n" for number in range(100))
    assert reply.content["status"] == "ok"
