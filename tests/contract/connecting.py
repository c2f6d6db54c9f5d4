"""A front end as the contract knows it: opens a kernel's channels, sends and hears messages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from jupyter_sessions.v1 import channels_pb2 as pb

_HEADER = {"username": "", "date": "2026-01-01T00:00:00Z", "version": "5.4"}


def jupyter_message(msg_type: str, session: str = "me", **parts: Any) -> pb.JupyterMessage:
    """A message to the kernel, on the shell channel unless told otherwise."""
    msg_id = parts.pop("msg_id", f"{session}-{msg_type}")
    content = parts.pop("content", {})
    header = {"msg_id": msg_id, "msg_type": msg_type, "session": session, **_HEADER}
    fields: dict[str, Any] = {
        "channel": pb.CHANNEL_SHELL,
        "header": json.dumps(header).encode(),
        "metadata": b"{}",
        "content": content if isinstance(content, bytes) else json.dumps(content).encode(),
        **parts,
    }
    return pb.JupyterMessage(**fields)


def execute(code: str, session: str = "me", **parts: Any) -> pb.JupyterMessage:
    """Asks the kernel to run code."""
    return jupyter_message("execute_request", session, content={"code": code}, **parts)


class EndOfStream(Exception):
    """The server has ended the stream, and well."""


class FrontEnd:
    """An open stream, and what came over it; `next_seq` is where another would go on."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self.opened = pb.ChannelOpened()
        self.next_seq = 0
        self.told: list[pb.ConnectResponse] = []
        self._searched = 0

    async def open(self, **fields: Any) -> None:
        """Open a kernel's channels."""
        await self.call.write(pb.ConnectRequest(open=pb.ChannelOpen(**fields)))
        first = await self.call.read()
        assert isinstance(first, pb.ConnectResponse), await self.call.code()
        assert first.WhichOneof("response") == "opened"
        self.opened, self.next_seq = first.opened, first.opened.next_seq

    async def send(self, message: pb.JupyterMessage) -> None:
        """Send it to the kernel."""
        await self.call.write(pb.ConnectRequest(message=message))

    async def next(self) -> pb.ConnectResponse:
        """The next response."""
        response = await self.call.read()
        if response is grpc.aio.EOF:
            raise EndOfStream
        self.next_seq = response.next_seq
        self.told.append(response)
        return response

    async def rest(self) -> AsyncIterator[pb.ConnectResponse]:
        """All that comes until the stream ends."""
        while True:
            try:
                yield await self.next()
            except EndOfStream:
                return

    async def until(self, kind: str) -> Any:
        """The next response of this kind; what came before is in `told`."""
        while True:
            response = await self.next()
            if response.WhichOneof("response") == kind:
                return getattr(response, kind)

    async def until_message(self, text: bytes) -> pb.JupyterMessage:
        """The next message whose content has this, after the one that was found before."""
        while True:
            messages = self.messages
            while self._searched < len(messages):
                self._searched += 1
                if text in messages[self._searched - 1].content:
                    return messages[self._searched - 1]
            await self.next()

    async def until_printed(self, text: str) -> None:
        """Hear until code has printed this; a line may come in several messages."""
        while text not in self.printed:
            await self.next()

    async def until_seq(self, seq: int) -> None:
        """Hear all before this number."""
        while self.next_seq < seq:
            await self.next()

    @property
    def messages(self) -> list[pb.JupyterMessage]:
        """All that came."""
        return [message for response in self.told for message in response.messages.messages]

    @property
    def printed(self) -> str:
        """What code has printed."""
        streams = (each for each in self.messages if b'"stream"' in each.header)
        return "".join(json.loads(each.content)["text"] for each in streams)

    def heard(self, channel: "pb.Channel") -> list[str]:
        """The contents that came on a channel."""
        return [each.content.decode() for each in self.messages if each.channel == channel]


class FrontEnds:
    """Connects front ends."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    @asynccontextmanager
    async def connected(self, **fields: Any) -> AsyncIterator[FrontEnd]:
        """A front end whose stream is open; it hangs up at the end of the block."""
        front_end = FrontEnd(self._stub.Connect())
        try:
            await front_end.open(**fields)
            yield front_end
        finally:
            front_end.call.cancel()
            await asyncio.wait([asyncio.ensure_future(front_end.call.code())])
