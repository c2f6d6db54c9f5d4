"""What fake kernels answer to those who ask rather than run code."""

import json
from collections.abc import Sequence

from jupyter_sessions_server.model import Request

WORDS = ("die", "fail", "say", "value", "wait")
"""What the fake kernels understand; so this is what they complete and inspect."""
SUBSHELL_ID = "sub-1"

_ENDS = {"(": "incomplete", ")": "invalid", "?": "unknown"}
_ERROR = {
    "status": "error",
    "ename": "ValueError",
    "evalue": "oh",
    "traceback": [],
    "matches": ["half"],  # what came of it before it failed
    "found": True,
    "history": [[1, 1, "half"]],
}


def answer_to(request: Request, history: Sequence[str]) -> dict[str, object] | None:
    """The content of the reply; an error to code with "fail", None for other requests."""
    asked = json.loads(request.content)
    if "fail" in asked.get("code", "") or "fail" in asked.get("pattern", ""):
        return _ERROR
    match request.msg_type:
        case "complete_request":
            return _complete(asked["code"], asked["cursor_pos"])
        case "inspect_request":
            return _inspect(asked["code"], asked["cursor_pos"], asked["detail_level"])
        case "is_complete_request":
            status = _ENDS.get(asked["code"][-1:], "complete")
            return {"status": status, "indent": "  "}
        case "history_request":
            return {"status": "ok", "history": _history(asked, history)}
    return None


def _complete(code: str, cursor: int) -> dict[str, object]:
    word = code[:cursor].rpartition(" ")[2]
    return {
        "status": "ok",
        "matches": [each for each in WORDS if each.startswith(word)],
        "cursor_start": cursor - len(word),
        "cursor_end": cursor,
        "metadata": {"kind": "words"},
    }


def _inspect(code: str, cursor: int, level: int) -> dict[str, object]:
    word = code[:cursor].rpartition(" ")[2]
    if word not in WORDS:
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}
    text = f"{word}: a word" if level == 0 else f"{word}: a word; its source"
    data = {"text/plain": text, "application/json": {"word": word}}
    return {"status": "ok", "found": True, "data": data, "metadata": {"level": level}}


def _history(asked: dict[str, object], history: Sequence[str]) -> list[object]:
    numbered = list(enumerate(history, 1))
    match asked["hist_access_type"]:
        case "tail":
            numbered = numbered[-asked["n"] :]
        case "range":
            stop = asked["stop"] or len(history) + 1
            numbered = [each for each in numbered if asked["start"] <= each[0] < stop]
        case "search":
            numbered = [each for each in numbered if asked["pattern"].strip("*") in each[1]]
    if asked["output"]:
        return [[1, line, [code, f"out {line}"]] for line, code in numbered]
    return [[1, line, code] for line, code in numbered]
