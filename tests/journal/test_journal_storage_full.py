"""What cannot be stored is counted exactly, and told as soon as something fits again."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_sessions_server.journal import Gap, JournalReader, JournalWriter, Kind
from jupyter_sessions_server.journal.missing import marker_of
from tests.journal.reading import (
    UNLIMITED,
    numbers_of,
    read_all,
    read_while_written,
    rest_of,
    segments,
    texts_of,
    write,
)


@contextlib.contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process can grow beyond this; what crosses it is written in part."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def append(writer: JournalWriter, *texts: bytes) -> None:
    """One record per text."""
    for text in texts:
        writer.append(Kind.IOPUB, [text])


def test_a_full_storage_is_told_with_the_exact_count(tmp_path):
    """Whoever reads knows how much is missing, and where."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    append(writer, b"1", b"2")
    with files_limited_to(100):
        append(writer, b"3", b"4", b"5")

    append(writer, b"6")

    records = read_all(tmp_path / "k")
    assert texts_of(records) == [b"1", b"2", (3, "STORAGE_FULL"), b"6"]
    assert numbers_of(records) == [1, 2, 3, 4, 5, 6]
    writer.close()


def test_what_was_written_in_part_is_taken_away(tmp_path):
    """Readers and the next writer find nothing but whole records."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    append(writer, b"1")
    (path,) = segments(tmp_path / "k")
    before = path.stat().st_size

    with files_limited_to(before + 20):
        append(writer, b"2", b"x" * 200_000)

        assert path.stat().st_size == before
    writer.close()


def test_small_records_are_stored_where_a_large_one_is_not(tmp_path):
    """A picture that does not fit does not silence the error message after it."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)

    with files_limited_to(1000):
        append(writer, b"1", b"x" * 2000, b"x" * 2000, b"4")

    gap = (1, "STORAGE_FULL")
    assert texts_of(read_all(tmp_path / "k")) == [b"1", gap, gap, b"4"]
    writer.close()


def test_a_gap_that_was_read_is_not_taken_back(tmp_path):
    """The record behind it may not fit, though the gap does: then that one is told anew."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    reader = JournalReader(tmp_path / "k")
    with files_limited_to(0):
        append(writer, *[b"x"] * 9)
    with files_limited_to(150):
        append(writer, b"x" * 2000)
        seen = rest_of(reader)

    append(writer, b"11")

    assert texts_of(seen + rest_of(reader)) == [(9, "STORAGE_FULL"), (1, "STORAGE_FULL"), b"11"]
    reader.close()
    writer.close()


def test_a_reader_that_waits_at_a_full_storage_goes_on(tmp_path):
    """It sees neither the part that was written nor any number twice."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    reader = JournalReader(tmp_path / "k")
    seen = []
    for limit in (120, 160, 200, 10_000):
        with files_limited_to(limit):
            append(writer, b"a", b"b")
            seen += rest_of(reader)

    assert numbers_of(seen) == list(range(1, 9))
    assert seen == read_all(tmp_path / "k")
    reader.close()
    writer.close()


WRITE_AT_THE_EDGE = """
import random, resource, sys
from jupyter_sessions_server.journal import JournalWriter, Kind, Limits

chance = random.Random(1)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
writer = JournalWriter(sys.argv[1], Limits(segment_bytes=20_000))
for number in range(int(sys.argv[2])):
    resource.setrlimit(resource.RLIMIT_FSIZE, (chance.choice([5_000, 10_000, 10**6]), hard))
    writer.append(Kind.IOPUB, [b"x" * chance.choice([10, 100, 5_000])])
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, hard))
writer.close()
"""


def test_a_reader_beside_a_writer_at_a_full_storage_is_told_everything(tmp_path):
    """What is taken away again is never read, and what was read is never taken away."""
    records = read_while_written(WRITE_AT_THE_EDGE, tmp_path / "k", 3_000)

    assert numbers_of(records) == list(range(1, 3_001))
    assert {record.reason for record in records if isinstance(record, Gap)} == {"STORAGE_FULL"}


def test_reading_from_within_a_gap_counts_the_rest_of_it(tmp_path):
    """A reader is told of the numbers it asked for, not of earlier ones."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    with files_limited_to(0):
        append(writer, b"1", b"2", b"3", b"4")
    append(writer, b"5")

    assert texts_of(read_all(tmp_path / "k", 3)) == [(2, "STORAGE_FULL"), b"5"]
    writer.close()


def test_closing_tells_what_is_missing(tmp_path):
    """A kernel that ends says what it could not store, if that is possible by then."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    with files_limited_to(0):
        append(writer, b"1", b"2")

    writer.close()

    assert texts_of(read_all(tmp_path / "k")) == [(2, "STORAGE_FULL")]


def test_a_message_larger_than_a_journal_is_told_at_once(tmp_path):
    """It would push out all others; the reader need not wait for the next one to learn it."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED._replace(kernel_bytes=1000))

    append(writer, b"1", b"x" * 1000)
    told = texts_of(read_all(tmp_path / "k"))
    append(writer, b"3")

    assert told == [b"1", (1, "TOO_LARGE")]
    assert texts_of(read_all(tmp_path / "k")) == [b"1", (1, "TOO_LARGE"), b"3"]
    writer.close()


def test_files_closed_under_the_writer_are_opened_again(tmp_path):
    """Code in a kernel may close all descriptors of the process."""
    write(tmp_path / "k", b"1")
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    (number,) = [
        int(link.name)
        for link in Path("/proc/self/fd").iterdir()
        if link.exists() and link.readlink().parent == tmp_path / "k"
    ]
    os.close(number)

    append(writer, b"2")

    assert texts_of(read_all(tmp_path / "k")) == [b"1", b"2"]
    writer.close()


@pytest.mark.parametrize(("from_seq", "count"), [(3, 3), (4, 2), (5, 1)])
def test_who_begins_within_a_gap_is_told_of_its_rest(tmp_path, from_seq, count):
    """What was told before is not told again."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    append(writer, b"1", b"2")
    with files_limited_to(100):
        append(writer, b"3", b"4", b"5")
    append(writer, b"6")

    records = read_all(tmp_path / "k", from_seq)

    assert texts_of(records) == [(count, "STORAGE_FULL"), b"6"]
    writer.close()


@pytest.mark.parametrize("before", [[], [b"1", b"2"]])
def test_what_is_missing_when_its_writer_is_killed_is_told_by_the_next(tmp_path, before):
    """The disk was full; else it would be gone without a word, and its numbers used again."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED)
    append(writer, *before)
    with files_limited_to(100):
        append(writer, *[b"x" * 200] * 300)
    del writer

    following = JournalWriter(tmp_path / "k", UNLIMITED)
    append(following, b"exited")
    following.close()
    last = JournalWriter(tmp_path / "k", UNLIMITED)
    append(last, b"started")

    records = read_all(tmp_path / "k")
    gaps = [record for record in records if isinstance(record, Gap)]
    assert {gap.reason for gap in gaps} == {"STORAGE_FULL"}
    assert sum(gap.count for gap in gaps) == 300
    assert texts_of([each for each in records if each not in gaps]) == [
        *before,
        b"exited",
        b"started",
    ]
    assert numbers_of(records) == list(range(1, len(before) + 303))
    last.close()


def test_a_journal_whose_mark_cannot_be_read_is_written_all_the_same(tmp_path):
    """Somebody may have cut it."""
    write(tmp_path / "k", b"1")
    marker_of(tmp_path / "k").write_bytes(b"xyz")

    write(tmp_path / "k", b"2")

    assert texts_of(read_all(tmp_path / "k")) == [b"1", b"2"]
