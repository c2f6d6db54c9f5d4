"""Place: where a front end is in what its kernel says, and what has come and was not read yet."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable

from jupyter_sessions.kernel_channels.messages import (
    ChannelEvent,
    channel_number,
    message_from_pb,
)
from jupyter_sessions.outputs import gap_from_pb
from jupyter_sessions.requests import check_target
from jupyter_sessions.v1 import channels_pb2 as pb


class Place:
    """What a connection that broke is opened again with.

    `next_seq` is where another program would go on: it moves as events are taken. The connection
    itself goes on after what has come.
    """

    def __init__(
        self,
        session_id: str | None,
        kernel_id: str | None,
        client_id: str | None,
        from_seq: int | None,
        channels: Iterable[str],
    ) -> None:
        """A client id is made up if none is given."""
        check_target(session_id, kernel_id)
        self.client_id = client_id or str(uuid.uuid4())
        self.next_seq = from_seq or 0
        self._arrived_seq = from_seq
        self._open = pb.ChannelOpen(
            session_id=session_id,
            kernel_id=kernel_id,
            client_id=self.client_id,
            channels=map(channel_number, channels),
        )
        self._unread: deque[tuple[ChannelEvent, int]] = deque()  # each with the place after it

    def opening(self) -> pb.ConnectRequest:
        """Opens the channels where they were left; at first, where they were asked for."""
        opening = pb.ConnectRequest(open=self._open)
        if self._arrived_seq is not None:
            opening.open.from_seq = self._arrived_seq
        return opening

    def note(self, response: pb.ConnectResponse) -> None:
        """Keep what has come until it is read."""
        self._arrived_seq = response.next_seq
        match response.WhichOneof("response"):
            case "messages":
                for message in response.messages.messages:
                    self._unread.append((message_from_pb(message), message.seq + 1))
            case "gap":
                self._unread.append((gap_from_pb(response.gap), response.next_seq))
            case "kernel":
                self._unread.append((response.kernel, response.next_seq))
        if not self._unread:
            self.next_seq = response.next_seq

    def take(self) -> ChannelEvent | None:
        """What comes next; None if nothing has come."""
        if not self._unread:
            return None
        event, self.next_seq = self._unread.popleft()
        return event
