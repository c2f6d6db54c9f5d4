"""Shows outputs in a notebook: as HTML, or as the MIME bundle of a single output."""

import base64
import html
from collections.abc import Iterable

from jupyter_sessions.nbformat_outputs import to_mime_bundle
from jupyter_sessions.outputs import (
    ErrorOutput,
    Image,
    Output,
    Shown,
    StreamOutput,
    image_of,
    text_plain,
    without_colours,
)


def html_of_outputs(outputs: Iterable[Output]) -> str:
    """All outputs, one below the other."""
    return "\n".join(_html_of(output) for output in outputs)


def mime_bundle(output: Shown) -> tuple[dict[str, object], dict[str, object]]:
    """The output's data and metadata as Jupyter's messages have them: bytes in base64."""
    return to_mime_bundle(output.data), dict(output.metadata)


def _html_of(output: Output) -> str:
    if isinstance(output, StreamOutput):
        return _preformatted(output.text)
    if isinstance(output, ErrorOutput):
        return _preformatted(str(output))
    markup = output.data.get("text/html")
    if isinstance(markup, str):
        return f"<div>{markup}</div>"
    image = image_of(output)
    return _image_tag(image) if image else _preformatted(text_plain(output))


def _preformatted(text: str) -> str:
    return f"<pre>{html.escape(without_colours(text))}</pre>"


def _image_tag(image: Image) -> str:
    content = base64.b64encode(image.content).decode()
    return f'<img src="data:{html.escape(image.mime_type)};base64,{content}">'
