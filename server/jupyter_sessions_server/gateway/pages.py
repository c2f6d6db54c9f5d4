"""What is no API: pages that say what went wrong, and paths with a slash too many."""

import html

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import check_host, xsrf_cookie
from jupyter_sessions_server.gateway.http_errors import HttpError, phrase

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{status} {phrase}</title></head>
<body><h1>{status} {phrase}</h1>{text}</body>
</html>
"""


def error_page(status: int, message: str) -> bytes:
    """A page that says what went wrong."""
    text = f"<p>{html.escape(message)}</p>" if message != phrase(status) else ""
    return _PAGE.format(status=status, phrase=phrase(status), text=text).encode()


class NotFound:
    """An ASGI app for all paths that are nobody's: a page, as for a browser."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection = HTTPConnection(scope)
        status, headers = 404, []
        try:
            check_host(connection, self._config)
        except HttpError as error:
            status = error.status
        else:
            cookie = xsrf_cookie(connection, self._config.base_url)
            headers = [] if cookie is None else [(b"set-cookie", cookie)]
        await _send_page(scope, send, self._config, status, headers)


class TrailingSlash:
    """An ASGI app for paths that end in '/': readers are sent to the path without."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            check_host(HTTPConnection(scope), self._config)
        except HttpError as error:
            await _send_page(scope, send, self._config, error.status, [])
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _send_page(scope, send, self._config, 403, [])
            return
        # Without what is before the path: "//elsewhere" would be another host.
        path = b"/" + scope["raw_path"].strip(b"/")
        query = scope["query_string"]
        location = path + b"?" + query if query else path
        await _send_page(scope, send, self._config, 302, [(b"location", location)])


def content_security_policy(base_url: str, *, page: bool) -> bytes:
    """Who may show our answers in a frame, and that those of the API load nothing."""
    policy = f"frame-ancestors 'self'; report-uri {base_url}api/security/csp-report"
    return (policy if page else f"{policy}; default-src 'none'").encode("latin-1")


async def _send_page(
    scope: Scope,
    send: Send,
    config: GatewayConfig,
    status: int,
    headers: list[tuple[bytes, bytes]],
) -> None:
    body = error_page(status, phrase(status))
    fixed = [
        (b"content-type", b"text/html; charset=UTF-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", content_security_policy(config.base_url, page=True)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
