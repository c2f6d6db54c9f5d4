"""Serves the console's page and its files."""

from urllib.parse import parse_qsl, urlencode

from grpc import StatusCode
from grpc.aio import AioRpcError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import (
    Caller,
    argument,
    authenticate,
    login_cookie,
    xsrf_cookie,
)
from jupyter_sessions_server.gateway.console.files import PAGE, Files
from jupyter_sessions_server.gateway.console.headers import PAGE_POLICY, add_cookie, secured
from jupyter_sessions_server.gateway.console.login import Login, login_url
from jupyter_sessions_server.gateway.console.refusals import Handler, Refusing
from jupyter_sessions_server.gateway.service import Service


def console_routes(service: Service, config: GatewayConfig) -> list[BaseRoute]:
    """The page at the base URL, its files below `console/`, `login` and `logout`."""
    files = Files()
    page, login = _Page(service, config, files), Login(service, config)

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(config.base_url + path, Refusing(handler, config), methods=[method])

    return [
        route("", page.show),
        route("login", login.show),
        route("login", login.log_in, "POST"),
        route("logout", login.log_out, "POST"),
        route("console/{name}", files.show),
    ]


class _Page:
    """The page; whoever has not logged in is sent to do so."""

    def __init__(self, service: Service, config: GatewayConfig, files: Files) -> None:
        self._service = service
        self._config = config
        self._files = files

    async def show(self, request: Request) -> Response:
        """The page, or where to go first."""
        try:
            caller = await authenticate(request, self._service)
        except AioRpcError as error:
            if error.code() is not StatusCode.UNAVAILABLE or argument(request, "token"):
                raise
            return self._page(request)  # which tells that the server is away, and sees it return
        if caller is None:
            return RedirectResponse(login_url(request, self._config), status_code=302)
        if caller.by_token:
            return self._keep_token(request, caller)
        return self._page(request)

    def _page(self, request: Request) -> Response:
        response = self._files.file(request, PAGE)
        return add_cookie(response, xsrf_cookie(request, self._config.base_url))

    def _keep_token(self, request: Request, caller: Caller) -> Response:
        """Remember who it is, and show the page under an address that can be shared."""
        query = [pair for pair in parse_qsl(request.url.query) if pair[0] != "token"]
        location = request.url.path + (f"?{urlencode(query)}" if query else "")
        if location == _location_of(request):
            return self._page(request)  # the token came in a header: a program asks
        response = secured(RedirectResponse(location, status_code=302), PAGE_POLICY)
        return add_cookie(response, login_cookie(request, self._config.base_url, caller.token))


def _location_of(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")
