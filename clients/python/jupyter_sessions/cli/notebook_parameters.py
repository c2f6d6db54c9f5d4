"""Parameters of a notebook, as papermill knows them: given by name, set by a cell put into it."""

import json
import keyword
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from nbformat import NotebookNode

PARAMETERS_TAG = "parameters"  # of the cell with the defaults
INJECTED_TAG = "injected-parameters"  # of the cell that is put after it

_WORDS = {"True": True, "False": False, "None": None}


class ParametersUnusable(JupyterSessionsError):
    """The parameters cannot be given to the notebook."""


def collect_parameters(
    files: Iterable[Path], pairs: Iterable[tuple[str, str]]
) -> dict[str, object]:
    """The parameters of the files, over them those of the command line; later ones win."""
    parameters: dict[str, object] = {}
    for file in files:
        parameters.update(_read_file(file))
    parameters.update((name, parse_value(text)) for name, text in pairs)
    for name in parameters:
        if not name.isidentifier() or keyword.iskeyword(name):
            message = f"the parameter {name!r} is not named as a variable could be"
            raise ParametersUnusable(message)
    return parameters


def parse_value(text: str) -> object:
    """The value that a text on the command line means: True, False, None, a number, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def inject_parameters(notebook: "NotebookNode", parameters: dict[str, object]) -> None:
    """Put in the cell that sets them: in place of an earlier one, else after the defaults.

    A notebook with neither gets it as its first cell.
    """
    cell = _injected_cell(notebook, parameters)
    earlier, defaults = (_find(notebook, tag) for tag in (INJECTED_TAG, PARAMETERS_TAG))
    if earlier is not None:
        notebook.cells[earlier] = cell
    elif defaults is not None:
        notebook.cells.insert(defaults + 1, cell)
    else:
        notebook.cells.insert(0, cell)


def python_source(parameters: dict[str, object]) -> str:
    """Python code that sets the parameters."""
    lines = [f"{name} = {_python_literal(value)}" for name, value in parameters.items()]
    return "\n".join(["# Parameters", *lines])


def tags_of(cell: "NotebookNode") -> list[str]:
    """The cell's tags."""
    tags: list[str] = cell.metadata.get("tags", [])
    return tags


def _injected_cell(notebook: "NotebookNode", parameters: dict[str, object]) -> "NotebookNode":
    from nbformat.v4 import new_code_cell

    cell: NotebookNode = new_code_cell(python_source(parameters), metadata={"tags": [INJECTED_TAG]})
    if notebook.nbformat_minor < 5:
        del cell["id"]  # cells have ids since 4.5
    return cell


def _find(notebook: "NotebookNode", tag: str) -> int | None:
    tagged = (number for number, cell in enumerate(notebook.cells) if tag in tags_of(cell))
    return next(tagged, None)


def _python_literal(value: object) -> str:
    """The value as Python code; what YAML has besides, such as dates, becomes text."""
    match value:
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case None | bool() | int() | float() | str():
            return repr(value)
        case dict():
            items = (f"{_python_literal(k)}: {_python_literal(v)}" for k, v in value.items())
            return f"{{{', '.join(items)}}}"
        case list():
            return f"[{', '.join(map(_python_literal, value))}]"
    return repr(str(value))


def _read_file(file: Path) -> dict[str, object]:
    text = file.read_text(encoding="utf-8")
    content = _parse_json(text, file) if file.suffix == ".json" else _parse_yaml(text, file)
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        message = f"{file} holds no parameters: names, each with its value"
        raise ParametersUnusable(message)
    return content


def _parse_json(text: str, file: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        message = f"{file} is not JSON: {error}"
        raise ParametersUnusable(message) from error


def _parse_yaml(text: str, file: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        message = f"{file} needs PyYAML, which is not installed: pip install pyyaml"
        raise ParametersUnusable(message) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        message = f"{file} is not YAML: {error}"
        raise ParametersUnusable(message) from error
