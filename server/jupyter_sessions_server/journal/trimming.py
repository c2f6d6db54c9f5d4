"""Removes the oldest files of journals, so that they stay within their limits."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from .segments import segment_path, segments_of


class _Closed(NamedTuple):
    """A file nobody writes to any more; sorts by age."""

    changed_ns: int  # not before that of an earlier file of the same journal
    path: Path
    size: int


def trim_journal(directory: Path, limit_bytes: int) -> None:
    """Remove the oldest files of one journal until all but the last are within a limit."""
    sized = [_sized(segment_path(directory, seq)) for seq in segments_of(directory)[:-1]]
    _remove_oldest(sized, sum(segment.size for segment in sized) - limit_bytes)


def trim_all(parent: Path, limit_bytes: int) -> None:
    """Remove the oldest closed files of all journals in a folder until all are within a limit."""
    total = 0
    closed: list[_Closed] = []
    for journal in _folders(parent):
        segments = _in_order_of_age(journal)
        total += sum(segment.size for segment in segments)
        closed += segments[:-1]  # the last may be being written
    closed.sort()
    _remove_oldest(closed, total - limit_bytes)


def _folders(parent: Path) -> list[Path]:
    with os.scandir(parent) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _in_order_of_age(journal: Path) -> list[_Closed]:
    segments: list[_Closed] = []
    changed_ns = 0
    for first_seq in segments_of(journal):
        segment = _sized(segment_path(journal, first_seq))
        changed_ns = max(changed_ns, segment.changed_ns)  # holds the order if the clock is set back
        segments.append(segment._replace(changed_ns=changed_ns))
    return segments


def _sized(path: Path) -> _Closed:
    try:
        status = path.stat()
    except FileNotFoundError:  # somebody else trims too
        return _Closed(0, path, 0)
    return _Closed(status.st_mtime_ns, path, status.st_size)


def _remove_oldest(segments: list[_Closed], surplus: int) -> None:
    for segment in segments:
        if surplus <= 0:
            return
        with contextlib.suppress(FileNotFoundError):
            segment.path.unlink()
        surplus -= segment.size
