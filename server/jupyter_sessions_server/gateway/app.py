"""The gateway's application: every route, and what it is served by."""

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.access import access_rules, token_of
from jupyter_sessions_server.gateway.connect import connect_routes
from jupyter_sessions_server.gateway.console import console_routes
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.endpoint import Endpoint
from jupyter_sessions_server.gateway.requests import Rest
from jupyter_sessions_server.gateway.routes import (
    FrequentFirst,
    frequent_routes,
    last_routes,
    rest_routes,
)
from jupyter_sessions_server.gateway.service import Service
from jupyter_sessions_server.gateway.websocket import KernelChannels, needs_upgrade, not_found


def create_app(service: Service, cursors: Cursors, config: GatewayConfig) -> ASGIApp:
    """Jupyter's REST API and WebSocket, Connect and gRPC-Web, and the console."""
    rest = Rest.over(service, config)
    channels = f"{config.base_url}api/kernels/{{kernel_id:jupyter_id}}/channels"
    app = Starlette(
        routes=[
            *rest_routes(rest),
            WebSocketRoute(channels, KernelChannels(service, cursors, config)),
            Route(channels, Endpoint(rest, {"GET": needs_upgrade}, page=True)),
            *connect_routes(
                service.channel,
                token_of=token_of(config),
                max_body_bytes=config.max_body_bytes,
                base_url=config.base_url,
                middleware=access_rules(config),
            ),
            *console_routes(service, config),
            *last_routes(rest),
            WebSocketRoute("/{path:path}", not_found),
        ]
    )
    return FrequentFirst(frequent_routes(rest), app)
