"""What can be asked of a kernel besides running code, and what it answers.

A kernel can answer anything, and can fail to: what has not the type the protocol says counts as
empty, and a kernel that fails as one that knows nothing.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from jupyter_sessions_server.model import MimeBundle

Content = Mapping[str, Any]
Answer = TypeVar("Answer", covariant=True)


class Question(Protocol[Answer]):
    """A request to a kernel's shell, and how its reply is read."""

    msg_type: ClassVar[str]

    def content(self) -> Content:
        """The content of the request."""
        ...

    def answer(self, reply: Content) -> Answer:
        """What the content of the reply says; nothing, for an empty one."""
        ...


@dataclass(frozen=True, slots=True)
class Completion:
    """How code may go on; positions are in Unicode characters."""

    matches: Sequence[str]
    cursor_start: int
    cursor_end: int
    metadata: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Complete:
    """How may this code go on at the cursor?"""

    code: str
    cursor: int
    msg_type: ClassVar[str] = "complete_request"

    def content(self) -> Content:
        """The content of the request."""
        return {"code": self.code, "cursor_pos": self.cursor}

    def answer(self, reply: Content) -> Completion:
        """The matches, for a range within the code."""
        end = self._position(reply.get("cursor_end"), self.cursor)
        start = self._position(reply.get("cursor_start"), end)
        return Completion(
            matches=[match for match in _list(reply.get("matches")) if isinstance(match, str)],
            cursor_start=min(start, end),
            cursor_end=end,
            metadata=_object(reply.get("metadata")),
        )

    def _position(self, value: object, default: int) -> int:
        return min(max(value, 0), len(self.code)) if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a name; `data` is empty if nothing was found."""

    found: bool
    data: MimeBundle
    metadata: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Inspect:
    """What is the name at the cursor?"""

    code: str
    cursor: int
    with_source: bool = False
    msg_type: ClassVar[str] = "inspect_request"

    def content(self) -> Content:
        """The content of the request."""
        level = 1 if self.with_source else 0
        return {"code": self.code, "cursor_pos": self.cursor, "detail_level": level}

    def answer(self, reply: Content) -> Inspection:
        """What was found."""
        found = reply.get("found") is True
        data = _object(reply.get("data")) if found else {}
        return Inspection(found, data, _object(reply.get("metadata")))


class Completeness(enum.Enum):
    """Whether code could be run; the values are Jupyter's."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeEnd:
    """Whether code could be run, and how the next line begins if it could not yet."""

    completeness: Completeness
    indent: str


@dataclass(frozen=True, slots=True)
class IsComplete:
    """Could this code be run as it is?"""

    code: str
    msg_type: ClassVar[str] = "is_complete_request"

    def content(self) -> Content:
        """The content of the request."""
        return {"code": self.code}

    def answer(self, reply: Content) -> CodeEnd:
        """Whether it could; UNKNOWN unless the kernel says what it may say."""
        status = reply.get("status")
        known = status in [each.value for each in Completeness]
        completeness = Completeness(status) if known else Completeness.UNKNOWN
        incomplete = completeness is Completeness.INCOMPLETE
        return CodeEnd(completeness, _text(reply.get("indent")) if incomplete else "")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A piece of code that was run; `output` is None if it was not asked for or there is none."""

    history_session: int
    line: int
    code: str
    output: str | None


@dataclass(frozen=True, slots=True)
class History:
    """Which code was run?"""

    access: Mapping[str, object]
    """The fields of Jupyter's request that say which."""
    raw: bool
    output: bool
    msg_type: ClassVar[str] = "history_request"

    def content(self) -> Content:
        """The content of the request."""
        return {**self.access, "raw": self.raw, "output": self.output}

    def answer(self, reply: Content) -> Sequence[HistoryEntry]:
        """The entries that can be read, in the kernel's order: oldest first."""
        read = map(_entry, _list(reply.get("history")))
        return [entry for entry in read if entry is not None]


def _entry(value: object) -> HistoryEntry | None:
    """An entry: [session, line, input], or [session, line, [input, output]]."""
    match value:
        case [int(session), int(line), str(code)]:
            output: object = None
        case [int(session), int(line), [str(code), output]]:
            pass
        case _:
            return None
    if not (_is_int32(session) and _is_int32(line)):
        return None
    return HistoryEntry(session, line, code, output if isinstance(output, str) else None)


def _is_int32(value: int) -> bool:
    return -(2**31) <= value < 2**31


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
