"""Reads one file of a journal, also while it grows."""

from __future__ import annotations

import os
from pathlib import Path

from .format import CHECK_BYTES, Gap, Record, decode, header_at, skip

CHUNK_BYTES = 64 * 1024  # small enough for the heap: larger buffers are mapped anew each time


class SegmentReader:
    """A position in one file; holds no bytes while there is nothing to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY)
        self._buffer = b""
        self._offset = 0  # of the buffer in the file
        self._at = 0  # in the buffer
        self._is_last_piece = False  # the file ended where the buffer does

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    @property
    def position(self) -> int:
        """Where in the file the next record begins."""
        return self._offset + self._at

    @property
    def size(self) -> int:
        """How long the file is now."""
        return os.fstat(self._fd).st_size

    def read(self, max_records: int, max_bytes: int) -> list[Record | Gap]:
        """The next whole records, in one piece of the file; none at its present end."""
        while True:
            found, self._at = decode(self._buffer, self._at, max_records, max_bytes)
            if found or not self._read_on():
                return found

    @property
    def at_end(self) -> bool:
        """Whether all was read that the file had, and no part of a record is left."""
        return self._is_last_piece and self._at == len(self._buffer)

    def skip(self, seq: int) -> int | None:
        """Hop over whole records below a number; the last number passed, if any."""
        last = None
        while True:
            self._at, passed = skip(self._buffer, self._at, seq)
            last = passed if passed is not None else last
            header = header_at(self._buffer, self._at)
            if header is not None and header.seq >= seq:
                return last
            if (
                header is not None
                and header.size > CHUNK_BYTES
                and self._is_whole(header.size, header.check)
            ):
                self._move(self.position + header.size)
                last = header.seq
            elif not self._read_on():
                return last

    def _is_whole(self, size: int, check: bytes) -> bool:
        """Whether a record is all there, told by its last bytes alone."""
        return os.pread(self._fd, CHECK_BYTES, self.position + size - CHECK_BYTES) == check

    def _move(self, offset: int) -> None:
        self._buffer, self._offset, self._at = b"", offset, 0
        self._is_last_piece = False

    def _read_on(self) -> bool:
        """Fill the buffer from the next record on; False if there is no more of it than before."""
        had = len(self._buffer) - self._at
        header = header_at(self._buffer, self._at)
        wanted = max(CHUNK_BYTES, header.size if header else 0)
        self._move(self.position)
        if wanted > CHUNK_BYTES and self.size < self._offset + wanted:
            return False  # a large record that is still being written
        self._buffer = os.pread(self._fd, wanted, self._offset)
        self._is_last_piece = len(self._buffer) < wanted
        if len(self._buffer) > had:
            return True
        self._buffer = b""
        return False
