"""A channel service whose kernel repeats what it is told, and whose connections can be broken."""

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import groupby

import grpc

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import channels_pb2_grpc, kernels_pb2


class FakeChannels(channels_pb2_grpc.ChannelServiceServicer):
    """One kernel; its journal begins at 1."""

    def __init__(self):
        self.target = ""
        self.opened = []
        """How each connection was opened."""
        self.sent = []
        """What the kernel was told."""
        self.refuses = None
        """The status with which connections are refused."""
        self.refused = asyncio.Event()
        self._journal = []
        self._connections = []
        self._news = asyncio.Event()

    def say(self, text, parent=b"{}", **fields):
        """Have the kernel say this to all."""
        message = pb.JupyterMessage(
            seq=len(self._journal) + 1,
            channel=pb.CHANNEL_IOPUB,
            header=b'{"msg_type": "stream"}',
            parent_header=parent,
            content=json.dumps({"text": text}).encode(),
            **fields,
        )
        self._tell(pb.ConnectResponse(messages=pb.MessageBatch(messages=[message])))

    def miss(self, count):
        """Have so many messages missing."""
        self._tell(pb.ConnectResponse(gap={"missing_count": count, "reason": "GAP_REASON_TRIMMED"}))

    def change(self):
        """Have the kernel's process change."""
        self._tell(pb.ConnectResponse(kernel=kernels_pb2.Kernel(kernel_id="k0")))

    def _tell(self, response):
        self._journal.append(response)
        response.next_seq = len(self._journal) + 1
        self._news.set()

    def break_all(self, code=grpc.StatusCode.UNAVAILABLE):
        """End all connections that there are; OK: as when others have taken over."""
        for ended in self._connections:
            if not ended.done():  # the client has not hung up
                ended.set_result(code)
        self._connections.clear()

    async def Connect(self, requests, context):
        """Tell the journal from where it is wanted, and note what comes."""
        if self.refuses:
            self.refused.set()
            await context.abort(self.refuses, "refused")
        ended = asyncio.get_running_loop().create_future()
        self._connections.append(ended)
        opening = (await anext(requests)).open
        self.opened.append(opening)
        seq = opening.from_seq if opening.HasField("from_seq") else len(self._journal) + 1
        opened = pb.ChannelOpened(client_id=opening.client_id, next_seq=seq)
        await context.write(pb.ConnectResponse(opened=opened, next_seq=seq))
        async with asyncio.TaskGroup() as tasks:
            halves = [
                tasks.create_task(self._listen(requests)),
                tasks.create_task(self._speak(context, seq)),
            ]
            code = await ended
            for half in halves:
                half.cancel()
        if code is not grpc.StatusCode.OK:
            await context.abort(code, "broken")

    async def _listen(self, requests):
        async for request in requests:
            self.sent.append(request.message)
            self.say("heard", parent=request.message.header)

    async def _speak(self, context, seq):
        while True:
            for response in _in_batches(self._journal[max(seq, 1) - 1 :]):
                await context.write(response)
                seq = response.next_seq
            self._news.clear()
            await self._news.wait()


def _in_batches(responses):
    """Messages that are there at once are one response."""
    for kind, group in groupby(responses, key=lambda response: response.WhichOneof("response")):
        if kind != "messages":
            yield from group
            continue
        batch = pb.ConnectResponse()
        for response in group:
            batch.MergeFrom(response)
        yield batch


@asynccontextmanager
async def serving_channels(fake, target="127.0.0.1:0"):
    """A server with the fake, by default on a free port."""
    server = grpc.aio.server()
    channels_pb2_grpc.add_ChannelServiceServicer_to_server(fake, server)
    fake.target = f"127.0.0.1:{server.add_insecure_port(target)}"
    await server.start()
    try:
        yield
    finally:
        await server.stop(grace=None)
