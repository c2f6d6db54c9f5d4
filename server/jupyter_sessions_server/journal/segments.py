"""The files of a journal: their names, their order, their removal."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from .missing import marker_of

_NAME = re.compile(r"[0-9]{20}\.journal")


def segment_path(directory: Path, first_seq: int) -> Path:
    """The file whose first record has this number."""
    return directory / f"{first_seq:020d}.journal"


def segments_of(directory: Path) -> list[int]:
    """The first numbers of a journal's files, in order; none if there is no such folder."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 - three times faster than iterdir
    except FileNotFoundError:
        return []
    return sorted(int(name[:20]) for name in names if _NAME.fullmatch(name))


def make_private_folder(directory: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone."""
    if not directory.parent.exists():
        make_private_folder(directory.parent)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)


def remove(directory: str | os.PathLike[str]) -> None:
    """Remove a journal; nothing happens if there is none."""
    directory = Path(directory)
    for first_seq in segments_of(directory):
        segment_path(directory, first_seq).unlink(missing_ok=True)
    marker_of(directory).unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        directory.rmdir()
