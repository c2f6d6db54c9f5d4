"""Connect and gRPC-Web: the contract over HTTP, for browsers and everything else that speaks HTTP.

`connect_routes` answers at `…jupyter_sessions.v1.SERVICE/METHOD`. RPCs whose callers would have to
stream are refused: HTTP/1.1 and browsers cannot do it.
"""

from collections.abc import Sequence
from typing import Final

import grpc
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from jupyter_sessions_server.gateway.connect.endpoint import ConnectEndpoint, TokenOf
from jupyter_sessions_server.gateway.connect.rpcs import PACKAGE

__all__ = ["CORS_ALLOW_HEADERS", "CORS_EXPOSE_HEADERS", "connect_routes"]

CORS_ALLOW_HEADERS: Final = (
    "Authorization",
    "Connect-Accept-Encoding",
    "Connect-Content-Encoding",
    "Connect-Protocol-Version",
    "Connect-Timeout-Ms",
    "Content-Encoding",
    "Content-Type",
    "Grpc-Accept-Encoding",
    "Grpc-Encoding",
    "Grpc-Timeout",
    "X-Grpc-Web",
    "X-User-Agent",
)
"""What clients on pages of other origins have to be allowed to send."""

CORS_EXPOSE_HEADERS: Final = (
    "Connect-Accept-Encoding",
    "Grpc-Accept-Encoding",
    "Grpc-Message",
    "Grpc-Status",
    "Grpc-Status-Details-Bin",
)
"""What they have to be allowed to read."""


def connect_routes(
    channel: grpc.aio.Channel,
    *,
    token_of: TokenOf,
    max_body_bytes: int,
    base_url: str = "/",
    middleware: Sequence[Middleware] = (),
) -> list[BaseRoute]:
    """The routes of all RPCs, below the base URL, which ends with "/".

    The channel may be a remote one or the one in this process. `token_of` tells the token that a
    request came with, printable ASCII, and None if it has none: then the service refuses it. A
    request may have as many bytes as `max_body_bytes`, decompressed too. What is in `middleware`
    stands before all of them.
    """
    endpoint = ConnectEndpoint(channel, token_of=token_of, max_body_bytes=max_body_bytes)
    path = f"{base_url}{PACKAGE}.{{service}}/{{method}}"
    return [Route(path, endpoint, name="connect", middleware=middleware)]
