"""Who asks, and whether they may: tokens, the login cookie, and where requests may come from.

A page of another site can make a browser send requests with the browser's cookies. So whoever is
known by the cookie alone must come from our own pages (Origin), and must show for writes that they
can read our cookies (XSRF). A token shows that by itself.
"""

import hmac
import ipaddress
import re
import secrets
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from grpc import StatusCode
from grpc.aio import AioRpcError
from starlette.requests import HTTPConnection, cookie_parser

from jupyter_sessions.v1.identity_pb2 import GetIdentityRequest
from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.http_errors import HttpError
from jupyter_sessions_server.gateway.service import Metadata, Service, authorized

XSRF_COOKIE: Final = "_xsrf"
COOKIE_SECONDS: Final = 30 * 24 * 3600

_AUTHORIZATION = re.compile(r"(?:token|bearer)\s+(.+)", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(.*?)(:\d+)?")
_LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"


class Credentials(NamedTuple):
    """The tokens that came with a request, none of them looked at yet."""

    told: str | None
    """In the address or the Authorization header, by a program or a person."""
    kept: str | None
    """In the login cookie, by a browser, whoever made it send the request."""


class Caller(NamedTuple):
    """Whom the service knows."""

    token: str
    by_token: bool
    """Whether they told the token; if not they are known by the cookie alone."""
    owner: str = ""
    """Whose sessions they see; empty if the service was not asked."""

    @property
    def metadata(self) -> Metadata:
        """What shows the service on whose behalf it is called."""
        return authorized(self.token)


def header(connection: HTTPConnection, name: bytes) -> str | None:
    """A header of the request, its name in lower case."""
    for key, value in connection.scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def argument(connection: HTTPConnection, name: str) -> str | None:
    """An argument in the address; the last one of that name, as tornado has it."""
    query = connection.scope["query_string"]
    if not query:
        return None
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True).get(name)
    return values[-1] if values else None


def host_of(connection: HTTPConnection) -> str:
    """The host, with its port, that the client believes to speak to."""
    return header(connection, b"host") or "127.0.0.1"


def cookie_of(connection: HTTPConnection, name: str) -> str | None:
    """The value of a cookie."""
    cookies = header(connection, b"cookie")
    return None if cookies is None else cookie_parser(cookies).get(name)


def credentials_of(connection: HTTPConnection) -> Credentials:
    """The tokens of a request: the address wins over the header."""
    told = argument(connection, "token")
    if not told:
        scheme_and_token = _AUTHORIZATION.match(header(connection, b"authorization") or "")
        told = scheme_and_token[1].strip() if scheme_and_token else None
    return Credentials(_sendable(told), _sendable(_kept_token(connection)))


def _kept_token(connection: HTTPConnection) -> str | None:
    cookies = header(connection, b"cookie")
    if cookies is None:
        return None
    kept = cookie_parser(cookies).get(cookie_name(host_of(connection)))
    return unquote(kept) if kept else None


def _sendable(token: str | None) -> str | None:
    """The token, unless no header could hold it: then it is nobody's."""
    return token if token and token.isascii() and token.isprintable() else None


async def authenticate(
    connection: HTTPConnection, service: Service, credentials: Credentials | None = None
) -> Caller | None:
    """Whom the service knows by the request's token, or else by its cookie."""
    told, kept = credentials or credentials_of(connection)
    for token, by_token in ((told, True), (kept, False)):
        owner = await _owner_of(token, service) if token else None
        if token and owner is not None:
            return Caller(token, by_token, owner)
    return None


async def _owner_of(token: str, service: Service) -> str | None:
    try:
        answer = await service.identity.GetIdentity(
            GetIdentityRequest(), metadata=authorized(token)
        )
    except AioRpcError as error:
        if error.code() is StatusCode.UNAUTHENTICATED:
            return None
        raise
    owner: str = answer.identity.owner
    return owner


@lru_cache(maxsize=256)
def cookie_name(host: str) -> str:
    """The login cookie's name: servers on one host have one each, by their ports."""
    return re.sub(r"[^A-Za-z0-9]", "-", f"username-{host}")


