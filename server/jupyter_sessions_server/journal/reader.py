"""Reads a journal from any number on, without locks, while it is written and trimmed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from .format import Gap, Record
from .segment_reader import SegmentReader
from .segments import segment_path, segments_of

_SETTLED_NS = 1_000_000_000  # a folder unchanged for so long shows each change in its time


def end_of(directory: str | os.PathLike[str]) -> int:
    """The number the next record will get; 1 if there is no journal."""
    directory = Path(directory)
    segments = segments_of(directory)
    while segments:
        try:
            return _end_of_segment(directory, segments[-1])
        except FileNotFoundError:  # trimmed since it was listed
            segments = segments_of(directory)
    return 1


def _end_of_segment(directory: Path, first_seq: int) -> int:
    segment = SegmentReader(segment_path(directory, first_seq))
    try:
        last = segment.skip(2**64)
    finally:
        segment.close()
    return first_seq if last is None else last + 1


class JournalReader:
    """A place in a journal; one thread at a time may use it."""

    def __init__(self, directory: str | os.PathLike[str], from_seq: int = 1) -> None:
        self.next_seq = from_seq
        self._directory = Path(directory)
        self._segment: SegmentReader | None = None
        self._first_seq = 0  # of the open segment
        self._reason = "NOT_RECORDED"  # of records that are in no file
        self._listed_ns = 0  # when the folder had changed last as it was listed; 0: list it

    def close(self) -> None:
        """Close what is open; the reader can be used again."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def read(self, max_records: int = 500, max_bytes: int = 1024 * 1024) -> list[Record | Gap]:
        """The next records, at least one if there is one; none at the present end.

        Fewer than allowed does not mean that there are no more: only an empty list does.
        What is missing comes as a Gap with the exact count.
        """
        while True:
            segment = self._segment or self._open()
            if segment is None:
                return []
            found = self._read_segment(segment, max_records, max_bytes)
            if found:
                return found
            following = self._following()
            if following is None:
                return []
            # What was written before the next file was begun comes first.
            found = self._read_segment(segment, max_records, max_bytes)
            if found:
                return found
            self._open_following(segment, following)

    def may_have_more(self) -> bool:
        """Whether there may be more than was read last, though nothing was written since."""
        segment = self._segment
        return segment is None or not segment.at_end or self._changed_ns() != self._listed_ns

    def _read_segment(
        self, segment: SegmentReader, max_records: int, max_bytes: int
    ) -> list[Record | Gap]:
        while True:
            records = segment.read(max_records, max_bytes)
            found = self._in_order(records)
            if found or not records:
                return found

    def _in_order(self, records: list[Record | Gap]) -> list[Record | Gap]:
        """What is not read yet of these, and gaps where numbers are missing."""
        if not records:
            return records
        first, last = records[0], records[-1].seq
        begins_here = first.seq == self.next_seq and not isinstance(first, Gap)
        if begins_here and last - self.next_seq == len(records) - 1:
            self.next_seq = last + 1
            return records
        found: list[Record | Gap] = []
        for record in records:
            if record.seq < self.next_seq:
                continue
            count = record.count if isinstance(record, Gap) else 1
            missing = record.seq - count + 1 - self.next_seq
            if missing > 0:
                found.append(self._gap(missing))
            elif isinstance(record, Gap):
                record = record._replace(count=count + missing)  # without what was read before
            found.append(record)
            self.next_seq = record.seq + 1
        return found

    def _gap(self, count: int) -> Gap:
        """Records that are in no file, from the next one on."""
        seq = self.next_seq + count - 1
        return Gap(seq, time.time_ns() // 1000, count, self._reason)

    def _open(self) -> SegmentReader | None:
        """Open the file the next record is in, or the first after it; None if there is none."""
        segments = segments_of(self._directory)
        while segments:
            first_seq = max((seq for seq in segments if seq <= self.next_seq), default=segments[0])
            if self._open_segment(first_seq, "TRIMMED"):
                break
            segments = segments_of(self._directory)
        return self._segment

    def _open_segment(self, first_seq: int, reason: str) -> bool:
        """Open a file at the next record; False if it is gone.

        The reason is that of the gap there is if the file begins later than it should.
        """
        try:
            segment = SegmentReader(segment_path(self._directory, first_seq))
        except FileNotFoundError:
            return False
        if first_seq < self.next_seq:
            segment.skip(self.next_seq)
        self._reason = reason if first_seq > self.next_seq else "NOT_RECORDED"
        self._segment, self._first_seq, self._listed_ns = segment, first_seq, 0
        return True

    def _following(self) -> int | None:
        """The first number of the file after the open one; None if there is none yet."""
        if not self._has_folder_changed():
            return None
        segments = segments_of(self._directory)
        return next((seq for seq in segments if seq > self._first_seq), None)

    def _has_folder_changed(self) -> bool:
        """Whether files may have come or gone since this was asked last."""
        changed_ns = self._changed_ns()
        if changed_ns in (None, self._listed_ns):
            return False
        # Two changes close together may bear the same time: only an old one is remembered.
        settled = time.time_ns() - changed_ns > _SETTLED_NS
        self._listed_ns = changed_ns if settled else 0
        return True

    def _changed_ns(self) -> int | None:
        """When files came or went last; None if the folder is gone."""
        try:
            return self._directory.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _open_following(self, segment: SegmentReader, following: int) -> None:
        """Go on to the next file; if that is gone, reading opens the first there is."""
        # Files are trimmed oldest first: all are there that came after one that is.
        reason = "NOT_RECORDED" if segment.path.exists() else "TRIMMED"
        self.close()
        self._open_segment(following, reason)
