"""Service: the contract as the gateway calls it, in this process or over a channel."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from jupyter_sessions.v1.channels_pb2_grpc import ChannelServiceStub
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from jupyter_sessions.v1.identity_pb2_grpc import IdentityServiceStub
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub

Metadata = tuple[tuple[str, str], ...]


class Service:
    """All stubs on one channel; each call takes its caller's `metadata`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.channels = ChannelServiceStub(channel)
        self.executions = ExecutionServiceStub(channel)
        self.identity = IdentityServiceStub(channel)
        self.kernels = KernelServiceStub(channel)
        self.sessions = SessionServiceStub(channel)


def authorized(token: str | None) -> Metadata:
    """The metadata of a caller's calls."""
    return () if token is None else (("authorization", f"Bearer {token}"),)


async def responses(call: Any) -> AsyncIterator[Any]:
    """A stream's responses; it is cancelled when they are not read to the end."""
    try:
        async for response in call:
            yield response
    finally:
        call.cancel()
