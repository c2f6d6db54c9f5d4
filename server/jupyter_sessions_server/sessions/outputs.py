"""From a kernel's messages to typed outputs.

Code in a kernel can send anything: what has not the type the protocol says counts as empty.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jupyter_sessions_server.model import (
    Clear,
    CodeError,
    Display,
    InputWanted,
    Message,
    MimeBundle,
    Output,
    Result,
    Started,
    StreamText,
)
from jupyter_sessions_server.sessions.messages import parse_json

Content = Mapping[str, Any]

MOST_REPLY_CHARACTERS = 8 * 1024 * 1024
"""How long a reply may be whose results are kept with its execution."""
MOST_ERROR_CHARACTERS = 256 * 1024
"""How much of an error's text is kept with its execution, and of its traceback."""


def output_of(message: Message) -> Output | None:
    """What the message shows; None if it is no output."""
    make = _OUTPUT_BY_TYPE.get(message.msg_type)
    return None if make is None else make(parse_json(message.content), message)


def is_output(message: Message) -> bool:
    """Whether it counts against an execution's limit on its output."""
    return message.msg_type in _LIMITED_TYPES


def error_in(content: Content) -> CodeError:
    """The error of an error message, or of a reply."""
    return CodeError(
        ename=str(content.get("ename", "")),
        evalue=str(content.get("evalue", "")),
        traceback=_lines(content.get("traceback")),
    )


def shortened(error: CodeError) -> CodeError:
    """The error as it is kept with its execution; the event has all of it."""
    length = sum(map(len, error.traceback))
    return CodeError(
        ename=error.ename[:MOST_ERROR_CHARACTERS],
        evalue=error.evalue[:MOST_ERROR_CHARACTERS],
        traceback=error.traceback if length <= MOST_ERROR_CHARACTERS else [],
    )


def expressions_in(reply: Content, reply_length: int) -> dict[str, MimeBundle | CodeError]:
    """The results of a reply's user_expressions; errors in their place if it is too long."""
    results = _object(reply.get("user_expressions"))
    if reply_length > MOST_REPLY_CHARACTERS:
        evalue = f"the kernel's reply is longer than {MOST_REPLY_CHARACTERS} characters"
        return {name: CodeError("ResultsTooLarge", evalue, []) for name in results}
    return {name: _expression(_object(result)) for name, result in results.items()}


def count_in(content: Content) -> int:
    """The kernel's counter; 0 if it is not told."""
    value = content.get("execution_count")
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def input_in(content: Content, message: Message) -> InputWanted:
    """The question of an input_request."""
    prompt = str(content.get("prompt", ""))
    return InputWanted(message.msg_id, prompt, bool(content.get("password")))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lines(value: object) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else []


def _expression(result: Content) -> MimeBundle | CodeError:
    return error_in(result) if result.get("status") == "error" else _object(result.get("data"))


def _started(content: Content, _: Message) -> Started:
    return Started(count_in(content))


def _error(content: Content, _: Message) -> CodeError:
    return error_in(content)


def _display(content: Content, message: Message) -> Display:
    return Display(
        data=_object(content.get("data")),
        metadata=_object(content.get("metadata")),
        transient=_object(content.get("transient")),
        update=message.msg_type == "update_display_data",
    )


def _result(content: Content, _: Message) -> Result:
    return Result(
        data=_object(content.get("data")),
        metadata=_object(content.get("metadata")),
        execution_count=count_in(content),
    )


def _stream(content: Content, _: Message) -> StreamText:
    return StreamText(str(content.get("name", "stdout")), str(content.get("text", "")))


def _clear(content: Content, _: Message) -> Clear:
    return Clear(bool(content.get("wait")))


_OUTPUT_BY_TYPE: dict[str, Callable[[Content, Message], Output]] = {
    "clear_output": _clear,
    "display_data": _display,
    "error": _error,
    "execute_input": _started,
    "execute_result": _result,
    "input_request": input_in,
    "stream": _stream,
    "update_display_data": _display,
}
_LIMITED_TYPES = frozenset({"display_data", "execute_result", "stream", "update_display_data"})
