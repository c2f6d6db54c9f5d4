"""Appends records to a journal: one writer at a time, any number of its threads."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from . import missing
from .format import MAX_RECORD_BYTES, Gap, Limits, encode, encode_gap, size_of
from .segment_reader import SegmentReader
from .segments import make_private_folder, segment_path, segments_of
from .trimming import trim_all, trim_journal

_JOINED_BYTES = 64 * 1024  # copying so much is cheaper than handing over each part
_MOST_PARTS = 1000  # Linux takes 1024 in one call


class JournalWriter:
    """The end of a journal.

    What cannot be stored is counted and told by a gap record as soon as something fits
    again; it never raises and never stops the caller. What was not told when the process ends
    is told by the next writer.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        limits: Limits = Limits(),  # noqa: B008 - immutable
        *,
        new_segment: bool = False,
    ) -> None:
        """Make the folder, cut a record that was not written to its end, go on after the last."""
        self._directory = Path(directory).absolute()  # the caller may change its folder
        self._limits = limits
        self._segment_bytes = min(limits.segment_bytes, max(limits.kernel_bytes // 2, 1))
        self._most_bytes = min(limits.kernel_bytes, MAX_RECORD_BYTES)
        self._lock = threading.RLock()
        self._appending = False
        self._nested: deque[tuple[int, Sequence[bytes]]] = deque()
        self._pid = os.getpid()
        self._fd: int | None = None
        self._size = 0  # of the open file, to tell when it is full
        self._missing: Gap | None = None  # not told yet
        make_private_folder(self._directory)
        self.next_seq = self._recover()
        self._stored_seq = self.next_seq - 1  # all up to this one is stored or told as missing
        self._recover_missing()
        if new_segment:
            self._close_segment()

    def append(self, kind: int, frames: Sequence[bytes]) -> int:
        """Add a record now, and give its number; 0 in a forked child, where nothing happens.

        Frames may be any objects with bytes in them, as ZMQ takes them. While a thread adds a
        record Python may run other code in it, a finalizer or a signal's handler: what that adds is
        added behind it, and its number is not known yet: 0.
        """
        if os.getpid() != self._pid:
            return 0
        frames = [frame if type(frame) is bytes else bytes(frame) for frame in frames]
        with self._lock:
            if self._appending:
                self._nested.append((kind, frames))
                return 0
            try:
                return self._append(kind, frames)
            finally:
                while self._nested:
                    self._append(*self._nested.popleft())

    def _append(self, kind: int, frames: Sequence[bytes]) -> int:
        self._appending = True
        try:
            seq = self.next_seq
            self.next_seq = seq + 1
            time_us = time.time_ns() // 1000
            size = size_of(frames)
            if size > self._most_bytes:
                self._miss(seq, time_us, "TOO_LARGE")
                self._tell_missing()
            elif not self._tell_missing() or not self._write(
                encode(seq, time_us, kind, frames), size, seq
            ):
                self._miss(seq, time_us, "STORAGE_FULL")
            if self._missing is not None:
                missing.mark(self._directory, seq)
            return seq
        finally:
            self._appending = False

    def close(self) -> None:
        """Tell what is missing if that can be stored, and close the file."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._tell_missing()
            self._close_segment()

    def _miss(self, seq: int, time_us: int, reason: str) -> None:
        if self._missing is None:
            self._missing = Gap(seq, time_us, 1, reason)
            return
        # A gap of both kinds is there because it could not be told: the storage is full.
        self._missing = Gap(seq, time_us, self._missing.count + 1, "STORAGE_FULL")

    def _tell_missing(self) -> bool:
        """Store the gap that was not told yet, if any; False if it does not fit.

        A write of its own: were it cut away together with the record behind it, a reader
        that has passed it already would stand in the middle of what is written there next.
        """
        if self._missing is not None:
            parts = encode_gap(self._missing)
            if not self._write(parts, sum(map(len, parts)), self._missing.seq):
                return False
            self._missing = None
        return True

    def _write(self, parts: list[bytes], size: int, seq: int) -> bool:
        """Store one record as a whole or not at all."""
        try:
            written = self._write_once(parts, size)
        except OSError:  # nothing was written
            return False
        if written < size:
            self._cut(written)
            return False
        # The number first: an interrupt of the kernel may come between the two.
        self._stored_seq = seq
        self._size += size
        return True

    def _write_once(self, parts: list[bytes], size: int) -> int:
        try:
            return _write_parts(self._file_for(size), parts, size)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
        # Code that runs in a kernel may close all files of the process.
        self._fd = None
        return _write_parts(self._file_for(size), parts, size)

    def _cut(self, written: int) -> None:
        """Take away the beginning of a record that did not fit."""
        try:
            if self._fd is not None:
                os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError:
            self._close_segment()  # readers pass over it once the next file is begun

    def _file_for(self, size: int) -> int:
        """The file that so many bytes go into; a new one if the open one is full."""
        if self._fd is None or (self._size and self._size + size > self._segment_bytes):
            return self._begin_segment(size)
        return self._fd

    def _begin_segment(self, size: int) -> int:
        # Closed first: a kernel that has used up its descriptors gets this one back.
        self._close_segment()
        path = segment_path(self._directory, self._stored_seq + 1)
        # A file of this name can hold nothing but the beginning of a record.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC
        self._fd, self._size = os.open(path, flags, 0o600), 0
        self._trim(max(size, self._segment_bytes))
        return self._fd

    def _trim(self, room: int) -> None:
        """Make room for the file that was begun."""
        with contextlib.suppress(OSError):  # records are stored all the same
            trim_journal(self._directory, self._limits.kernel_bytes - room)
            trim_all(self._directory.parent, self._limits.total_bytes - room)

    def _close_segment(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with contextlib.suppress(OSError):  # it is gone all the same
                os.close(fd)

    def _recover(self) -> int:
        """Open the last file after its last whole record, and cut the rest; the next number."""
        segments = segments_of(self._directory)
        if not segments:
            return 1
        path = segment_path(self._directory, segments[-1])
        segment = SegmentReader(path)
        try:
            last = segment.skip(2**64)
            self._size = segment.position
            self._open_cut(path, segment.size)
        finally:
            segment.close()
        return segments[-1] if last is None else last + 1

    def _recover_missing(self) -> None:
        """Know what an earlier writer could neither store nor tell."""
        missing.prepare(self._directory)
        last = missing.last_marked(self._directory)
        count = last - self._stored_seq
        if count > 0:
            self._missing = Gap(last, time.time_ns() // 1000, count, "STORAGE_FULL")
            self.next_seq = last + 1

    def _open_cut(self, path: Path, size: int) -> None:
        with contextlib.suppress(OSError):  # a new file is begun instead
            if size > self._size:
                os.truncate(path, self._size)
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND)


def _write_parts(fd: int, parts: list[bytes], size: int) -> int:
    """Write in one call; how many bytes could be written."""
    if size <= _JOINED_BYTES or len(parts) > _MOST_PARTS:
        return os.write(fd, b"".join(parts))
    return os.writev(fd, parts)
