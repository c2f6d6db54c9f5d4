"""ChannelService: raw Jupyter messages, both ways."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import channels_pb2_grpc
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.model import KernelId
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert_channels import (
    opening_from_pb,
    responses,
    to_kernel_from_pb,
)
from jupyter_sessions_server.rpc.guard import resume_at
from jupyter_sessions_server.sessions.channel_events import ToKernel
from jupyter_sessions_server.sessions.connections import Connections
from jupyter_sessions_server.sessions.manager import SessionManager

Requests = AsyncGenerator[pb.ConnectRequest, None]


class ChannelService(channels_pb2_grpc.ChannelServiceServicer):
    """Streams carry batches: whatever is there when the one before has been written."""

    def __init__(
        self,
        connections: Connections,
        sessions: SessionManager,
        *,
        max_message_bytes: int,
        keepalive_seconds: float,
    ) -> None:
        self._connections = connections
        self._sessions = sessions
        self._max_message_bytes = max_message_bytes
        self._keepalive_seconds = keepalive_seconds

    async def Connect(self, request: Any, context: Any) -> AsyncIterator[pb.ConnectResponse]:
        """Open a kernel's channels."""
        requests: Requests = request
        async with aclosing(requests):
            wanted = await self._first(requests)
            opening = opening_from_pb(wanted)
            events = self._connections.connect(
                caller(),
                await self._target(wanted),
                opening,
                _sent(requests),
                quiet_seconds=self._keepalive_seconds,
            )
            async with aclosing(events):
                async for event in events:
                    for response in responses(event, self._max_message_bytes):
                        resume_at(next_seq=str(response.next_seq))
                        yield response

    async def _first(self, requests: Requests) -> pb.ChannelOpen:
        first = await anext(requests, None)
        if first is None or not first.HasField("open"):
            raise InvalidField("open", "is required as the first request")
        return first.open

    async def _target(self, opening: pb.ChannelOpen) -> KernelId:
        if opening.HasField("kernel_id"):
            return KernelId(check.any_id("open.kernel_id", opening.kernel_id))
        if not opening.HasField("session_id"):
            raise InvalidField("open.target", "session_id or kernel_id is required")
        session_id = check.any_id("open.session_id", opening.session_id)
        session = await self._sessions.get_session(session_id=session_id, owner=caller())
        return session.kernel_id


async def _sent(requests: Requests) -> AsyncGenerator[ToKernel, None]:
    """What follows the first request."""
    async for request in requests:
        if request.HasField("open"):
            raise InvalidField("open", "comes only as the first request")
        if not request.HasField("message"):
            raise InvalidField("message", "is required after the first request")
        yield to_kernel_from_pb(request.message)
