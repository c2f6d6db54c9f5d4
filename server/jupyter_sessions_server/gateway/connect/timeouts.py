"""How long a caller wants to wait, as the protocols' headers say it."""

import re
from collections.abc import Mapping
from typing import Final

from jupyter_sessions_server.gateway.connect.errors import malformed

_CONNECT: Final = re.compile(rb"[0-9]{1,10}")
_GRPC: Final = re.compile(rb"([0-9]{1,8})([HMSmun])")
_SECONDS: Final = {b"H": 3600, b"M": 60, b"S": 1, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
_LONGEST_SECONDS: Final = 365 * 24 * 3600.0
"""Who says more gets this."""


def connect_timeout(headers: Mapping[bytes, bytes]) -> float | None:
    """The seconds of `connect-timeout-ms`; None if the caller waits for ever."""
    value = headers.get(b"connect-timeout-ms")
    if value is None:
        return None
    if not _CONNECT.fullmatch(value):
        raise malformed("connect-timeout-ms", "not a number of milliseconds of at most 10 digits")
    return int(value) / 1000


def grpc_timeout(headers: Mapping[bytes, bytes]) -> float | None:
    """The seconds of `grpc-timeout`; None if the caller waits for ever."""
    value = headers.get(b"grpc-timeout")
    if value is None:
        return None
    match = _GRPC.fullmatch(value)
    if match is None:
        raise malformed("grpc-timeout", "not at most 8 digits and one of H, M, S, m, u, n")
    return min(int(match[1]) * _SECONDS[match[2]], _LONGEST_SECONDS)
