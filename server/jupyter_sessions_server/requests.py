"""Jupyter messages to kernels, as this service makes them; and ids."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from jupyter_sessions_server.model import Request

_PROTOCOL_VERSION = "5.4"
_OWN = "jupyter-sessions-"
_SENDER = _OWN + secrets.token_hex(8)


def new_id() -> str:
    """A message, execution, session or kernel id: 128 random bits as a UUID's text."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def is_own_session(session: str) -> bool:
    """Whether it is this service that asks under this name, the `session` of a header.

    It may have been an earlier process of it: what that asked is still in kernels' journals.
    """
    return session.startswith(_OWN)


def request(
    msg_type: str,
    content: Mapping[str, object],
    msg_id: str | None = None,
    *,
    subshell_id: str | None = None,
) -> Request:
    """A message of this service to a kernel, or to one of its subshells."""
    msg_id = msg_id or new_id()
    header = {
        "msg_id": msg_id,
        "msg_type": msg_type,
        "session": _SENDER,
        "username": "jupyter_sessions",
        "date": datetime.now(UTC).isoformat(),
        "version": _PROTOCOL_VERSION,
    }
    if subshell_id is not None:
        header["subshell_id"] = subshell_id
    return Request(
        msg_id=msg_id,
        msg_type=msg_type,
        header=json.dumps(header).encode(),
        content=json.dumps(content).encode(),
    )
