"""What is known of records that could not be stored, should their writer be killed.

A file of eight bytes, made with the journal: to change them takes no room on a full disk.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

_NUMBER = struct.Struct("<Q")


def marker_of(directory: Path) -> Path:
    """The file beside a journal's records."""
    return directory / "missing"


def prepare(directory: Path) -> None:
    """Have the file; without it what is missing at the end of a process is not told."""
    with contextlib.suppress(OSError):
        fd = os.open(marker_of(directory), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(fd, _NUMBER.pack(0))
        finally:
            os.close(fd)


def mark(directory: Path, seq: int) -> None:
    """Note that the record of this number is missing, and that no record tells so yet."""
    with contextlib.suppress(OSError):
        fd = os.open(marker_of(directory), os.O_WRONLY)
        try:
            os.write(fd, _NUMBER.pack(seq))
        finally:
            os.close(fd)


def last_marked(directory: Path) -> int:
    """The last number that was noted; 0 if there is none."""
    try:
        return int(_NUMBER.unpack(marker_of(directory).read_bytes())[0])
    except (OSError, struct.error):
        return 0
