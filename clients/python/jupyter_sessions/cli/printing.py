"""Prints answers: tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from jupyter_sessions.v1.kernels_pb2 import Kernel
    from jupyter_sessions.v1.sessions_pb2 import Session


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their headings, each column as wide as it needs."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_json(messages: "Message | Iterable[Message]") -> None:
    """Print a message as a JSON object, several as an array, with the contract's field names."""
    from google.protobuf.message import Message

    if isinstance(messages, Message):
        print(json.dumps(json_of(messages), indent=2))
    else:
        print(json.dumps([json_of(message) for message in messages], indent=2))


def json_of(message: "Message") -> dict[str, object]:
    """What JSON shows of a message; fields that have their default are there too."""
    from google.protobuf.json_format import MessageToDict

    fields: dict[str, object] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return fields


def print_session(session: "Session") -> None:
    """Print one line about a session."""
    kernel = session.kernel
    state = state_name(kernel)
    print(f"{session.path}: {kernel.kernel_name}, {state}, session {session.session_id}")


def state_name(kernel: "Kernel") -> str:
    """The kernel's state in lower case, such as "idle"."""
    from jupyter_sessions.v1.kernels_pb2 import KernelState

    return KernelState.Name(kernel.state).removeprefix("KERNEL_STATE_").lower()


def cause_of_death(kernel: "Kernel") -> str:
    """How a dead kernel ended, such as "SIGNALED, signal 9, 3 s ago"; empty for a live one."""
    from jupyter_sessions.v1.kernels_pb2 import KernelExitCause

    if not kernel.HasField("exit"):
        return ""
    end = kernel.exit
    facts = [KernelExitCause.Name(end.cause).removeprefix("KERNEL_EXIT_CAUSE_")]
    if end.HasField("exit_code"):
        facts.append(f"exit code {end.exit_code}")
    if end.HasField("signal"):
        facts.append(f"signal {end.signal}")
    return ", ".join([*facts, since(end.exit_time)])


def since(time: "Timestamp", now: datetime | None = None) -> str:
    """How long ago that was, such as "3 min ago"; "-" if the time is not set."""
    if not time.seconds:
        return "-"
    passed = (now or datetime.now(UTC)) - time.ToDatetime(tzinfo=UTC)
    seconds = max(0, int(passed.total_seconds()))
    for unit, length in (("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
