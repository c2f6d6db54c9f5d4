"""Endpoint: one path of the REST API. Who asks, and from where, is checked in Jupyter's order."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from grpc import StatusCode
from grpc.aio import AioRpcError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from jupyter_sessions_server.gateway.authentication import (
    Caller,
    authenticate,
    check_host,
    check_origin,
    check_xsrf,
    login_cookie,
    login_cookies_cleared,
)
from jupyter_sessions_server.gateway.authentication import header as header_of
from jupyter_sessions_server.gateway.cors import Headers, cors_headers, preflight_headers
from jupyter_sessions_server.gateway.http_errors import (
    UNHANDLED,
    HttpError,
    http_error_of,
    reason_of,
)
from jupyter_sessions_server.gateway.pages import content_security_policy, error_page
from jupyter_sessions_server.gateway.requests import Call, Reply, Rest

log = logging.getLogger(__name__)

Handler = Callable[[Call], Awaitable[Reply]]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOSNIFF = (b"x-content-type-options", b"nosniff")


class Endpoint:
    """An ASGI app for one path, with a handler for each method.

    The service is asked who calls before anything is done, and before a body is read.
    """

    def __init__(
        self,
        rest: Rest,
        handlers: Mapping[str, Handler],
        *,
        public: bool = False,
        page: bool = False,
        activity: bool = True,
        get_verifies: bool = False,
    ) -> None:
        """`public` needs no token; errors of a `page` are for people, and are no JSON.

        Whether to ask is a sign that somebody is there is told by `activity`. With `get_verifies`
        the first thing that the handler of GET does is to call the service on the caller's behalf,
        which verifies the token; so the most frequent requests make one call, not two.
        """
        self._rest = rest
        self._handlers = handlers
        self._public = public
        self._page = page
        self._get_verifies = get_verifies
        self._activity = activity and not public
        self.methods = tuple(handlers)
        """Besides OPTIONS, which all have."""
        self._allow = (b"allow", ", ".join([*handlers, "OPTIONS"]).encode())
        policy = content_security_policy(rest.config.base_url, page=page)
        self._fixed = [_NOSNIFF, (b"content-security-policy", policy)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = Call(scope, receive, self._rest)
        try:
            reply = await self._answer(call)
        except HttpError as error:
            reply = self._refusal(error)
        except AioRpcError as error:
            reply = self._refusal(_refused_by_service(call, error))
        except ClientDisconnect:
            return
        except Exception:  # the edge: all of them become an answer
            log.exception("request failed", extra={"method": call.method})
            reply = self._refusal(HttpError(500, "Unhandled error", body=UNHANDLED))
        await self._send(call, reply, send)

    async def _answer(self, call: Call) -> Reply:
        check_host(call, self._rest.config)
        method = call.method
        if method == "OPTIONS":
            return Reply(200, headers=tuple(preflight_headers(call, self._rest.config)))
        handler = self._handlers.get(method)
        if self._get_verifies and method == "GET" and handler is not None and _is_told_only(call):
            call.caller = Caller(call.credentials.told or "", by_token=True)
        else:
            await self._check(call)
        if handler is None:
            raise HttpError(405)
        reply = await handler(call)
        if self._activity and call.argument("no_track_activity") is None:
            self._rest.activity.note()
        return reply

    async def _check(self, call: Call) -> None:
        """Refuse what must not be, in the order that tells strangers least."""
        call.caller = await authenticate(call, self._rest.service, call.credentials)
        call.is_nobody = call.caller is None
        if call.method not in _SAFE:
            check_xsrf(call, self._rest.config, call.caller)
        if not self._page:
            check_origin(call, self._rest.config, call.caller)
        if call.caller is None and not self._public:
            raise HttpError(403)

    def _refusal(self, error: HttpError) -> Reply:
        headers = (self._allow,) if error.status == 405 else ()
        if self._page:
            body = error_page(error.status, error.message)
            return Reply(error.status, body, b"text/html; charset=UTF-8", headers)
        return Reply(error.status, error.body, headers=headers)

    async def _send(self, call: Call, reply: Reply, send: Send) -> None:
        headers = [*self._fixed, *reply.headers, *self._headers_for(call)]
        body, status = reply.body, reply.status
        if reply.etag is not None:
            headers.append((b"etag", reply.etag))
            if call.method != "POST" and _has_it_already(call, reply.etag):
                body, status = b"", 304
        if status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
            if reply.content_type is not None:
                headers.append((b"content-type", reply.content_type))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else body})

    def _headers_for(self, call: Call) -> Headers:
        """Who may read the answer; the login cookie: set for a token, cleared if it is no good."""
        headers = (
            [] if call.method == "OPTIONS" else cors_headers(call, self._rest.config, call.caller)
        )
        base_url, caller, kept = self._rest.config.base_url, call.caller, call.credentials.kept
        if caller is not None and caller.by_token and kept != caller.token:
            headers.append((b"set-cookie", login_cookie(call, base_url, caller.token)))
        elif call.is_nobody and kept is not None:
            cleared = login_cookies_cleared(call, base_url)
            headers.extend((b"set-cookie", cookie) for cookie in cleared)
        return headers


def _is_told_only(call: Call) -> bool:
    """Whether there is a token and no other one in a cookie that could be meant instead."""
    told, kept = call.credentials
    return told is not None and kept in (None, told)


def _refused_by_service(call: Call, error: AioRpcError) -> HttpError:
    if error.code() is StatusCode.UNAUTHENTICATED:
        call.caller, call.is_nobody = None, True
    http_error = http_error_of(error)
    if http_error.status == 500 or not reason_of(error):
        log.error("call of the service failed", extra={"detail": error.details()})
    return http_error


def _has_it_already(call: Call, etag: bytes) -> bool:
    told = header_of(call, b"if-none-match")
    if told is None:
        return False
    return told.strip() == "*" or etag.decode() in _etags(told)


def _etags(header: str) -> list[str]:
    """The ETags of an If-None-Match; weak ones count as strong, as for any read."""
    return [part.strip().removeprefix("W/") for part in header.split(",")]
