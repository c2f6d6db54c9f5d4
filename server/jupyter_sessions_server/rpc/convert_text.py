"""What kernels say, as strings of protobuf messages."""

import json
from collections.abc import Mapping


def utf8(text: str) -> str:
    """The text without lone surrogates, which kernels can print and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def json_text(content: object) -> str:
    """The content as a JSON document."""
    return utf8(json.dumps(content, ensure_ascii=False))


def json_or_nothing(content: Mapping[str, object]) -> str:
    """The object as a JSON document, or '' for an empty one."""
    return json_text(content) if content else ""
