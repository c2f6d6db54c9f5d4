"""Who may use Connect and gRPC-Web from a browser: the same rules as for the REST API."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import (
    check_host,
    credentials_of,
    is_own_origin,
)
from jupyter_sessions_server.gateway.connect import CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS
from jupyter_sessions_server.gateway.connect.endpoint import TokenOf
from jupyter_sessions_server.gateway.http_errors import HttpError


class HostCheck:
    """ASGI middleware that refuses names which only an attacker's DNS maps to this machine."""

    def __init__(self, app: ASGIApp, config: GatewayConfig) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        try:
            check_host(HTTPConnection(scope), self._config)
        except HttpError as error:
            response = PlainTextResponse(error.message, error.status)
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def access_rules(config: GatewayConfig) -> list[Middleware]:
    """What stands before the RPCs; other sites' pages may call them if the settings say so."""
    rules = [Middleware(HostCheck, config=config)]
    if config.allow_origin or config.allow_origin_pat:
        rules.append(
            Middleware(
                CORSMiddleware,
                allow_origins=[config.allow_origin] if config.allow_origin else [],
                allow_origin_regex=config.allow_origin_pat or None,
                allow_methods=["POST"],
                allow_headers=CORS_ALLOW_HEADERS,
                expose_headers=CORS_EXPOSE_HEADERS,
                allow_credentials=config.allow_credentials,
            )
        )
    return rules


def token_of(config: GatewayConfig) -> TokenOf:
    """Tells the token of a request; a cookie's counts only for pages that may use it.

    Browsers ask before they send another site's page's request of a content type that RPCs have, so
    Origin is a second lock, and no third (XSRF) is needed.
    """

    def token_of_request(connection: HTTPConnection) -> str | None:
        told, kept = credentials_of(connection)
        return told or (kept if is_own_origin(connection, config) else None)

    return token_of_request
