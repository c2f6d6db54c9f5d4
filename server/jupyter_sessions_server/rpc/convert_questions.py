"""Questions to kernels and their answers: protobuf ↔ model; refuses what is malformed."""

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.rpc import check
from jupyter_sessions_server.rpc.convert_executions import bundle_to_pb
from jupyter_sessions_server.rpc.convert_text import json_or_nothing, utf8
from jupyter_sessions_server.sessions import questions as asked

MAX_HISTORY_ENTRIES = 10_000
MAX_PATTERN_BYTES = 4096

COMPLETENESS_TO_PB: dict[asked.Completeness, pb.CodeCompleteness] = {
    each: getattr(pb, f"CODE_COMPLETENESS_{each.name}") for each in asked.Completeness
}


def complete_from_pb(request: pb.CompleteRequest) -> asked.Complete:
    """How may code go on?"""
    return asked.Complete(check.code("code", request.code), _cursor(request))


def completion_to_pb(completion: asked.Completion) -> pb.CompleteResponse:
    """The suggestions."""
    return pb.CompleteResponse(
        matches=map(utf8, completion.matches),
        cursor_start=completion.cursor_start,
        cursor_end=completion.cursor_end,
        metadata_json=json_or_nothing(completion.metadata),
    )


def inspect_from_pb(request: pb.InspectRequest) -> asked.Inspect:
    """What is the name at the cursor?"""
    check.enum("detail", request.detail, pb.InspectDetail.values())
    with_source = request.detail == pb.INSPECT_DETAIL_SOURCE
    return asked.Inspect(check.code("code", request.code), _cursor(request), with_source)


def inspection_to_pb(inspection: asked.Inspection) -> pb.InspectResponse:
    """What is known of it."""
    return pb.InspectResponse(
        found=inspection.found,
        data=bundle_to_pb(inspection.data) if inspection.found else None,
        metadata_json=json_or_nothing(inspection.metadata),
    )


def is_complete_from_pb(request: pb.IsCompleteRequest) -> asked.IsComplete:
    """Could the code be run?"""
    return asked.IsComplete(check.code("code", request.code))


def code_end_to_pb(end: asked.CodeEnd) -> pb.IsCompleteResponse:
    """Whether it could."""
    completeness = COMPLETENESS_TO_PB[end.completeness]
    return pb.IsCompleteResponse(completeness=completeness, indent=utf8(end.indent))


def history_from_pb(request: pb.HistoryRequest) -> asked.History:
    """Which code was run?"""
    return asked.History(_access(request), raw=request.raw, output=request.output)


def _access(request: pb.HistoryRequest) -> dict[str, object]:
    match request.WhichOneof("access"):
        case "tail_count":
            return {"hist_access_type": "tail", "n": _count("tail_count", request.tail_count)}
        case "range":
            return _range(request.range)
        case "search":
            return _search(request.search)
    raise InvalidField("access", "tail_count, range or search is required")


def _range(wanted: pb.HistoryRange) -> dict[str, object]:
    return {
        "hist_access_type": "range",
        "session": wanted.history_session,
        "start": check.not_negative("range.start", wanted.start),
        "stop": check.not_negative("range.stop", wanted.stop),
    }


def _search(wanted: pb.HistorySearch) -> dict[str, object]:
    return {
        "hist_access_type": "search",
        "pattern": check.text("search.pattern", wanted.pattern, MAX_PATTERN_BYTES, required=True),
        "n": _count("search.count", wanted.count),
        "unique": wanted.unique,
    }


def _count(field: str, value: int) -> int:
    """How many entries to ask for at most."""
    if value <= 0:
        raise InvalidField(field, "is not positive")
    return min(value, MAX_HISTORY_ENTRIES)


def history_to_pb(entry: asked.HistoryEntry) -> pb.HistoryEntry:
    """A piece of code that was run."""
    return pb.HistoryEntry(
        history_session=entry.history_session,
        line=entry.line,
        input=utf8(entry.code),
        output=None if entry.output is None else utf8(entry.output),
    )


def _cursor(request: pb.CompleteRequest | pb.InspectRequest) -> int:
    """The cursor's position in the code; at the end if it is not given."""
    if not request.HasField("cursor_position"):
        return len(request.code)
    if not 0 <= request.cursor_position <= len(request.code):
        raise InvalidField("cursor_position", "is not within the code", limit=len(request.code))
    return request.cursor_position
