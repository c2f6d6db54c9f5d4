"""Envelopes: flags, length, message. Both streaming protocols send their messages in them."""

import struct
from dataclasses import dataclass
from typing import Final

from jupyter_sessions_server.gateway.connect.errors import malformed, too_large, unsupported

PREFIX_BYTES: Final = 5
COMPRESSED: Final = 0x01

_PREFIX: Final = struct.Struct(">BI")


@dataclass(frozen=True, slots=True)
class Enveloped:
    """A message as it came."""

    message: bytes
    compressed: bool


def envelope(flags: int, message: bytes) -> bytes:
    """The message in its envelope."""
    return _PREFIX.pack(flags, len(message)) + message


def only_message(body: bytes, limit: int) -> Enveloped:
    """The one message of a request; raises Failure for any other number of them."""
    if not body:
        raise unsupported("requests", "the request has no message, and has to have one")
    if len(body) < PREFIX_BYTES:
        raise malformed("request", "the envelope is cut off")
    flags, size = _PREFIX.unpack_from(body)
    if flags & ~COMPRESSED:
        raise malformed("request", f"the envelope has flags that requests have not: {flags:#04x}")
    if size > limit:
        raise too_large(limit)
    end = PREFIX_BYTES + size
    if len(body) < end:
        raise malformed("request", f"the message is cut off: {size} bytes announced")
    if len(body) > end:
        raise unsupported("requests", "the request has more than one message, and may have one")
    return Enveloped(body[PREFIX_BYTES:end], bool(flags & COMPRESSED))
