"""What kernels answer to questions about code, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_sessions.outputs import Json, MimeContent, bundle_from_pb, json_object, without_colours
from jupyter_sessions.v1 import executions_pb2 as pb


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand in the code between `cursor_start` and `cursor_end`, in characters."""

    matches: tuple[str, ...]
    cursor_start: int
    cursor_end: int
    metadata: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a name; `data` is empty if nothing was found."""

    found: bool
    data: Mapping[str, MimeContent]
    metadata: Mapping[str, Json]

    @property
    def text(self) -> str:
        """The text/plain of it, without terminal colours; empty if there is none."""
        content = self.data.get("text/plain", "")
        return without_colours(content) if isinstance(content, str) else ""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether code could be run as it is, and what the next line begins with if it could not yet.

    `state` is the CodeCompleteness less its prefix: "COMPLETE", "INCOMPLETE", "INVALID", "UNKNOWN".
    """

    state: str
    indent: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Code that was run; `output` is None if it was not asked for, or there was none."""

    history_session: int
    line: int
    input: str
    output: str | None


def completion_from_pb(message: pb.CompleteResponse) -> Completion:
    """Suggestions."""
    return Completion(
        matches=tuple(message.matches),
        cursor_start=message.cursor_start,
        cursor_end=message.cursor_end,
        metadata=json_object(message.metadata_json),
    )


def inspection_from_pb(message: pb.InspectResponse) -> Inspection:
    """What is known of a name."""
    data = bundle_from_pb(message.data)
    return Inspection(message.found, data, json_object(message.metadata_json))


def completeness_from_pb(message: pb.IsCompleteResponse) -> Completeness:
    """Whether code could be run."""
    name = pb.CodeCompleteness.Name(message.completeness)
    return Completeness(name.removeprefix("CODE_COMPLETENESS_"), message.indent)


def history_from_pb(message: pb.HistoryResponse) -> tuple[HistoryEntry, ...]:
    """Code that was run."""
    return tuple(map(_entry_from_pb, message.entries))


def _entry_from_pb(entry: pb.HistoryEntry) -> HistoryEntry:
    output = entry.output if entry.HasField("output") else None
    return HistoryEntry(entry.history_session, entry.line, entry.input, output)
