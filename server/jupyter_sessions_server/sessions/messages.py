"""What the JSON of a kernel's messages says."""

import json
from typing import Any

import orjson

from jupyter_sessions_server.model import Message

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
