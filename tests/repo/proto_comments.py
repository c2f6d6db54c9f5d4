"""What the comments of the contract say of errors, read from protos/."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PROTOS = sorted((ROOT / "protos/jupyter_sessions/v1").glob("*.proto"))

_COMMENTED = re.compile(r"((?:^ *//.*\n)+) *(rpc|service|ERROR_REASON_)\s*(\w+)", re.MULTILINE)
_REASONS = re.compile(r"\b([A-Z_]+) \(([A-Z_]+(?:, [A-Z_]+)*)\)")


class ErrorLine(NamedTuple):
    """That an RPC, or any RPC of a service, can fail for a reason, with a code."""

    where: str
    """ "Service.Method", or "Service" for any RPC of it."""
    code: str
    reason: str


def error_lines() -> list[ErrorLine]:
    """All of them, in the order of the files."""
    lines = []
    for proto in PROTOS:
        service = ""
        for comment, kind, name in _COMMENTED.findall(proto.read_text(encoding="utf-8")):
            if kind == "service":
                service = name
            if kind in ("service", "rpc"):
                where = service if kind == "service" else f"{service}.{name}"
                for code, reasons in _REASONS.findall(_joined(comment)):
                    lines += [ErrorLine(where, code, reason) for reason in reasons.split(", ")]
    return lines


def reason_comments() -> dict[str, str]:
    """What errors.proto says of each ErrorReason, by its name less the prefix."""
    (errors,) = (proto for proto in PROTOS if proto.name == "errors.proto")
    return {
        name: _joined(comment)
        for comment, kind, name in _COMMENTED.findall(errors.read_text(encoding="utf-8"))
        if kind == "ERROR_REASON_"
    }


def _joined(comment: str) -> str:
    """The comment as one line, without its slashes."""
    return " ".join(line.strip().removeprefix("//").strip() for line in comment.splitlines())
