"""Logging in with a token, and out."""

import html
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import (
    XSRF_COOKIE,
    Credentials,
    argument,
    authenticate,
    check_xsrf,
    cookie_of,
    login_cookie,
    login_cookies_cleared,
    xsrf_cookie,
)
from jupyter_sessions_server.gateway.console.headers import PAGE_POLICY, add_cookie, secured
from jupyter_sessions_server.gateway.http_errors import HttpError
from jupyter_sessions_server.gateway.service import Service

_MAX_FORM_BYTES: Final = 64 * 1024
_PROBLEM: Final = '<p role="alert" class="problem">{}</p>'
_TEMPLATE = Template(Path(__file__).with_name("login.html").read_text(encoding="utf-8"))


def login_url(request: Request, config: GatewayConfig) -> str:
    """Where to log in, to come back here afterwards."""
    query = urlencode({"next": request.url.path})
    return f"{config.base_url}login?{query}"


class Login:
    """The login page, and what its form does."""

    def __init__(self, service: Service, config: GatewayConfig) -> None:
        self._service = service
        self._config = config

    async def show(self, request: Request) -> Response:
        """The form; who is logged in already goes on."""
        caller = await authenticate(request, self._service)
        if caller is None:
            return self._form(request)
        return self._logged_in(request, caller.token)

    async def log_in(self, request: Request) -> Response:
        """Keep the token that was typed, if the service knows it."""
        check_xsrf(request, self._config, None)
        token = await _typed_token(request)
        typed = Credentials(told=token, kept=None)
        if token is None or await authenticate(request, self._service, typed) is None:
            return self._form(request, "The server does not know this token.", status=401)
        return self._logged_in(request, token)

    async def log_out(self, request: Request) -> Response:
        """Forget the token."""
        check_xsrf(request, self._config, None)
        response = RedirectResponse(f"{self._config.base_url}login", status_code=303)
        for cookie in login_cookies_cleared(request, self._config.base_url):
            add_cookie(response, cookie)
        return secured(response, PAGE_POLICY)

    def _logged_in(self, request: Request, token: str) -> Response:
        response = RedirectResponse(_next_of(request, self._config.base_url), status_code=303)
        add_cookie(response, login_cookie(request, self._config.base_url, token))
        return secured(response, PAGE_POLICY)

    def _form(self, request: Request, message: str = "", *, status: int = 200) -> Response:
        base_url = self._config.base_url
        new_cookie = xsrf_cookie(request, base_url)
        query = {
            XSRF_COOKIE: _value_of(new_cookie) or cookie_of(request, XSRF_COOKIE) or "",
            "next": _next_of(request, base_url),
        }
        page = _TEMPLATE.substitute(
            base_url=html.escape(base_url),
            action=html.escape(f"{base_url}login?{urlencode(query)}"),
            problem=_PROBLEM.format(html.escape(message)) if message else "",
        )
        return add_cookie(secured(HTMLResponse(page, status), PAGE_POLICY), new_cookie)


async def _typed_token(request: Request) -> str | None:
    """What was typed; None if it is nothing that could be a token."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MAX_FORM_BYTES:
            raise HttpError(413)
    token = parse_qs(body.decode("latin-1")).get("password", [""])[-1].strip()
    return token if token and token.isascii() and token.isprintable() else None


def _next_of(request: Request, base_url: str) -> str:
    """Where to go on: only to our own pages, whatever the address says."""
    target = argument(request, "next") or base_url
    address = target.replace("\\", "/")  # which browsers do as well
    is_ours = address.startswith(base_url) and not address.startswith("//")
    return target if is_ours and target.isprintable() else base_url


def _value_of(cookie: bytes | None) -> str:
    if cookie is None:
        return ""
    return cookie.decode("latin-1").partition(";")[0].partition("=")[2]
