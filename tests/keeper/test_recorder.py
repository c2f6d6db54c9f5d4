"""What a recorder keeps of a kernel that cannot write its own journal, and what it passes to it."""

import asyncio
import os
import signal
import stat

import psutil
import pytest
import zmq

from jupyter_sessions_server.journal.format import Kind, Record
from tests.keeper.recorded_kernel import TINY, recorded, request
from tests.waiting import until

STALLED_MS = 300


async def test_the_start_is_told_before_the_kernel_can_answer() -> None:
    """A keeper that starts ten kernels must not wait for each one's imports."""
    with recorded(["/bin/sleep", "1000"]) as kernel:
        assert kernel.pid > 0
        assert kernel.answer["connection"]["ip"] == f"{kernel.folder}/s"
        assert kernel.told_all, "the pipe is closed after the one line"


async def test_a_request_sent_before_the_kernel_has_bound_is_answered() -> None:
    """It waits until the recorder hears the kernel, so no output of it is missed."""
    with recorded(TINY, env={"LATE": "iopub_port"}) as kernel:
        kernel.ask("flood 3")

        await kernel.message("execute_reply")
        await until(lambda: len(kernel.messages("stream")) == 3)  # on a channel of its own

        assert [m.content["number"] for m in kernel.messages("stream")] == [0, 1, 2]


async def test_a_kernel_without_stdin_is_asked_though_it_is_never_quiet() -> None:
    """It is not waited for any longer than for a quiet one."""
    with recorded(TINY, env={**os.environ, "NO_STDIN": "1", "TALKATIVE": "1"}) as kernel:
        kernel.ask("")

        await kernel.message("execute_reply")


async def test_frames_are_kept_as_the_kernel_sent_them() -> None:
    """Signatures and buffers stay true, and nothing is parsed that nobody reads."""
    with recorded(TINY) as kernel:
        kernel.ask("flood 1")

        await kernel.message("stream")

        output = next(r for r in kernel.read() if isinstance(r, Record) and r.kind == Kind.IOPUB)
        parts = [b"", b'{"msg_type": "stream"}', b"{}", b"{}", b'{"number": 0}']
        assert output.frames == [b"topic", b"<IDS|MSG>", *parts]


@pytest.mark.slow
async def test_each_message_of_a_flood_is_in_the_journal_once_and_in_order() -> None:
    """By default zmq drops messages when 1,000 wait, and says nothing."""
    with recorded(TINY) as kernel:
        kernel.ask("flood 200000")
        kernel.ask("exit 0")

        await kernel.exit()

        numbers = [m.content["number"] for m in kernel.messages("stream")]
        assert numbers == list(range(200_000))


async def test_two_clients_can_send_requests() -> None:
    """A server that comes back connects while the one before it may still be closing."""
    with recorded(TINY) as kernel:
        first, second = kernel.client(), kernel.client()

        first.send_multipart(request(b"shell", "execute_request"))
        second.send_multipart(request(b"control", "interrupt_request"))

        assert (await kernel.message("execute_reply")).kind == Kind.SHELL
        assert (await kernel.message("interrupt_reply")).kind == Kind.CONTROL


async def test_a_kernel_can_ask_for_input_at_once() -> None:
    """It asks under the identity a request came from, and cannot wait until somebody listens."""
    with recorded(TINY, env={"LATE": "stdin_port"}) as kernel:
        kernel.ask("input")
        asked = await kernel.message("input_request")

        kernel.send(request(b"stdin", "input_reply", value="42"))

        assert asked.kind == Kind.STDIN
        assert (await kernel.message("execute_reply")).content == {"value": "42"}


async def fill(front: "zmq.Socket[bytes]", message: list[bytes]) -> int:
    """Send it until there is no room for another; how many were taken."""
    taken = 0
    while await asyncio.to_thread(front.poll, STALLED_MS, zmq.POLLOUT):
        front.send_multipart(message, zmq.DONTWAIT)
        taken += 1
        assert taken * len(b"".join(message)) < 300_000_000, "nobody is held up"
    return taken


