"""What the JSON of a kernel's messages says."""

import json
import math
from collections.abc import Callable
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


_DEEPEST = 200
_LONGEST_NUMBER = 1000
"""Characters; Python's own limit for integers is 4,300, by default."""


def parse_json(text: bytes) -> dict[str, Any]:
    """A message's JSON object; anything else counts as an empty one, also what is nested too deep.

    What it holds can be written as JSON: a number that JSON has not, or that is too large, is null.
    """
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:  # orjson refuses lone surrogates and NaN, which kernels do send
        parsed = _parse_leniently(text)
    return parsed if isinstance(parsed, dict) and not _is_too_deep(parsed, text) else {}


def _parse_leniently(text: bytes) -> object:
    try:
        return json.loads(
            text.decode("utf-8", "replace"),
            parse_constant=lambda _: None,
            parse_float=_number_of(float),
            parse_int=_number_of(int),
        )
    except (ValueError, RecursionError):
        return None


def _number_of(read: Callable[[str], float]) -> Callable[[str], float | None]:
    def number(text: str) -> float | None:
        value = read(text) if len(text) <= _LONGEST_NUMBER else math.inf
        return value if -math.inf < value < math.inf else None

    return number


def _is_too_deep(parsed: dict[str, Any], text: bytes) -> bool:
    if text.count(b"{") + text.count(b"[") <= _DEEPEST:
        return False
    level: list[Any] = [parsed]
    for _ in range(_DEEPEST):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


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
    return None if state is None or is_of_subshell(message) else state


def is_of_subshell(message: Message) -> bool:
    """Whether it was said in a subshell, beside what the kernel runs."""
    if b"subshell_id" not in message.parent_header:
        return False
    return parse_json(message.parent_header).get("subshell_id") is not None
