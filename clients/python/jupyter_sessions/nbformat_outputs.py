"""Outputs as notebook files have them: nbformat 4.5, in and out, without the nbformat package.

A notebook has bytes in base64, JSON documents as objects, and text as a string or, in the file, as
a list of lines. It has neither display ids nor what else is transient.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from jupyter_sessions.media_types import is_of_bytes
from jupyter_sessions.outputs import (
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    MimeContent,
    Output,
    StreamOutput,
)

NotebookOutput: TypeAlias = dict[str, Any]
"""An output of a code cell, with nbformat's keys."""


def to_nbformat(outputs: Iterable[Output]) -> list[NotebookOutput]:
    """The outputs of a code cell, as nbformat's `cell["outputs"]`."""
    return [_to_notebook(output) for output in outputs]


def from_nbformat(outputs: Iterable[Mapping[str, Any]]) -> tuple[Output, ...]:
    """The outputs that a code cell of a notebook, version 4, has."""
    return tuple(_from_notebook(output) for output in outputs)


def to_mime_bundle(data: Mapping[str, MimeContent]) -> dict[str, Any]:
    """Contents by media type, as notebooks and Jupyter's messages have them: bytes in base64."""
    return {mime_type: _content_to_notebook(content) for mime_type, content in data.items()}


def _to_notebook(output: Output) -> NotebookOutput:
    match output:
        case StreamOutput():
            return {"output_type": "stream", "name": output.name, "text": output.text}
        case DisplayData():
            return {
                "output_type": "display_data",
                "data": to_mime_bundle(output.data),
                "metadata": dict(output.metadata),
            }
        case ExecuteResult():
            return {
                "output_type": "execute_result",
                "data": to_mime_bundle(output.data),
                "metadata": dict(output.metadata),
                "execution_count": output.execution_count or None,
            }
        case ErrorOutput():
            return {
                "output_type": "error",
                "ename": output.ename,
                "evalue": output.evalue,
                "traceback": list(output.traceback),
            }


def _from_notebook(output: Mapping[str, Any]) -> Output:
    match output["output_type"]:
        case "stream":
            return StreamOutput(output["name"], _joined(output["text"]))
        case "display_data":
            return DisplayData(_bundle(output), output.get("metadata", {}), display_id="")
        case "execute_result":
            count = output.get("execution_count") or 0
            return ExecuteResult(_bundle(output), output.get("metadata", {}), count)
        case "error":
            return ErrorOutput(output["ename"], output["evalue"], tuple(output["traceback"]))
        case unknown:
            message = f"notebooks have no output of type {unknown!r}"
            raise ValueError(message)


def _bundle(output: Mapping[str, Any]) -> dict[str, MimeContent]:
    return {
        mime_type: _content_from_notebook(mime_type, content)
        for mime_type, content in output["data"].items()
    }


def _content_to_notebook(content: MimeContent) -> Any:
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content


def _content_from_notebook(mime_type: str, content: Any) -> MimeContent:
    """What the server makes of the same content: JSON, text, or bytes where base64 is meant."""
    if mime_type == "application/json" or mime_type.endswith("+json"):
        json_content: MimeContent = content
        return json_content
    text: MimeContent = _joined(content)
    if not isinstance(text, str) or not is_of_bytes(mime_type):
        return text
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text


def _joined(content: Any) -> Any:
    """Lines made one text; what is no list of lines stays as it is."""
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        return "".join(content)
    return content
