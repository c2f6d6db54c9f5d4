"""Front ends on real kernels: what JupyterLab does over its WebSocket, over Connect."""

import json

import grpc
import pytest

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from tests.contract.connecting import FrontEnds, jupyter_message
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(60)]

SHELL, CONTROL, STDIN = pb.CHANNEL_SHELL, pb.CHANNEL_CONTROL, pb.CHANNEL_STDIN


class WithToken:
    """A stub whose calls carry the token."""

    def __init__(self, stub, token):
        self._stub = stub
        self._metadata = (("authorization", f"Bearer {token}"),)

    def __getattr__(self, rpc):
        return lambda *request: getattr(self._stub, rpc)(
            *request, metadata=self._metadata, timeout=90
        )


class Lab:
    """A server, and front ends of one kernel of its."""

    def __init__(self, channel, token):
        self.kernels = WithToken(KernelServiceStub(channel), token)
        self._front_ends = FrontEnds(WithToken(ChannelServiceStub(channel), token))
        self.kernel_id = ""

    async def start(self, kernel_name):
        request = kernels_pb2.StartKernelRequest(kernel_name=kernel_name, wait_ready=True)
        self.kernel_id = (await self.kernels.StartKernel(request)).kernel.kernel_id

    def connected(self, **fields):
        return self._front_ends.connected(kernel_id=self.kernel_id, **fields)


@pytest.fixture(scope="module")
def server(server):
    """The server of this file, with a kernel that has a recorder, too."""
    server.add_kernelspec("recorded", RECORDED_KERNEL)
    return server


@pytest.fixture(params=["python3", "recorded"])
async def lab(request, server):
    """A fresh kernel that writes its own journal, or has it written."""
    async with grpc.aio.insecure_channel(server.target) as channel:
        lab = Lab(channel, server.token)
        await lab.start(request.param)
        yield lab
        await lab.kernels.ShutDownKernel(kernels_pb2.ShutDownKernelRequest(kernel_id=lab.kernel_id))


def run(code, session, **content):
    """Runs code; a front end's request has its own id each time."""
    run.count += 1
    content = {"code": code, "silent": False, "allow_stdin": True, **content}
    return jupyter_message(
        "execute_request", session, msg_id=f"{session}-{run.count}", content=content
    )


run.count = 0


def replies_of(front_end):
    """The messages that came on shell."""
    return [message for message in front_end.messages if message.channel == SHELL]


def types(front_end, channel):
    """The types of the messages that came on a channel."""
    return [
        json.loads(message.header)["msg_type"]
        for message in front_end.messages
        if message.channel == channel
    ]


async def test_comms_carry_binary_buffers_both_ways(lab):
    """Widgets show arrays without turning them into text."""
    code = """
from ipykernel.comm import Comm
comm = Comm(target_name="widget", data={}, buffers=[bytes(range(256)), b""])
@comm.on_msg
def echo(message):
    comm.send({"echo": 1}, buffers=[bytes(part)[::-1] for part in message["buffers"]])
comm.comm_id
"""
    async with lab.connected() as front_end:
        await front_end.send(run(code, "ann"))
        opened = await front_end.until_message(b'"target_name"')
        await front_end.until_message(b'"idle"')
        comm_id = json.loads(opened.content)["comm_id"]
        content = {"comm_id": comm_id, "data": {}}

        await front_end.send(
            jupyter_message("comm_msg", "ann", content=content, buffers=[b"\x00\x01\xff", b"ab"])
        )

        echo = await front_end.until_message(b'"echo"')
    assert list(opened.buffers) == [bytes(range(256)), b""]
    assert list(echo.buffers) == [b"\xff\x01\x00", b"ba"]


async def test_the_debugger_answers_on_control_while_code_runs(lab):
    """A paused cell can be looked into."""
    async with lab.connected(client_id="ann") as front_end:
        await front_end.send(run("import time; print('busy', flush=True); time.sleep(60)", "ann"))
        await front_end.until_printed("busy\n")
        request = {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}}

        await front_end.send(
            jupyter_message("debug_request", "ann", channel=CONTROL, content=request)
        )

        reply = await front_end.until_message(b"debugInfo")
        while reply.channel != CONTROL:
            reply = await front_end.until_message(b"debugInfo")
    assert json.loads(reply.content)["body"]["isStarted"] is False


