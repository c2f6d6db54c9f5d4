"""Codecs: how callers write messages, to and from the bytes that the service takes and gives."""

import asyncio
from typing import Final, Protocol

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message

from jupyter_sessions_server.gateway.connect.errors import malformed

_LARGE_BYTES: Final = 32 * 1024
"""What is larger is converted in a thread: it takes milliseconds, and other callers go on."""


class Codec(Protocol):
    """How messages are written."""

    @property
    def name(self) -> str:
        """What content types call it."""

    async def read(self, kind: type[Message], written: bytes) -> bytes:
        """What a caller has written, as the service takes it; raises Failure."""

    async def write(self, kind: type[Message], message: bytes) -> bytes:
        """What the service gives, as the caller reads it."""


class ProtoCodec:
    """Protobuf: the service itself reads what callers have written."""

    name = "proto"

    async def read(self, _kind: type[Message], written: bytes) -> bytes:
        """The bytes as they are."""
        return written

    async def write(self, _kind: type[Message], message: bytes) -> bytes:
        """The bytes as they are."""
        return message


class JsonCodec:
    """The JSON of protobuf: camelCase names, 64-bit integers as text, bytes in base64."""

    name = "json"

    async def read(self, kind: type[Message], written: bytes) -> bytes:
        """The message in protobuf; fields that the contract has not are left out, as there."""
        if len(written) < _LARGE_BYTES:
            return _from_json(kind, written)
        return await asyncio.to_thread(_from_json, kind, written)

    async def write(self, kind: type[Message], message: bytes) -> bytes:
        """The message in JSON, without fields that are unset."""
        if len(message) < _LARGE_BYTES:
            return _to_json(kind, message)
        return await asyncio.to_thread(_to_json, kind, message)


PROTO: Final[Codec] = ProtoCodec()
JSON: Final[Codec] = JsonCodec()


def _from_json(kind: type[Message], written: bytes) -> bytes:
    message = kind()
    if written.lstrip()[:1] != b"{":  # json_format takes a list for an object without fields
        raise malformed("request", "not a JSON object")
    try:
        json_format.Parse(written, message, ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeError) as error:
        raise malformed("request", f"no JSON of {kind.DESCRIPTOR.full_name}: {error}") from error
    return message.SerializeToString()


def _to_json(kind: type[Message], message: bytes) -> bytes:
    return orjson.dumps(json_format.MessageToDict(kind.FromString(message)))
