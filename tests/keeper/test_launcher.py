"""The launcher: an ipykernel whose journal has all that it sends, once and in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from jupyter_sessions_server.journal.format import Kind
from jupyter_sessions_server.journal.reader import JournalReader
from jupyter_sessions_server.keeper.recording import Recording
from tests.keeper.launched import Launched
from tests.keeper.talking import Said, Talk


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Launched]:
    """A kernel that runs."""
    launched = Launched(tmp_path)
    await launched.start()
    yield launched
    await launched.stop()


def read_all(journal: Path) -> list[Any]:
    """All records of a journal."""
    reader = JournalReader(journal)
    records = reader.read()
    reader.close()
    return records


def texts(messages: list[Said]) -> str:
    """What the streams among these messages said."""
    return "".join(each.content["text"] for each in messages if each.msg_type == "stream")


def test_messages_before_the_journal_is_known_come_first(tmp_path: Path) -> None:
    """A kernel forked ahead says something before anybody knows whose it will be."""
    recording = Recording()

    recording.add(Kind.IOPUB, [b"early", memoryview(b"two")])
    recording.open(str(tmp_path / "journal"), [1000, 1000, 1000])
    recording.add(Kind.SHELL, [b"late"])

    records = read_all(tmp_path / "journal")
    assert [(each.kind, each.frames) for each in records] == [
        (Kind.IOPUB, [b"early", b"two"]),
        (Kind.SHELL, [b"late"]),
    ]


@pytest.mark.slow
async def test_executions_are_in_the_journal_from_busy_to_idle(kernel: Launched) -> None:
    """In the order of the work, whatever threads the messages pass through afterwards."""
    requests = [kernel.talk.execute("6 * 7") for _ in range(30)]

    await kernel.talk.until(lambda: len(kernel.talk.about(requests[-1])) == 5)

    for request in requests:
        assert [(each.kind, each.msg_type) for each in kernel.talk.about(request)] == [
            (Kind.IOPUB, "status"),
            (Kind.IOPUB, "execute_input"),
            (Kind.IOPUB, "execute_result"),
            (Kind.SHELL, "execute_reply"),
            (Kind.IOPUB, "status"),
        ]


@pytest.mark.slow
async def test_the_first_word_of_a_kernel_is_that_it_starts(kernel: Launched) -> None:
    """Nothing it says is missed, however early."""

    def states() -> list[str]:
        said = kernel.talk.said
        return [each.content["execution_state"] for each in said if each.msg_type == "status"]

    await kernel.talk.until(states)

    assert states()[0] == "starting"


@pytest.mark.slow
async def test_a_control_request_is_answered_in_the_journal(kernel: Launched) -> None:
    """The server pings a kernel on this channel, also while it is busy."""
    reply = await kernel.talk.ask("control", "kernel_info_request", {})

    replies = [each for each in kernel.talk.said if each.msg_type == "kernel_info_reply"]
    assert replies == [reply]
    assert reply.kind == Kind.CONTROL
    assert reply.content["implementation"] == "ipython"


@pytest.mark.slow
async def test_a_question_for_input_is_in_the_journal_once(kernel: Launched) -> None:
    """The answer then comes by the stdin channel, as ever."""
    kernel.talk.socket("stdin")
    request = kernel.talk.execute("print(input('name? '))")
    question = await kernel.talk.until_said(request, "input_request")

    kernel.talk.send("stdin", "input_reply", {"value": "Ada"})
    await kernel.talk.until_said(request, "execute_reply")

    assert (question.kind, question.content["prompt"]) == (Kind.STDIN, "name? ")
    assert [each.kind for each in kernel.talk.about(request)].count(Kind.STDIN) == 1
    assert texts(kernel.talk.about(request)) == "Ada\n"


@pytest.mark.slow
async def test_a_reply_to_the_server_is_only_in_the_journal(kernel: Launched) -> None:
    """The server would have to read and throw it away."""
    reply = await kernel.talk.ask("shell", "kernel_info_request", {})
    await kernel.talk.run("import time; time.sleep(0.1)")

    assert reply.identities == [b"jps-test"]
    assert kernel.talk.socket("shell").poll(0) == 0


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["shell", "control"])
async def test_other_clients_get_their_replies_and_the_journal_too(
    kernel: Launched, channel: str
) -> None:
    """A console may attach to the connection file. The journal has them once all the same."""
    with Talk(kernel.folder, kernel.journal, identity=b"console") as console:
        reply = await console.ask(channel, "kernel_info_request", {})

        frames = await asyncio.to_thread(console.socket(channel).recv_multipart)
        await console.ask("shell", "kernel_info_request", {})

    assert reply.identities == [b"console"]
    assert json.loads(frames[2])["msg_type"] == "kernel_info_reply"
    assert len([each for each in console.about(reply.parent_id) if each.kind != Kind.IOPUB]) == 1


@pytest.mark.slow
async def test_replies_of_subshells_are_in_the_journal_once(kernel: Launched) -> None:
    """They come from threads of their own."""
    await kernel.talk.run("pass")
    created = await kernel.talk.ask("control", "create_subshell_request", {})
    subshell = created.content["subshell_id"]

    request = kernel.talk.execute("6 * 7", subshell_id=subshell)
    await kernel.talk.until_said(request, "execute_reply")
    await kernel.talk.run("pass")

    replies = [each for each in kernel.talk.about(request) if each.kind == Kind.SHELL]
    assert [each.msg_type for each in replies] == ["execute_reply"]


@pytest.mark.slow
async def test_a_subscriber_that_stalls_loses_nothing(kernel: Launched) -> None:
    """At ZMQ's default mark a kernel drops messages without a sign."""
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    subscriber.rcvhwm = 1
    subscriber.rcvtimeo = 5000
    subscriber.subscribe(b"stream.stdout")
    subscriber.connect(f"ipc://{kernel.folder}/s-2")
    await asyncio.to_thread(subscriber.poll, 10_000)  # until it is welcomed

    await kernel.talk.run(
        "import sys\nfor i in range(5000): sys.stdout.write(f'{i}\\n'); sys.stdout.flush()"
    )
    received = [await asyncio.to_thread(subscriber.recv_multipart) for _ in range(5001)]
    subscriber.close()

    assert json.loads(received[-1][-1])["text"] == "4999\n"


@pytest.mark.slow
async def test_output_without_end_stays_under_the_limit(tmp_path: Path) -> None:
    """The limits are those of the launch, also of a kernel that never stops."""
    launched = Launched(tmp_path)
    launched.limits = (100_000, 400_000, 10_000_000)
    await launched.start()

    await launched.talk.run("for i in range(200): print('x' * 10_000, flush=True)")
    await launched.stop()

    assert sum(file.stat().st_size for file in launched.journal.iterdir()) <= 400_000
