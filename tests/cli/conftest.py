"""Fixtures: the command line, run in this process against the fake server."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from jupyter_sessions.cli import main
from jupyter_sessions.v1 import channels_pb2, channels_pb2_grpc

sys.path.insert(0, str(Path(__file__).parents[1] / "clients"))  # the fake is shared with its tests
from fake_service import FakeService, serve

PROGRAM = "import sys; from jupyter_sessions.cli import main; sys.exit(main())"


class CancellableFake(FakeService, channels_pb2_grpc.ChannelServiceServicer):
    """Its code "wait" ends when it is cancelled, and not when its kernel is interrupted.

    The code "queued" is not taken on until `may_accept` is set; a session is created when
    `may_create` is, its kernel ready when `may_start` is, and it ends when `may_delete` is.
    """

    def __init__(self):
        super().__init__()
        self.language_info = None  # what its kernel tells of itself
        self.may_accept = asyncio.Event()
        self.may_create = asyncio.Event()
        self.may_create.set()
        self.may_delete = asyncio.Event()
        self.may_delete.set()
        self.may_start = asyncio.Event()
        self.may_start.set()

    async def CreateSession(self, request, context):
        answer = await super().CreateSession(request, context)
        await self.may_create.wait()
        if request.wait_ready:
            await self.may_start.wait()
        return answer

    async def DeleteSession(self, request, context):
        self.asked["DeleteSession, begun"].set()
        await self.may_delete.wait()
        return await super().DeleteSession(request, context)

    async def Execute(self, request, context):
        if request.code == "queued":
            self.asked["Execute, queued"].set()
            await self.may_accept.wait()
        async for batch in super().Execute(request, context):
            yield batch

    async def InterruptKernel(self, request, context):
        answer = await super().InterruptKernel(request, context)
        self.interrupted.clear()
        return answer

    async def Connect(self, requests, context):
        """Tells the language to who asks, or hangs up."""
        opening = (await anext(requests)).open
        opened = channels_pb2.ChannelOpened(client_id=opening.client_id, next_seq=1)
        yield channels_pb2.ConnectResponse(opened=opened, next_seq=1)
        asking = (await anext(requests)).message
        if self.language_info is None:
            return
        answer = channels_pb2.JupyterMessage(
            seq=1,
            channel=channels_pb2.CHANNEL_SHELL,
            header=b'{"msg_type": "kernel_info_reply"}',
            parent_header=asking.header,
            content=json.dumps({"language_info": self.language_info}).encode(),
        )
        messages = channels_pb2.MessageBatch(messages=[answer])
        yield channels_pb2.ConnectResponse(messages=messages, next_seq=2)
        await asyncio.Event().wait()

    async def CancelExecution(self, request, context):
        answer = await super().CancelExecution(request, context)
        self.interrupted.set()
        return answer


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No server of this machine is found, and no variable names one."""
    monkeypatch.delenv("JUPYTER_SESSIONS_TARGET", raising=False)
    monkeypatch.delenv("JUPYTER_SESSIONS_TOKEN", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
async def fake(monkeypatch):
    """The fake service; commands find it by JUPYTER_SESSIONS_TARGET."""
    fake = CancellableFake()
    server = await serve(fake)
    channels_pb2_grpc.add_ChannelServiceServicer_to_server(fake, server)
    monkeypatch.setenv("JUPYTER_SESSIONS_TARGET", fake.target)
    yield fake
    await server.stop(grace=None)


@pytest.fixture
def run(capsys):
    """Run a command; returns its exit code and what it wrote to stdout and stderr."""

    async def run(*argv):
        code = await asyncio.to_thread(main, argv)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def start():
    """Start a command as a process of its own."""

    async def start(*argv, stderr=asyncio.subprocess.PIPE, within=None):
        """`within` is a shell's command line, in which "$@" is the command."""
        before = ["/bin/sh", "-c", within, "sh"] if within else []
        return await asyncio.create_subprocess_exec(
            *before,
            *[sys.executable, "-c", PROGRAM],
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )

    return start
