"""A request to the REST API and the answer to it, and what its body says."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.types import Receive, Scope

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import (
    Caller,
    Credentials,
    argument,
    credentials_of,
    header,
)
from jupyter_sessions_server.gateway.http_errors import HttpError
from jupyter_sessions_server.gateway.service import Metadata, Service

JSON: Final = b"application/json"

JsonObject = Mapping[str, object]
RawCall = Callable[..., Awaitable[bytes]]
"""An RPC whose answer is left as the bytes it came in."""


class Activity:
    """When the server started, and when the REST API was last used: seconds since the epoch."""

    def __init__(self) -> None:
        self.started = time.time()
        self.last = self.started

    def note(self) -> None:
        """Somebody uses it now."""
        self.last = time.time()


@dataclass(frozen=True, slots=True)
class Rest:
    """What the REST endpoints work with."""

    service: Service
    config: GatewayConfig
    activity: Activity
    get_session: RawCall
    list_sessions: RawCall
    get_kernel: RawCall
    list_kernels: RawCall

    @classmethod
    def over(cls, service: Service, config: GatewayConfig) -> "Rest":
        """Answers that are asked for often stay bytes: what they are in JSON is kept by them."""
        return cls(
            service,
            config,
            Activity(),
            get_session=_raw(service, "SessionService/GetSession", sessions_pb2.GetSessionRequest),
            list_sessions=_raw(
                service, "SessionService/ListSessions", sessions_pb2.ListSessionsRequest
            ),
            get_kernel=_raw(service, "KernelService/GetKernel", kernels_pb2.GetKernelRequest),
            list_kernels=_raw(service, "KernelService/ListKernels", kernels_pb2.ListKernelsRequest),
        )


def _raw(service: Service, method: str, request_type: type[Message]) -> RawCall:
    call: RawCall = service.channel.unary_unary(
        f"/jupyter_sessions.v1.{method}",
        request_serializer=request_type.SerializeToString,
        response_deserializer=None,
    )
    return call


class Reply(NamedTuple):
    """An answer; it may be given more than once."""

    status: int
    body: bytes = b""
    content_type: bytes | None = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    etag: bytes | None = None


NO_CONTENT: Final = Reply(204, content_type=None)


def found(body: bytes) -> Reply:
    """JSON that a client may keep, and ask for again by its ETag."""
    return Reply(200, body, etag=etag_of(body))


def etag_of(body: bytes) -> bytes:
    """Names the body by what is in it."""
    return b'"%b"' % hashlib.sha1(body, usedforsecurity=False).hexdigest().encode()


class Page(NamedTuple):
    """A part of a list, and what asks for the next one; "" if it is the last."""

    reply: Reply
    next_token: str


async def all_pages(page: Callable[[str], Awaitable[Page]]) -> Reply:
    """The whole list, which is mostly one page; REST knows none."""
    first, token = await page("")
    if not token:
        return first
    parts = [first.body[1:-1]]
    while token:
        reply, token = await page(token)
        parts.append(reply.body[1:-1])
    return found(b"[" + b",".join(part for part in parts if part) + b"]")


class Call(Request):
    """A request, who makes it, and what it is answered with."""

    def __init__(self, scope: Scope, receive: Receive, rest: Rest) -> None:
        super().__init__(scope, receive)
        self.rest = rest
        self.credentials: Credentials = credentials_of(self)
        self.caller: Caller | None = None
        self.is_nobody = False
        """Whether the service was asked, and knows nobody by the request's token or cookie."""

    @property
    def metadata(self) -> Metadata:
        """What RPCs on the caller's behalf carry."""
        if self.caller is None:
            raise HttpError(403)
        return self.caller.metadata

    def path_param(self, name: str) -> str:
        """A part of the path."""
        return str(self.scope["path_params"][name])

    def url(self, *parts: str) -> str:  # type: ignore[override] # of what we serve, not of the call
        """The path under which something is served."""
        return self.rest.config.base_url + "/".join(parts)

    def argument(self, name: str) -> str | None:
        """An argument in the address."""
        return argument(self, name)

    async def json_object(self) -> JsonObject | None:
        """The body; None if there is none, or it is null. Raises HttpError for anything else."""
        body = await self._limited_body()
        if not body:
            return None
        try:
            value: Any = orjson.loads(body.strip())
        except orjson.JSONDecodeError as error:
            raise HttpError(400, "Invalid JSON in body of request") from error
        if value is not None and not isinstance(value, dict):
            raise HttpError(400, "JSON in body of request is not an object")
        return value

    async def _limited_body(self) -> bytes:
        limit = self.rest.config.max_body_bytes
        told = header(self, b"content-length")
        if told is not None and told.isdigit() and int(told) > limit:
            raise _too_large(limit)
        body = bytearray()
        async for part in self.stream():
            body += part
            if len(body) > limit:
                raise _too_large(limit)
        return bytes(body)


def _too_large(limit: int) -> HttpError:
    return HttpError(413, f"Body of request is larger than {limit} bytes")


def text_in(json: JsonObject, key: str) -> str | None:
    """The text under the key; None if absent or null. Raises HttpError for anything else."""
    value = json.get(key)
    if value is None or isinstance(value, str):
        return value
    raise HttpError(400, f"Field in JSON data is not a text: {key}")


def object_in(json: JsonObject, key: str) -> JsonObject | None:
    """The object under the key; None if absent or null. Raises HttpError for anything else."""
    value = json.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise HttpError(400, f"Field in JSON data is not an object: {key}")
