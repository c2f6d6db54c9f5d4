"""Refuses what is malformed in a request, naming the field and the limit."""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath

from jupyter_sessions_server.errors import InvalidField

MAX_PATH_BYTES = 4096
MAX_NAME_BYTES = 4096
MAX_TYPE_BYTES = 256
MAX_ID_BYTES = 128
MAX_EXECUTION_ID_BYTES = 256
"""That of other front ends' code is the id of the message which a front end sent."""
MAX_CHOSEN_ID_LETTERS = 64
MAX_REQUEST_ID_BYTES = 128
MAX_KERNEL_NAME_BYTES = 256
MAX_CODE_BYTES = 4 * 1024 * 1024
MAX_INPUT_BYTES = 1024 * 1024
MAX_TIMEOUT_MS = 366 * 24 * 3600 * 1000
MAX_LABELS = 64
MAX_LABEL_KEY_BYTES = 128
MAX_LABEL_VALUE_BYTES = 1024
MAX_ENV_VARIABLES = 1000
MAX_ENV_BYTES = 128 * 1024

_CHOSEN_ID = re.compile(r"[A-Za-z0-9_-]+")


def text(field: str, value: str, most: int, *, required: bool = False) -> str:
    """A text of at most `most` bytes, without NUL."""
    if required and not value:
        raise InvalidField(field, "is required")
    if len(value.encode()) > most:
        raise InvalidField(field, f"is longer than {most} bytes", limit=most)
    if "\0" in value:
        raise InvalidField(field, "contains a NUL character")
    return value


def path(field: str, value: str, *, required: bool = True) -> str:
    """A document's path."""
    return text(field, value, MAX_PATH_BYTES, required=required)


def any_id(field: str, value: str) -> str:
    """An id to look up: anything short, since an unknown one is simply not found."""
    return text(field, value, MAX_ID_BYTES, required=True)


def execution_id(field: str, value: str) -> str:
    """An id of an execution to look up."""
    return text(field, value, MAX_EXECUTION_ID_BYTES, required=True)


def chosen_id(field: str, value: str) -> str | None:
    """An id a caller chooses for something new; None if they leave it to the server."""
    if len(value) > MAX_CHOSEN_ID_LETTERS:
        problem = f"is longer than {MAX_CHOSEN_ID_LETTERS} letters"
        raise InvalidField(field, problem, limit=MAX_CHOSEN_ID_LETTERS)
    if value and _CHOSEN_ID.fullmatch(value) is None:
        raise InvalidField(field, "has other characters than letters, digits, '-' and '_'")
    return value or None


def kernel_name(field: str, value: str, *, required: bool = False) -> str:
    """A kernelspec's name, known or not."""
    return text(field, value, MAX_KERNEL_NAME_BYTES, required=required)


def cwd(field: str, value: str) -> str | None:
    """An absolute path of a directory; None if it is not given."""
    text(field, value, MAX_PATH_BYTES)
    if value and not PurePath(value).is_absolute():
        raise InvalidField(field, "is not an absolute path")
    return value or None


def labels(field: str, value: Mapping[str, str]) -> Mapping[str, str]:
    """A caller's own marks."""
    if len(value) > MAX_LABELS:
        raise InvalidField(field, f"has more than {MAX_LABELS} entries", limit=MAX_LABELS)
    for key, content in value.items():
        text(field, key, MAX_LABEL_KEY_BYTES, required=True)
        text(field, content, MAX_LABEL_VALUE_BYTES)
    return dict(value)


def env(field: str, value: Mapping[str, str]) -> Mapping[str, str]:
    """Environment variables."""
    if len(value) > MAX_ENV_VARIABLES:
        problem = f"has more than {MAX_ENV_VARIABLES} entries"
        raise InvalidField(field, problem, limit=MAX_ENV_VARIABLES)
    left = MAX_ENV_BYTES
    for name, content in value.items():
        text(field, name, MAX_ENV_BYTES, required=True)
        text(field, content, MAX_ENV_BYTES)
        if "=" in name:
            raise InvalidField(field, f"has a name with '=': {name!r}")
        left -= len(name.encode()) + len(content.encode())
    if left < 0:
        problem = f"is larger than {MAX_ENV_BYTES} bytes"
        raise InvalidField(field, problem, limit=MAX_ENV_BYTES)
    return dict(value)


def code(field: str, value: str) -> str:
    """Code to run; may be empty, and may contain anything."""
    if len(value.encode()) > MAX_CODE_BYTES:
        raise InvalidField(field, f"is longer than {MAX_CODE_BYTES} bytes", limit=MAX_CODE_BYTES)
    return value


def page_size(value: int, *, default: int, most: int) -> int:
    """How many to answer with."""
    if value < 0:
        raise InvalidField("page_size", "is negative")
    return min(value or default, most)


def page_size_bytes(value: int, *, default: int, most: int) -> int:
    """How many bytes to answer with."""
    if value < 0:
        raise InvalidField("page_size_bytes", "is negative")
    return min(value or default, most)


def input_value(field: str, value: str) -> str:
    """What somebody typed; may be empty, and may contain anything but a line end."""
    if len(value.encode()) > MAX_INPUT_BYTES:
        raise InvalidField(field, f"is longer than {MAX_INPUT_BYTES} bytes", limit=MAX_INPUT_BYTES)
    return value


def enum(field: str, number: int, known: Collection[int]) -> None:
    """The number of an enum's value that this server knows."""
    if number not in known:
        raise InvalidField(field, f"has the unknown value {number}")


def not_negative(field: str, value: int) -> int:
    """A number, or 0 for none."""
    if value < 0:
        raise InvalidField(field, "is negative")
    return value
