"""Which other sites' pages may read our answers: the headers that tell browsers so."""

from starlette.requests import HTTPConnection

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import (
    Caller,
    header,
    is_allowed_origin,
)

Headers = list[tuple[bytes, bytes]]

_ALLOW_ORIGIN = b"access-control-allow-origin"

PREFLIGHT: Headers = [
    (b"access-control-allow-headers", b"accept, content-type, authorization, x-xsrftoken"),
    (b"access-control-allow-methods", b"GET, PUT, POST, PATCH, DELETE, OPTIONS"),
]


def cors_headers(
    connection: HTTPConnection, config: GatewayConfig, caller: Caller | None
) -> Headers:
    """Which site may read the answer: as the settings say, else whoever told a token."""
    headers: Headers = []
    if config.allow_origin:
        headers.append((_ALLOW_ORIGIN, config.allow_origin.encode("latin-1")))
    elif config.allow_origin_pat:
        origin = header(connection, b"origin")
        if origin and is_allowed_origin(origin, config):
            headers.append((_ALLOW_ORIGIN, origin.encode("latin-1")))
    elif caller is not None and caller.by_token:
        origin = header(connection, b"origin") or ""
        headers.append((_ALLOW_ORIGIN, origin.encode("latin-1")))
    if config.allow_credentials:
        headers.append((b"access-control-allow-credentials", b"true"))
    return headers


def preflight_headers(connection: HTTPConnection, config: GatewayConfig) -> Headers:
    """The answer to OPTIONS: what a page may send; who may read the answer is as the settings say.

    A preflight has no token.
    """
    return [*PREFLIGHT, *cors_headers(connection, config, None)]
