"""Reads and writes notebook files, by nbformat, which is imported when one is read."""

import json
import os
import shutil
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from nbformat import NotebookNode


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class NotebookUnusable(JupyterSessionsError):
    """The file is no notebook that could be run."""


def read_notebook(path: Path) -> "NotebookNode":
    """The notebook in the file; raises NotebookUnusable unless it is a valid one of version 4."""
    _check_installed()
    text = path.read_text(encoding="utf-8")
    version = _version(text, path)
    if version != 4:
        message = (
            f"{path} is a notebook of version {version}, and only 4 can be run; convert it: "
            "jupyter nbconvert --to notebook --nbformat 4"
        )
        raise NotebookUnusable(message)
    return _parse(text, path)


def check_writable(path: Path) -> None:
    """Raise NotebookUnusable if a notebook could not be written there.

    What is there and is no file would be replaced by one.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no file")
        message = f"{path} could not be saved: it is {kind}"
        raise NotebookUnusable(message)
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        what = "cannot be written to" if folder.is_dir() else "is no folder"
        message = f"{path} could not be saved: {folder} {what}"
        raise NotebookUnusable(message)


def write_notebook(notebook: "NotebookNode", path: Path) -> None:
    """Write the notebook; whoever reads the file meanwhile sees the old or the new one, whole."""
    import nbformat

    text = nbformat.writes(notebook)
    with _replacement(path.resolve()) as unfinished:  # a link stays one
        unfinished.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


def _parse(text: str, path: Path) -> "NotebookNode":
    from nbformat import ValidationError, reader, validate, validator

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the ids that it adds
            notebook: NotebookNode
            _changes, notebook = validator.normalize(reader.reads(text))
            validate(notebook)
    except (ValidationError, AttributeError, KeyError, TypeError) as error:
        # The text begins with what is wrong and where; then follows the whole thing. nbformat's
        # own code stumbles over what is too far from a notebook.
        reason = str(error).partition("\n\nOn ")[0] or type(error).__name__
        message = f"{path} is not a valid notebook: {reason}"
        raise NotebookUnusable(message) from error
    return notebook


@contextmanager
def _replacement(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the other's place, and its permissions, after the block."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield unfinished
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _check_installed() -> None:
    if find_spec("nbformat") is None:
        message = "nbformat is not installed: pip install 'jupyter-sessions[notebook]'"
        raise JupyterSessionsError(message)


def _version(text: str, path: Path) -> object:
    """What the file says of its version; None if it says nothing."""
    try:
        content = json.loads(text)
    except ValueError as error:
        message = f"{path} is not a notebook: it is not JSON ({error})"
        raise NotebookUnusable(message) from error
    version = content.get("nbformat") if isinstance(content, dict) else None
    if version is None:
        message = f"{path} is not a notebook: it is JSON, but tells no nbformat"
        raise NotebookUnusable(message)
    return version
