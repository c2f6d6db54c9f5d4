"""From the options of the command line to a client, and from what a user typed to a session."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_sessions.errors import FieldInvalid, SessionNotFound

if TYPE_CHECKING:
    import grpc

    from jupyter_sessions.sync import Client
    from jupyter_sessions.v1.sessions_pb2 import Session


@contextmanager
def connected(arguments: Namespace) -> Iterator["Client"]:
    """A client of the server that the options name, or that is found."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its log lines are not for users
    from jupyter_sessions import sync

    with sync.connect(arguments.target, _token(arguments), tls=_tls(arguments)) as client:
        yield client


def find_session(client: "Client", name: str) -> "Session":
    """The session with this path, or else this id."""
    try:
        return client.get_session(path=name)
    except SessionNotFound as error:
        not_found = SessionNotFound(
            f"no session has the path or the id {name!r}", error.code, error.reason, error.metadata
        )
    try:
        return client.get_session(session_id=name)
    except (SessionNotFound, FieldInvalid):
        raise not_found from None


def _token(arguments: Namespace) -> str | None:
    if arguments.token_file:
        return Path(arguments.token_file).read_text(encoding="utf-8").strip()
    token: str | None = arguments.token
    return token


def _tls(arguments: Namespace) -> "bool | grpc.ChannelCredentials | None":
    if arguments.tls_ca:
        import grpc

        return grpc.ssl_channel_credentials(Path(arguments.tls_ca).read_bytes())
    tls: bool | None = arguments.tls
    return tls