async def test_what_front_ends_say_waits_with_them() -> None:
    """One that runs wild while the kernel is held up costs no memory here."""
    with recorded(TINY) as kernel:
        recorder = psutil.Process(kernel.process.pid)
        kernel.ask("")
        await kernel.message("execute_reply")
        before = recorder.memory_info().rss
        os.kill(kernel.pid, signal.SIGSTOP)
        large = request(b"", "execute_request", code="", data="x" * 1_000_000)[1:]

        taken = await fill(kernel.front("shell"), large)

        assert recorder.memory_info().rss - before < 10_000_000
        os.kill(kernel.pid, signal.SIGCONT)
        await until(lambda: len(kernel.messages("execute_reply")) == 1 + taken)


async def test_what_the_server_asks_comes_before_what_waits() -> None:
    """A flood in one window does not keep others from running code."""
    with recorded(TINY) as kernel:
        kernel.ask("")
        await kernel.message("execute_reply")
        os.kill(kernel.pid, signal.SIGSTOP)
        large = request(b"", "execute_request", code="", data="x" * 1_000_000)[1:]
        taken = await fill(kernel.front("shell"), large)

        kernel.send(request(b"shell", "kernel_info_request"))
        await asyncio.sleep(STALLED_MS / 1000)
        os.kill(kernel.pid, signal.SIGCONT)

        replies = "execute_reply", "kernel_info_reply"
        await until(lambda: len(kernel.messages(*replies)) == 2 + taken)
        assert kernel.messages(*replies)[-1].msg_type == "execute_reply"


async def test_a_flood_on_one_channel_leaves_the_others_free() -> None:
    """A question can be answered, and the kernel be told by message to stop."""
    with recorded(TINY) as kernel:
        kernel.ask("input")
        await kernel.message("input_request")
        taken = await fill(kernel.front("shell"), request(b"", "execute_request", code="")[1:])

        kernel.front("stdin").send_multipart(request(b"", "input_reply", value="42")[1:])

        await until(lambda: len(kernel.messages("execute_reply")) == 1 + taken)
        assert kernel.messages("execute_reply")[0].content == {"value": "42"}


async def test_a_request_for_no_channel_is_dropped() -> None:
    """Requests come from the server alone, but a mistake in one must not end a kernel."""
    with recorded(TINY) as kernel:
        for frames in [b"iopub", b"text"], [b"shell"], [b""]:
            kernel.send(frames)

        kernel.ask("")

        await kernel.message("execute_reply")
        assert kernel.process.poll() is None


async def test_the_kernel_gets_its_environment_folder_and_priority() -> None:
    """Nothing of the recorder's environment reaches it: there may be secrets in it."""
    with recorded(TINY, env={"A": "$B"}, nice=5, recorder_env={"SECRET": "x"}) as kernel:
        kernel.ask("facts")
        facts = (await kernel.message("execute_reply")).content

        assert facts["env"].pop("LC_CTYPE", "") in ("", "C.UTF-8")  # python's own doing
        assert facts["env"] == {"A": "$B", "JPY_PARENT_PID": "1"}
        assert facts["cwd"] == str(kernel.folder)
        assert facts["nice"] == 5


async def test_what_it_prints_goes_to_a_private_file() -> None:
    """It may be anything, and pipes to the server would end with the server."""
    with recorded(["/bin/sh", "-c", "echo out; echo err >&2; exec sleep 1000"]) as kernel:
        stderr = kernel.folder / "stderr"

        await until(lambda: stderr.read_text() == "out\nerr\n")

        assert stat.S_IMODE(stderr.stat().st_mode) == 0o600


async def test_the_spec_is_removed_when_it_was_read() -> None:
    """The kernel's environment stands in it."""
    with recorded(TINY) as kernel:
        assert not (kernel.folder / "spec.json").exists()
