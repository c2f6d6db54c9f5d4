"""gRPC metadata as HTTP writes it, and what of it is not for callers.

Only what fails has metadata: the contract's answers have none.
"""

import base64
from collections.abc import Iterator

from jupyter_sessions_server.gateway.connect.errors import Metadata

# What belongs to the connection between gateway and service, and not to the caller's.
_OWN_PREFIXES = ("grpc-", "connect-", ":", "content-")
_OWN_KEYS = frozenset({"accept-encoding", "date", "server", "te", "user-agent"})


def texts(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """The caller's part of it, as text: bytes are base64 without padding."""
    for key, value in metadata:
        if not key.startswith(_OWN_PREFIXES) and key not in _OWN_KEYS:
            yield key, unpadded(value) if isinstance(value, bytes) else value


def unpadded(value: bytes) -> str:
    """Base64 as both protocols send it."""
    return base64.b64encode(value).decode().rstrip("=")
