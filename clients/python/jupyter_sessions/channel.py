"""Where the server is, and how the connection to it behaves: the same for both clients."""

import json
import os
from dataclasses import dataclass, field
from typing import TypeAlias

import grpc

from jupyter_sessions.discovery import ServerInfo, find_server, list_servers
from jupyter_sessions.errors import ClientClosed

MAX_RECEIVE_BYTES = 64 * 1024 * 1024

# Calls that may be sent again when the server was not reached: those that only read, those whose
# request carries an id that makes a repetition harmless, and one that is harmless anyway. Streams
# are not among them: what reads them resumes them, see resuming.py. Nor are questions to kernels,
# which may be unavailable because they are busy: the server has waited.
RETRIED_METHODS = {
    "jupyter_sessions.v1.ExecutionService": [
        "CancelExecution",
        "GetExecution",
        "ListExecutions",
    ],
    "jupyter_sessions.v1.SessionService": [
        "CreateSession",
        "GetSession",
        "ListSessions",
        "SessionExists",
    ],
    "jupyter_sessions.v1.KernelService": [
        "GetKernel",
        "GetKernelSpec",
        "GetKernelSpecResource",
        "ListKernelSpecs",
        "ListKernels",
        "StartKernel",
    ],
}

# Five attempts, about three seconds in all: a server that is restarted is back by then.
RETRY_POLICY = {
    "maxAttempts": 5,
    "initialBackoff": "0.2s",
    "backoffMultiplier": 2,
    "maxBackoff": "2s",
    "retryableStatusCodes": ["UNAVAILABLE"],
}


CallMetadata: TypeAlias = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect, and as whom."""

    target: str
    token: str = field(repr=False)  # empty: none is sent
    credentials: grpc.ChannelCredentials | None  # None: without TLS


@dataclass(slots=True)
class Connection:
    """What a client's calls have in common, its streams' included."""

    metadata: CallMetadata
    resume_seconds: float
    closed: bool = False

    def check_open(self) -> None:
        """Raise ClientClosed if it is closed; gRPC would say so in many ways, or crash."""
        if self.closed:
            raise ClientClosed


def find_endpoint(
    target: str | None, token: str | None, tls: bool | grpc.ChannelCredentials | None
) -> Endpoint:
    """Fill in what the caller left out: from the environment, else from the running server.

    Raises NoServerFound or SeveralServersFound if there is no target to be had.
    """
    target = target or os.environ.get("JUPYTER_SESSIONS_TARGET")
    server = _running_server(target) if target else find_server()
    if token is None:
        token = os.environ.get("JUPYTER_SESSIONS_TOKEN") or (server.token if server else "")
    if tls is None:
        tls = server is not None and server.tls
    target = target or (server.target if server else "")
    return Endpoint(target, token, _credentials(tls))


def channel_options(target: str) -> list[tuple[str, str | int]]:
    """The options of a channel to the target."""
    options: list[tuple[str, str | int]] = [
        ("grpc.service_config", service_config()),
        ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
        # Notice within 40 seconds that the other side is gone, also while code runs silently.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
        # A restarted server is found again at once, not after gRPC's minute or two.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    ]
    if is_local(target):
        options.append(("grpc.enable_http_proxy", 0))
    return options


def service_config() -> str:
    """gRPC's service config: which calls are retried, and when; as JSON."""
    names = [
        {"service": service, "method": method}
        for service, methods in RETRIED_METHODS.items()
        for method in methods
    ]
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": RETRY_POLICY}]})


def is_local(target: str) -> bool:
    """Whether the target is on this machine, where no proxy can be of use."""
    host = target.rpartition(":")[0]
    return target.startswith("unix:") or host in {"localhost", "127.0.0.1", "[::1]"}


def call_metadata(token: str) -> CallMetadata:
    """What every call carries: who calls."""
    return (("authorization", f"Bearer {token}"),) if token else ()


def _running_server(target: str) -> ServerInfo | None:
    """The server of this user and machine that has this target, if there is one."""
    return next((server for server in list_servers() if server.target == target), None)


def _credentials(tls: bool | grpc.ChannelCredentials) -> grpc.ChannelCredentials | None:
    if isinstance(tls, bool):
        return grpc.ssl_channel_credentials() if tls else None
    return tls
