"""Jupyter messages to kernels, as this service makes them; and ids."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from jupyter_sessions_server.model import Request

_PROTOCOL_VERSION = "5.4"
_SENDER = secrets.token_hex(8)


def new_id() -> str:
    """A message, execution, session or kernel id: 128 random bits as a UUID's text."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def request(msg_type: str, content: Mapping[str, object], msg_id: str | None = None) -> Request:
    """A message of this service to a kernel."""
    msg_id = msg_id or new_id()
    header = {
        "msg_id": msg_id,
        "msg_type": msg_type,
        "session": _SENDER,
        "username": "jupyter_sessions",
        "date": datetime.now(UTC).isoformat(),
        "version": _PROTOCOL_VERSION,
    }
    return Request(
        msg_id=msg_id,
        msg_type=msg_type,
        header=json.dumps(header).encode(),
        content=json.dumps(content).encode(),
    )