def login_cookie(connection: HTTPConnection, base_url: str, token: str) -> bytes:
    """The Set-Cookie that lets a browser do without the token; it holds the token."""
    name = cookie_name(host_of(connection))
    return _cookie(connection, base_url, name, quote(token, safe=""), "; HttpOnly")


def login_cookies_cleared(connection: HTTPConnection, base_url: str) -> list[bytes]:
    """The Set-Cookies that end what an invalid login cookie is sent for."""
    name = cookie_name(host_of(connection))
    paths = dict.fromkeys((base_url, "/"))
    return [f'{name}=""; expires={_LONG_AGO}; Path={path}'.encode("latin-1") for path in paths]


def xsrf_cookie(connection: HTTPConnection, base_url: str) -> bytes | None:
    """The Set-Cookie for an HTML page: what its scripts send with writes. None: there is one."""
    if cookie_of(connection, XSRF_COOKIE):
        return None
    return _cookie(connection, base_url, XSRF_COOKIE, secrets.token_urlsafe(24), "")


def _cookie(
    connection: HTTPConnection, base_url: str, name: str, value: str, attributes: str
) -> bytes:
    secure = "; Secure" if connection.scope["scheme"] in ("https", "wss") else ""
    lifetime = f"Max-Age={COOKIE_SECONDS}; Path={base_url}; SameSite=Lax"
    return f"{name}={value}; {lifetime}{attributes}{secure}".encode("latin-1")


def check_host(connection: HTTPConnection, config: GatewayConfig) -> None:
    """Refuse (403) a name that only an attacker's DNS maps to this machine.

    Only a server that is bound to loopback knows by which names it may be called.
    """
    if not _is_allowed_host(host_of(connection), config.host, tuple(config.local_hostnames)):
        raise HttpError(403)


@lru_cache(maxsize=256)
def _is_allowed_host(host: str, bound_to: str, local_hostnames: tuple[str, ...]) -> bool:
    if not _is_loopback(bound_to, ("localhost",)):
        return True
    match = _HOST_AND_PORT.fullmatch(host)
    name = match[1] if match else host
    return _is_loopback(name.removeprefix("[").removesuffix("]"), local_hostnames)


def _is_loopback(name: str, local_hostnames: tuple[str, ...]) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in local_hostnames


def is_own_origin(connection: HTTPConnection, config: GatewayConfig) -> bool:
    """Whether no other site's page made the browser send this."""
    origin, host = header(connection, b"origin"), header(connection, b"host")
    if origin is None or host is None or config.allow_origin == "*":
        return True
    return urlsplit(origin.lower()).netloc == host.lower() or is_allowed_origin(origin, config)


def is_allowed_origin(origin: str, config: GatewayConfig) -> bool:
    """Whether the settings let this other site in."""
    if config.allow_origin:
        return config.allow_origin in ("*", origin.lower())
    pattern = config.allow_origin_pat
    return bool(pattern) and re.fullmatch(pattern, origin) is not None


def check_origin(
    connection: HTTPConnection, config: GatewayConfig, caller: Caller | None, *, status: int = 404
) -> None:
    """Refuse what another site's page sent, unless it told a token."""
    if caller is not None and caller.by_token:
        return
    if not is_own_origin(connection, config):
        raise HttpError(status)


def check_xsrf(connection: HTTPConnection, config: GatewayConfig, caller: Caller | None) -> None:
    """Refuse (403) a write of somebody who has neither told a token nor can read our cookies."""
    if caller is not None and caller.by_token:
        return
    check_origin(connection, config, caller)
    shown = (
        argument(connection, XSRF_COOKIE)
        or header(connection, b"x-xsrftoken")
        or header(connection, b"x-csrftoken")
    )
    if not shown:
        raise HttpError(403, "'_xsrf' argument missing from POST")
    expected = cookie_of(connection, XSRF_COOKIE) or ""
    if not expected or not hmac.compare_digest(shown.encode(), expected.encode()):
        raise HttpError(403, "XSRF cookie does not match POST argument")
