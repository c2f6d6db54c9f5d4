"""ChannelClients: which of a kernel's front ends asked, so that replies reach it and no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jupyter_sessions_server.model import Channel, Message
from jupyter_sessions_server.requests import is_own_session
from jupyter_sessions_server.sessions.messages import parse_json

MOST_GONE = 100
"""How many that have hung up are remembered for each kernel."""
MOST_SESSIONS = 100
"""As how many sessions a front end may ask; beyond, the one it used longest ago is forgotten."""


class ChannelClients:
    """The front ends of one kernel. Those that have hung up are remembered for a while.

    The header of each message says as which `session` it is sent; replies name it again.
    """

    def __init__(self) -> None:
        self._clients: dict[str, _Client] = {}

    @contextmanager
    def connected(self, client_id: str, hang_up: Callable[[], None]) -> Iterator["Ear"]:
        """Let the front end of this name be connected; the connection it had has to hang up."""
        client = self._clients.setdefault(client_id, _Client(client_id))
        if client.hang_up is not None:
            client.hang_up()
        client.hang_up = hang_up
        try:
            yield Ear(self, client)
        finally:
            if client.hang_up == hang_up:
                client.hang_up = None
                self._clients[client_id] = self._clients.pop(client_id)  # the last to be forgotten
                self._forget_old()

    def _forget_old(self) -> None:
        gone = [client for client in self._clients.values() if client.hang_up is None]
        for client in gone[:-MOST_GONE]:
            del self._clients[client.client_id]

    def is_awaited(self, session: str) -> bool:
        """Whether somebody who is connected, or the server, waits for what this session asked."""
        return is_own_session(session) or any(
            client.hang_up is not None and client.knows(session)
            for client in self._clients.values()
        )


class _Client:
    """A front end, by its name."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.hang_up: Callable[[], None] | None = None
        """Ends its present connection, if it has one."""
        self._sessions: dict[str, None] = {}

    def note(self, session: str) -> None:
        """It asks as this session."""
        self._sessions.pop(session, None)
        self._sessions[session] = None
        if len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def knows(self, session: str) -> bool:
        """Whether it has asked as this session; its own name counts as one."""
        return session == self.client_id or session in self._sessions


class Ear:
    """Tells what a connected front end hears of what its kernel says."""

    def __init__(self, clients: ChannelClients, client: _Client) -> None:
        self._clients = clients
        self._client = client

    def expect(self, session: str) -> None:
        """It is about to ask something as this session."""
        self._client.note(session)

    def hears(self, message: Message) -> bool:
        """Whether the message is for it: it is for all, or it has asked, or nobody has.

        After a restart of the server nobody knows who asked, and after one has hung up nobody is
        there: then it is better heard by all than by none.
        """
        if message.channel is Channel.IOPUB:
            return True
        session = parse_json(message.parent_header).get("session")
        if not isinstance(session, str):
            return True
        return self._client.knows(session) or not self._clients.is_awaited(session)
