"""Refusing: a page's handler, whose refusals become pages for people."""

from collections.abc import Awaitable, Callable

from grpc.aio import AioRpcError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import check_host
from jupyter_sessions_server.gateway.console.headers import PAGE_POLICY, secured
from jupyter_sessions_server.gateway.http_errors import HttpError, http_error_of
from jupyter_sessions_server.gateway.pages import error_page

Handler = Callable[[Request], Awaitable[Response]]


class Refusing:
    """An ASGI app that answers by a handler, or says what is wrong."""

    def __init__(self, handler: Handler, config: GatewayConfig) -> None:
        self._handler = handler
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            check_host(request, self._config)
            response = await self._handler(request)
        except HttpError as error:
            response = _page_of(error)
        except AioRpcError as error:
            response = _page_of(http_error_of(error))
        await response(scope, receive, send)


def _page_of(error: HttpError) -> Response:
    page = HTMLResponse(error_page(error.status, error.message), error.status)
    return secured(page, PAGE_POLICY)
