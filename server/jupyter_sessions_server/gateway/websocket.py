"""KernelChannels: `/api/kernels/ID/channels`: whom it lets in, and as whom they are connected."""

import logging
import uuid

from grpc.aio import AioRpcError
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway import frames
from jupyter_sessions_server.gateway.authentication import (
    Caller,
    argument,
    authenticate,
    check_host,
    check_origin,
)
from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.http_errors import HttpError, http_error_of
from jupyter_sessions_server.gateway.pages import error_page
from jupyter_sessions_server.gateway.relay import FrontEnd, Relay
from jupyter_sessions_server.gateway.requests import Call, Reply
from jupyter_sessions_server.gateway.service import Service

log = logging.getLogger(__name__)


class KernelChannels:
    """An ASGI app for WebSockets to kernels; needs `WebSocketProtocol` below it."""

    def __init__(self, service: Service, cursors: Cursors, config: GatewayConfig) -> None:
        self._service = service
        self._cursors = cursors
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Connect one front end to its kernel."""
        websocket = WebSocket(scope, receive, send)
        try:
            caller = await self._admit(websocket)
            await self._connect(websocket, caller)
        except HttpError as error:
            await _refuse(websocket, error)
        except AioRpcError as error:
            await _refuse(websocket, http_error_of(error))

    async def _admit(self, websocket: WebSocket) -> Caller:
        """Who asks; raises HttpError for whom it does not let in."""
        check_host(websocket, self._config)
        caller = await authenticate(websocket, self._service)
        if caller is None:
            raise HttpError(403)
        check_origin(websocket, self._config, caller, status=403)
        return caller

    async def _connect(self, websocket: WebSocket, caller: Caller) -> None:
        kernel_id = websocket.path_params["kernel_id"]
        session_id = argument(websocket, "session_id")
        client_id = session_id or uuid.uuid4().hex
        front_end = FrontEnd(
            websocket,
            client_id,
            frames.V1 if frames.V1 in websocket.scope["subprotocols"] else None,
        )
        with self._cursors.connected(caller.owner, kernel_id, client_id) as cursor:
            relay = Relay(self._service, caller.metadata, kernel_id, front_end, cursor)
            await relay.run()
            if session_id is None:
                cursor.forget()  # nobody can come again as this one


async def not_found(websocket: WebSocket) -> None:
    """Answer to a WebSocket where there is none."""
    await _refuse(websocket, HttpError(404))


async def needs_upgrade(call: Call) -> Reply:
    """Answer to a request that is no WebSocket where there is one."""
    if await authenticate(call, call.rest.service, call.credentials) is None:
        raise HttpError(403)
    raise HttpError(400, 'Can "Upgrade" only to "WebSocket".')


async def _refuse(websocket: WebSocket, error: HttpError) -> None:
    """Answer instead of an upgrade."""
    page = error_page(error.status, error.message)
    await websocket.send_denial_response(HTMLResponse(page, error.status))