async def test_a_subshell_runs_code_while_the_kernel_is_busy(lab):
    """A front end looks at variables while a long cell runs."""
    async with lab.connected(client_id="ann") as front_end:
        await front_end.send(run("import time; print('busy', flush=True); time.sleep(60)", "ann"))
        await front_end.until_printed("busy\n")
        await front_end.send(jupyter_message("create_subshell_request", "ann", channel=CONTROL))
        created = json.loads((await front_end.until_message(b"subshell_id")).content)
        inside = run("6 * 7", "ann")
        header = {**json.loads(inside.header), "subshell_id": created["subshell_id"]}
        inside.header = json.dumps(header).encode()

        await front_end.send(inside)

        assert await front_end.until_message(b'"42"')


async def test_a_question_is_answered(lab):
    """`input()` asks the front end that runs the code, and nobody else."""
    async with lab.connected(client_id="ann") as ann, lab.connected(client_id="bob") as bob:
        await ann.send(run("print('Hello', input('Name?'))", "ann"))
        asked = await ann.until_message(b"Name?")
        while asked.channel != STDIN:
            asked = await ann.until_message(b"Name?")

        await ann.send(
            jupyter_message(
                "input_reply",
                "ann",
                channel=STDIN,
                parent_header=asked.header,
                content={"status": "ok", "value": "Ann"},
            )
        )

        await ann.until_printed("Hello Ann")
        await bob.until_printed("Hello Ann")
    assert types(bob, STDIN) == types(bob, SHELL) == []


async def test_two_front_ends_hear_the_same_output_and_their_own_replies(lab):
    """Two windows of one notebook, both of which run cells."""
    async with lab.connected(client_id="ann") as ann, lab.connected(client_id="bob") as bob:
        for number in range(5):
            await ann.send(run(f"print('ann', {number})", "ann"))
            await bob.send(run(f"print('bob', {number})", "bob"))
        for each in (ann, bob):
            await each.until_printed("ann 4")
        await ann.send(run("print('end')", "ann"))
        for each, name, count in ((ann, "ann", 6), (bob, "bob", 5)):
            await each.until_printed("end\n")
            while len(replies_of(each)) < count:  # a recorder may hear them after the output
                await each.next()
            assert {json.loads(m.parent_header)["session"] for m in replies_of(each)} == {name}

    iopub = [[m for m in each.messages if m.channel == pb.CHANNEL_IOPUB] for each in (ann, bob)]
    common = {m.seq for m in iopub[0]} & {m.seq for m in iopub[1]}
    assert len(common) > 40
    assert [m for m in iopub[0] if m.seq in common] == [m for m in iopub[1] if m.seq in common]


async def test_a_front_end_that_was_away_hears_what_was_said(lab):
    """A laptop was closed over lunch: each line is there once, the reply too."""
    code = "import time\nfor i in range(200): print(i, flush=True); time.sleep(0.002)"
    async with lab.connected(client_id="ann") as before:
        await before.send(run(code, "some-session"))
        await before.until_printed("5\n")
    async with lab.connected(client_id="bob") as bob:
        await bob.until_printed("199\n")

    async with lab.connected(client_id="ann", from_seq=before.next_seq) as after:
        await after.until_message(b'"idle"')
        while not replies_of(after):  # a recorder may hear it before or after the output
            await after.next()

    assert before.printed + after.printed == "".join(f"{number}\n" for number in range(200))


async def test_a_restart_is_told_in_its_place(lab):
    """What came before it is the old process's, what comes after it the new one's."""
    async with lab.connected(client_id="ann") as front_end:
        await front_end.send(run("x = 1; print('before')", "ann"))
        await front_end.until_printed("before")

        await lab.kernels.RestartKernel(kernels_pb2.RestartKernelRequest(kernel_id=lab.kernel_id))
        await front_end.send(run("x", "ann"))

        await front_end.until_message(b"NameError")
    told = [response.kernel for response in front_end.told if response.HasField("kernel")]
    assert len(told) == 2
    assert told[-1].restart_count == 1
    kinds = [response.WhichOneof("response") for response in front_end.told]
    assert kinds.index("kernel") > 0


async def test_a_front_end_that_does_not_read_is_not_in_the_way(lab):
    """Another one hears all at once, and the slow one hears all in the end."""
    async with lab.connected(client_id="slow") as slow, lab.connected(client_id="ann") as ann:
        code = "for i in range(200): display({'text/plain': str(i) + 'x' * 100_000}, raw=True)"
        await ann.send(run(code, "ann"))
        await ann.until_message(b'"199x')

        await slow.until_message(b'"199x')
    shown = [m for m in slow.messages if m.channel == pb.CHANNEL_IOPUB and len(m.content) > 100_000]
    assert len(shown) == 200
