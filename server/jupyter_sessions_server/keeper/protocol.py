"""How a server and the keeper speak: one JSON object per line, over a unix socket.

A request `{"id": n, "op": …, …}` gets one answer, `{"id": n, "ok": {…}}` or
`{"id": n, "error": CODE, "message": text}`. Answers may come in another order than the requests,
so that a slow start delays nobody.
"""

import enum
import json
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

VERSION = 1
"""Rises with each change that a server or a keeper of the version before could not live with."""

MAX_LINE_BYTES = 16 * 1024 * 1024

SOCKET_NAME = "keeper.sock"
"""Its name in the run directory."""

LOCKED_EXIT_CODE = 3
"""How a keeper ends that finds another one in its run directory."""


class Op(enum.StrEnum):
    """What a keeper can be asked."""

    HELLO = "hello"
    START = "start"
    PREPARE = "prepare"
    SIGNAL = "signal"
    STOP = "stop"
    LIST = "list"
    FORGET = "forget"
    SHUTDOWN = "shutdown"


class ErrorCode(enum.StrEnum):
    """Why a request was refused."""

    START_FAILED = "START_FAILED"
    ALREADY_RUNNING = "ALREADY_RUNNING"
    RUNNING = "RUNNING"
    """The kernel has a process, so it cannot be forgotten."""
    INVALID = "INVALID"
    """A field is missing or malformed; the message names it."""
    UNKNOWN_OP = "UNKNOWN_OP"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    INTERNAL = "INTERNAL"


class Mode(enum.StrEnum):
    """How a process came to be."""

    COLD = "COLD"
    WARM = "WARM"


class Cause(enum.StrEnum):
    """Why a process ended."""

    EXITED = "EXITED"
    SIGNALED = "SIGNALED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    NEVER_READY = "NEVER_READY"
    CULLED = "CULLED"
    SHUT_DOWN = "SHUT_DOWN"
    LOST = "LOST"
    """Nobody knows how: its parent had gone before."""


class Settings(TypedDict, total=False):
    """What a server tells in its hello; it holds for the whole keeper from then on."""

    limits: list[int]
    """A journal's Limits, in their order; they hold for later starts."""
    orphan_ttl_seconds: float
    """After how long without server and output a kernel is stopped."""
    linger_seconds: float
    """How long the keeper stays without server and kernels."""


class Hello(TypedDict):
    """The answer to hello."""

    version: int
    ops: list[str]
    pid: int
    software_version: str


class ProvisionerRequest(TypedDict):
    """A kernel provisioner of jupyter_client; null for a plain process."""

    name: str
    config: dict[str, Any]
    kernel_name: str


class StartRequest(TypedDict):
    """What start takes."""

    kernel_id: str
    argv: list[str]
    """`{connection_file}`, `{prefix}` and `{resource_dir}` are filled in by the keeper."""
    cwd: str
    env: dict[str, str]
    warm: bool
    pool: int
    nice: int
    provisioner: ProvisionerRequest | None
    resource_dir: NotRequired[str | None]
    interrupt_by_message: NotRequired[bool]
    """Kept for the server: how the kernel wants to be interrupted."""


class RunningKernel(TypedDict):
    """A kernel that has a process: the answer to start, and each one in list."""

    kernel_id: str
    pid: int
    mode: str
    cold_reason: str
    """Why it could not be forked; empty if it was, or if nobody asked for it."""
    recorded: bool
    """Whether a recorder writes its journal and takes its requests."""
    connection: dict[str, Any]
    """What is in the connection file."""
    requests: str | None
    """The recorder's socket, for a kernel that is recorded."""
    interrupt_by_message: bool
    first_seq: int
    """The number of the record that tells this start in the journal."""
    started_ms: int
    """Unix time."""


class RequestRefused(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class MalformedLine(ValueError):
    """A line that is no JSON object."""


def encode(message: Mapping[str, Any]) -> bytes:
    """The message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message of one line; raises MalformedLine."""
    try:
        message = json.loads(line)
    except ValueError as error:
        text = f"not JSON: {error}"
        raise MalformedLine(text) from None
    if not isinstance(message, dict):
        raise MalformedLine("not an object")
    return message


def ok(request_id: object, result: Mapping[str, Any]) -> bytes:
    """The answer to a request that was carried out."""
    return encode({"id": request_id, "ok": result})


def refusal(request_id: object, code: ErrorCode, message: str) -> bytes:
    """The answer to a request that was not."""
    return encode({"id": request_id, "error": code, "message": message})
