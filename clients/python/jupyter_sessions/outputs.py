"""What code says when it runs, as plain values: text, things it shows, errors, gaps.

They have the names of their messages in executions.proto. A MIME bundle is a mapping from media
type to content: text as str, images and the like as bytes, JSON documents as json.loads gives them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from jupyter_sessions.v1 import executions_pb2 as pb

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
MimeContent: TypeAlias = "bytes | Json"

ANSI_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class StreamOutput:
    """Text the code wrote; `name` is "stdout" or "stderr"."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class DisplayData:
    """Something the code displayed; `display_id` is empty if it cannot be updated."""

    data: Mapping[str, MimeContent]
    metadata: Mapping[str, Json]
    display_id: str


@dataclass(frozen=True, slots=True)
class ExecuteResult:
    """The value of the code's last expression."""

    data: Mapping[str, MimeContent]
    metadata: Mapping[str, Json]
    execution_count: int


@dataclass(frozen=True, slots=True)
class ErrorOutput:
    """An error the code raised; the lines of `traceback` have the kernel's terminal colours."""

    ename: str
    evalue: str
    traceback: tuple[str, ...]

    def __str__(self) -> str:
        """The traceback with its colours; `ename: evalue` if the kernel sent none."""
        return "\n".join(self.traceback) or f"{self.ename}: {self.evalue}"


@dataclass(frozen=True, slots=True)
class OutputGap:
    """Outputs are missing: how many of the kernel's messages, and the GapReason less its prefix."""

    missing_count: int
    reason: str

    def __str__(self) -> str:
        return f"{self.missing_count} messages of the kernel are missing here ({self.reason})"


@dataclass(frozen=True, slots=True)
class Image:
    """An image that code showed."""

    mime_type: str
    content: bytes

    def save(self, directory: str | Path) -> Path:
        """Write it to `image-N.EXTENSION` in the directory; no existing file is overwritten."""
        Path(directory).mkdir(parents=True, exist_ok=True)
        extension = re.sub(r"[^a-z0-9].*", "", self.mime_type.removeprefix("image/"))
        number = 1
        while True:
            path = Path(directory, f"image-{number}.{extension}")
            try:
                with path.open("xb") as file:
                    file.write(self.content)
            except FileExistsError:
                number += 1
            else:
                return path


Shown: TypeAlias = DisplayData | ExecuteResult
Output: TypeAlias = StreamOutput | Shown | ErrorOutput


def stream_from_pb(message: pb.StreamOutput) -> StreamOutput:
    """Text the code wrote."""
    return StreamOutput(message.name, message.text)


def display_from_pb(message: pb.DisplayData) -> DisplayData:
    """Something the code displayed."""
    metadata = json_object(message.metadata_json)
    return DisplayData(bundle_from_pb(message.data), metadata, message.display_id)


def execute_result_from_pb(message: pb.ExecuteResult) -> ExecuteResult:
    """The value of the last expression."""
    metadata = json_object(message.metadata_json)
    return ExecuteResult(bundle_from_pb(message.data), metadata, message.execution_count)


def error_from_pb(message: pb.ErrorOutput) -> ErrorOutput:
    """An error the code raised."""
    return ErrorOutput(message.ename, message.evalue, tuple(message.traceback))


def gap_from_pb(message: pb.OutputGap) -> OutputGap:
    """Outputs that are missing."""
    reason = pb.GapReason.Name(message.reason).removeprefix("GAP_REASON_")
    return OutputGap(message.missing_count, reason)


def without_colours(text: str) -> str:
    """The text without terminal control sequences."""
    return ANSI_SEQUENCE.sub("", text)


def text_plain(output: Output) -> str:
    """What was written, or the text/plain of what is shown; empty for an error."""
    if isinstance(output, StreamOutput):
        return output.text
    if isinstance(output, ErrorOutput):
        return ""
    content = output.data.get("text/plain", "")
    return content if isinstance(content, str) else ""


def console_text(outputs: Iterable[Output]) -> str:
    """The outputs as a console shows them: each thing shown has lines of its own."""
    pieces: list[str] = []
    shown_before = False
    for output in outputs:
        if not (text := text_plain(output)):
            continue
        shown = not isinstance(output, StreamOutput)
        if pieces and (shown or shown_before) and not pieces[-1].endswith("\n"):
            pieces.append("\n")
        pieces.append(text)
        shown_before = shown
    return "".join(pieces)


def image_of(output: Output) -> Image | None:
    """The first representation of the output that is an image, if there is one."""
    if isinstance(output, DisplayData | ExecuteResult):
        for mime_type, content in output.data.items():
            if mime_type.startswith("image/") and isinstance(content, str | bytes):
                return Image(mime_type, content.encode() if isinstance(content, str) else content)
    return None


def bundle_from_pb(message: pb.MimeBundle) -> dict[str, MimeContent]:
    """One thing in its representations."""
    return dict(_part_from_pb(part) for part in message.parts)


def _part_from_pb(part: pb.MimePart) -> tuple[str, MimeContent]:
    if part.HasField("json"):
        return part.mime_type, json.loads(part.json)
    return part.mime_type, part.data if part.HasField("data") else part.text


def json_object(text: str) -> dict[str, Json]:
    """A JSON object, or an empty one for ''."""
    content: dict[str, Json] = json.loads(text or "{}")
    return content
