"""Messages both ways: what is said is heard, by whom it is for, unchanged and in order."""

import asyncio
import json

import pytest

from jupyter_sessions_server.model import Channel
from tests.gateway.websocket.front_end import FrontEnd, connect


async def test_code_runs_and_is_heard(connected, v1):
    """A cell's whole conversation, in the kernel's order."""
    async with connected(v1=v1) as front_end:
        await front_end.execute("say hello")
        await front_end.until("status", execution_state="idle")

    told = [(each["channel"], each["header"]["msg_type"]) for each in front_end.heard]
    assert told == [
        ("iopub", "status"),
        ("iopub", "execute_input"),
        ("iopub", "stream"),
        ("shell", "execute_reply"),
        ("iopub", "status"),
    ]
    assert front_end.texts() == ["hello"]


async def test_what_is_said_belongs_to_what_was_asked(connected, v1):
    """A front end finds the cell by the parent's header, which is its own, unchanged."""
    async with connected(v1=v1) as front_end:
        await front_end.execute("say hello", msg_id="cell-7")
        reply = await front_end.until("execute_reply")

    assert reply["parent_header"]["msg_id"] == "cell-7"
    assert reply["parent_header"]["session"] == "me"


async def test_the_older_format_repeats_who_a_message_is(connected):
    """At its top, as jupyter_server has it."""
    async with connected() as front_end:
        await front_end.execute("say hello")
        reply = await front_end.until("execute_reply")

    assert reply["msg_type"] == "execute_reply"
    assert reply["msg_id"] == reply["header"]["msg_id"] != ""
    assert reply["buffers"] == []


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
async def test_each_channel_takes_messages(connected, kernels, v1, channel):
    """Interrupts and the debugger go over control, answers over stdin."""
    async with connected(v1=v1) as front_end:
        await front_end.send("any", {"a": 1}, channel=channel)
        await front_end.run("say sent")

    _, taken, request = next(each for each in kernels.requests if each[2].msg_type == "any")
    assert taken is Channel[channel.upper()]
    assert json.loads(request.content) == {"a": 1}


async def test_binary_data_reaches_the_kernel(connected, kernels):
    """Widgets send arrays."""
    async with connected() as front_end:
        await front_end.send("comm_msg", {"comm_id": "c"}, buffers=[b"\x00\xff", b""])
        await front_end.run("say sent")

    request = next(each[2] for each in kernels.requests if each[2].msg_type == "comm_msg")
    assert [bytes(buffer) for buffer in request.buffers] == [b"\x00\xff", b""]


async def test_a_message_for_an_unknown_channel_goes_nowhere(connected, kernels, v1):
    """And the connection lives on."""
    async with connected(v1=v1) as front_end:
        await front_end.send("lost", channel="iopub")
        await front_end.run("say hello")

    assert front_end.texts() == ["hello"]
    assert "lost" not in [request.msg_type for _, _, request in kernels.requests]


async def test_replies_reach_who_asked_and_output_reaches_all(connected, v1):
    """Two windows show one notebook; each has its own answers."""
    async with connected("a", v1=v1) as asking, connected("b", v1=v1) as looking:
        await asking.run("say hello")
        await looking.until("status", execution_state="idle")

    assert [each["channel"] for each in asking.heard].count("shell") == 1
    assert [each["channel"] for each in looking.heard].count("shell") == 0
    assert looking.texts() == ["hello"]


async def test_input_is_asked_of_who_ran_the_code(connected, v1):
    """And of nobody else."""
    async with connected("a", v1=v1) as asking, connected("b", v1=v1) as looking:
        await asking.execute("ask name?")
        question = await asking.until("input_request")
        await asking.send("input_reply", {"value": "Ada"}, channel="stdin")
        await asking.until("status", execution_state="idle")
        await looking.until("status", execution_state="idle")

    assert question["channel"] == "stdin"
    assert asking.texts() == looking.texts() == ["Ada"]
    assert "stdin" not in [each["channel"] for each in looking.heard]


async def test_messages_to_a_kernel_that_starts_wait_for_it(gateway, http, kernels):
    """A front end may send as soon as it is connected."""
    kernels.answers = False
    started = (await http.post("api/kernels", json={})).json()

    async with connect(gateway, started["id"]) as socket:
        front_end = FrontEnd(socket, "me")
        await front_end.execute("say hello")
        kernels.answer_now()
        await front_end.until("stream")

    assert front_end.texts() == ["hello"]


async def test_thousands_of_messages_come_complete_and_in_order(connected, v1):
    """There is no limit to their rate."""
    async with connected(v1=v1) as front_end:
        await front_end.run("lines 5000")

    assert front_end.texts() == [str(number) for number in range(5000)]


async def test_two_connections_without_a_name_are_two_front_ends(connected):
    """Each is given a name of its own."""
    async with connected(None) as one, connected(None) as another:
        await one.run("say hello")
        await another.until("status", execution_state="idle")

    assert one.texts() == another.texts() == ["hello"]


async def test_the_same_name_twice_is_one_front_end(connected):
    """The window was loaded again: the older connection is closed, the newer one lives."""
    async with connected("me") as older, connected("me") as newer:
        await asyncio.wait_for(older.socket.wait_closed(), 10)
        await newer.run("say hello")

    assert newer.texts() == ["hello"]
    assert older.socket.close_code == 1000
    assert "same session" in older.socket.close_reason


async def test_who_leaves_is_no_longer_counted_even_if_it_says_nothing(connected, http, kernel_id):
    """A browser that crashes closes nothing."""
    async with connected() as front_end:
        await front_end.run("say hello")
        front_end.socket.transport.abort()

        async with asyncio.timeout(10):
            while (await http.get(f"api/kernels/{kernel_id}")).json()["connections"]:
                pass
