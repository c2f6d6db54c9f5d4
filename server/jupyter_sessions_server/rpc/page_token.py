"""Page tokens: where a page ended, and of which list; refused where another list is asked for."""

import base64
import hashlib
import json

from jupyter_sessions_server.errors import InvalidPageToken

Position = int | str

_FINGERPRINT_DIGITS = 16
_GREATEST_NUMBER = 2**63 - 1  # SQLite's
_MOST_CHARACTERS = 40_000  # a path of 4,096 bytes, which in JSON may be six times as many


def fingerprint(*parts: bytes) -> str:
    """What tells one list from another: its filter and order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:_FINGERPRINT_DIGITS]


def write(position: Position, list_fingerprint: str) -> str:
    """The token for the page after this position."""
    return _encode([list_fingerprint, position])


def read(token: str, list_fingerprint: str, kind: type[int] | type[str]) -> Position | None:
    """The position in the token, None for an empty one; raises InvalidPageToken."""
    if not token:
        return None
    if len(token) > _MOST_CHARACTERS:
        raise InvalidPageToken("is longer than any of this server's")
    match _decode(token):
        case [str(made_for), int() | str() as position] if _is_position(position, kind):
            if made_for != list_fingerprint:
                raise InvalidPageToken("was made for another filter or order")
            return position
        case _:
            raise InvalidPageToken("is not one of this server's")


def _is_position(position: Position, kind: type[int] | type[str]) -> bool:
    if type(position) is not kind:
        return False
    return isinstance(position, str) or 0 <= position <= _GREATEST_NUMBER


def _encode(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def _decode(token: str) -> object:
    """What the token holds; None if it is none that `_encode` makes, however broken it is."""
    try:
        content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        return content if _encode(content) == token else None
    except (ValueError, RecursionError):
        return None
