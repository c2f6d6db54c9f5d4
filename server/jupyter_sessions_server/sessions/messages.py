"""Jupyter messages to kernels: header and content as JSON, and ids."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from jupyter_sessions_server.model import Message, Request

_PROTOCOL_VERSION = "5.4"
_SENDER = secrets.token_hex(8)

UNTRACKED_TYPES = frozenset(
    {
        "comm_info_request",
        "create_subshell_request",
        "debug_request",
        "delete_subshell_request",
        "interrupt_request",
        "kernel_info_request",
        "list_subshell_request",
        "shutdown_request",
    }
)
"""Requests that are about the kernel itself: answering them is no work a caller waits for."""


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


def parse_json(text: bytes) -> dict[str, Any]:
    """A message's JSON object; anything else counts as an empty one."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:  # orjson refuses lone surrogates and NaN, which kernels do send
        parsed = _parse_leniently(text)
    return parsed if isinstance(parsed, dict) else {}


def _parse_leniently(text: bytes) -> object:
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (json.JSONDecodeError, RecursionError):
        return None


def execution_state(message: Message) -> str | None:
    """What a status message says, if it is one."""
    if message.msg_type != "status":
        return None
    state = parse_json(message.content).get("execution_state")
    return state if isinstance(state, str) else None
