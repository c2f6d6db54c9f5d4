"""What the JSON of a kernel's messages says."""

import json
from typing import Any

import orjson

from jupyter_sessions_server.model import Channel, Message

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


def main_shell_state(message: Message) -> str | None:
    """What a status message says of the code that runs, and others wait for; None for others.

    What a subshell does is not that: its idle would hide that the kernel is busy.
    """
    if message.parent_type in UNTRACKED_TYPES or message.channel is not Channel.IOPUB:
        return None
    state = execution_state(message)
    return None if state is None or _is_of_subshell(message) else state


def _is_of_subshell(message: Message) -> bool:
    if b"subshell_id" not in message.parent_header:
        return False
    return parse_json(message.parent_header).get("subshell_id") is not None
