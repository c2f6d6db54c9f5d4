"""Speaking the protocols by hand: requests as they are on the wire, and answers taken apart."""

import base64
import json
import struct
from dataclasses import dataclass
from urllib.parse import unquote

from google.protobuf.json_format import MessageToJson
from google.rpc import error_details_pb2, status_pb2

UNARY_PROTO, UNARY_JSON = "application/proto", "application/json"
STREAM_PROTO, STREAM_JSON = "application/connect+proto", "application/connect+json"
WEB_PROTO, WEB_JSON = "application/grpc-web+proto", "application/grpc-web+json"
WEB_TEXT = "application/grpc-web-text"

UNARY = (UNARY_PROTO, UNARY_JSON, WEB_PROTO, WEB_JSON, WEB_TEXT)
STREAMING = (STREAM_PROTO, STREAM_JSON, WEB_PROTO, WEB_JSON, WEB_TEXT)

HTTP_STATUS = {
    "canceled": 499,
    "unknown": 500,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "data_loss": 500,
    "unauthenticated": 401,
}
"""As the Connect protocol has it."""
CODES = dict(enumerate(HTTP_STATUS, 1))


@dataclass(frozen=True)
class Said:
    """An answer: its messages, or the error it ended with."""

    messages: tuple[bytes, ...]
    code: str | None = None
    message: str = ""
    details: tuple[tuple[str, bytes], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def info(self):
        """Its ErrorInfo, None if it has none."""
        for name, value in self.details:
            if name == "google.rpc.ErrorInfo":
                return error_details_pb2.ErrorInfo.FromString(value)
        return None

    @property
    def what(self):
        """The code, and the reason if there is one."""
        return self.code, self.info and self.info.reason


class Caller:
    """Calls RPCs at an address."""

    def __init__(self, http, address):
        self.http = http
        self.address = address

    async def post(self, rpc, body=b"", **headers):
        """One request, its headers with underscores."""
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.http.post(self.address + rpc, content=body, headers=told)

    async def json(self, rpc, fields):
        """As most people would try it."""
        return await self.http.post(self.address + rpc, json=fields)

    async def ask(self, content_type, rpc, request, **headers):
        """A message, in any dialect; the answer, taken apart."""
        body = written(content_type, request)
        return said(await self.post(rpc, body, content_type=content_type, **headers))


def written(content_type, request):
    """The body that carries the message."""
    message = request.SerializeToString()
    if content_type.endswith("json"):
        message = MessageToJson(request).encode()
    return framed(content_type, message)


def framed(content_type, message, flags=0):
    """The body that carries these bytes."""
    if content_type in (UNARY_PROTO, UNARY_JSON):
        return message
    body = struct.pack(">BI", flags, len(message)) + message
    return base64.b64encode(body) if content_type == WEB_TEXT else body


def said(response):
    """What the response says; fails if it breaks its protocol's rules."""
    content_type = response.request.headers["content-type"]
    if content_type in (UNARY_PROTO, UNARY_JSON):
        return _said_unary(response, content_type)
    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    body = _from_text(response.content) if content_type == WEB_TEXT else response.content
    *messages, (flags, last) = envelopes(body)
    assert all(flags == 0 for flags, _ in messages)
    told = tuple(message for _, message in messages)
    if content_type in (STREAM_PROTO, STREAM_JSON):
        assert flags == 2
        end = json.loads(last)
        metadata = {key: ", ".join(values) for key, values in end.get("metadata", {}).items()}
        return _said(told, end.get("error"), metadata)
    assert flags == 0x80
    return _said_in_trailers(told, last)


def envelopes(body):
    """The envelopes, each with its flags; fails unless the last one is whole."""
    found = []
    while body:
        flags, size = struct.unpack_from(">BI", body)
        assert len(body) >= 5 + size
        found.append((flags, body[5 : 5 + size]))
        body = body[5 + size :]
    return found


def _from_text(body):
    parts = body.replace(b"=", b"= ").replace(b"= =", b"==").split()
    return b"".join(base64.b64decode(part) for part in parts)


def _said_unary(response, content_type):
    if response.status_code == 200:
        assert response.headers["content-type"] == content_type
        return Said((response.content,))
    assert response.headers["content-type"] == "application/json"
    error = response.json()
    assert response.status_code == HTTP_STATUS[error["code"]]
    metadata = {
        key.removeprefix("trailer-"): value
        for key, value in response.headers.items()
        if key.startswith("trailer-")
    }
    return _said((), error, metadata)


def _said(messages, error, metadata):
    if error is None:
        return Said(messages)
    assert error["code"] in HTTP_STATUS
    details = tuple(
        (told["type"], _from_base64(told["value"])) for told in error.get("details", ())
    )
    return Said(messages, error["code"], error.get("message", ""), details, tuple(metadata.items()))


def _said_in_trailers(messages, block):
    assert block.endswith(b"\r\n")
    trailers = dict(line.split(": ", 1) for line in block.decode("ascii").splitlines())
    code = int(trailers.pop("grpc-status"))
    if code == 0:
        return Said(messages)
    message = unquote(trailers.pop("grpc-message"))
    status = status_pb2.Status(code=code, message=message)
    if "grpc-status-details-bin" in trailers:
        status.ParseFromString(_from_base64(trailers.pop("grpc-status-details-bin")))
    assert (status.code, status.message) == (code, message)
    details = tuple((detail.TypeName(), detail.value) for detail in status.details)
    return Said(messages, CODES[code], message, details, tuple(trailers.items()))


def _from_base64(text):
    assert not text.endswith("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
