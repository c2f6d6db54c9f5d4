"""The content types that callers may speak, and what each means."""

from collections.abc import Iterable
from typing import Final

from jupyter_sessions_server.gateway.connect.codec import JSON, PROTO, Codec
from jupyter_sessions_server.gateway.connect.connect_stream import ConnectStream
from jupyter_sessions_server.gateway.connect.connect_unary import ConnectUnary
from jupyter_sessions_server.gateway.connect.grpc_web import GrpcWeb, GrpcWebText
from jupyter_sessions_server.gateway.connect.protocol import Dialect, Wire
from jupyter_sessions_server.gateway.connect.rpcs import Rpc

_UNARY, _STREAM, _WEB, _TEXT = ConnectUnary(), ConnectStream(), GrpcWeb(), GrpcWebText()

# fmt: off
_DIALECTS: Final[tuple[tuple[str, Wire, Codec], ...]] = (
    ("application/proto",               _UNARY,  PROTO),
    ("application/json",                _UNARY,  JSON),
    ("application/connect+proto",       _STREAM, PROTO),
    ("application/connect+json",        _STREAM, JSON),
    ("application/grpc-web",            _WEB,    PROTO),
    ("application/grpc-web+proto",      _WEB,    PROTO),
    ("application/grpc-web+json",       _WEB,    JSON),
    ("application/grpc-web-text",       _TEXT,   PROTO),
    ("application/grpc-web-text+proto", _TEXT,   PROTO),
)
# fmt: on

_BY_CONTENT_TYPE: Final = {
    name.encode(): Dialect(name.encode(), wire, codec) for name, wire, codec in _DIALECTS
}


def dialect_of(content_type: bytes) -> Dialect | None:
    """What a caller speaks; None if it is not known here, or text that is not UTF-8."""
    known = _BY_CONTENT_TYPE.get(content_type)
    if known is not None:
        return known
    name, *parameters = content_type.lower().split(b";")
    for parameter in parameters:
        key, _, value = parameter.partition(b"=")
        if key.strip() == b"charset" and value.strip(b' \t"') not in (b"utf-8", b"utf8"):
            return None
    return _BY_CONTENT_TYPE.get(name.strip())


def content_types_for(rpc: Rpc) -> Iterable[bytes]:
    """How the RPC can be called."""
    return (name for name, dialect in _BY_CONTENT_TYPE.items() if dialect.wire.serves(rpc))
