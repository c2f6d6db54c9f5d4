"""Records: written in order, read back from any number."""

import contextlib
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions_server.journal import JournalReader, JournalWriter, Kind, end_of, remove
from tests.journal.reading import (
    UNLIMITED,
    numbers_of,
    read_all,
    rest_of,
    segments,
    texts_of,
    write,
)

kinds = st.sampled_from([kind for kind in Kind if kind is not Kind.GAP])
messages = st.lists(st.tuples(kinds, st.lists(st.binary(max_size=200), max_size=12)), max_size=30)


@given(messages, st.integers(50, 2000))
def test_what_is_read_is_what_was_written(messages, segment_bytes):
    """Kinds, frames and their order are kept, empty frames and messages without any included."""
    with TemporaryDirectory() as folder:
        writer = JournalWriter(folder, UNLIMITED._replace(segment_bytes=segment_bytes))
        for kind, frames in messages:
            writer.append(kind, frames)

        records = read_all(Path(folder))

        assert [(record.kind, record.frames) for record in records] == messages
        assert numbers_of(records) == list(range(1, len(messages) + 1))
        writer.close()


def test_append_gives_the_number_and_stores_the_time(tmp_path):
    """The number is how others speak of a message, also while it is not read yet."""
    writer = JournalWriter(tmp_path / "k")
    before_us = time.time_ns() // 1000

    seqs = [writer.append(Kind.SHELL, [b"a"]), writer.append(Kind.SHELL, [b"b"])]

    assert seqs == [1, 2]
    assert writer.next_seq == 3
    assert before_us <= read_all(tmp_path / "k")[0].time_us <= time.time_ns() // 1000
    writer.close()


def test_frames_may_be_buffers(tmp_path):
    """Kernels send pictures and arrays as memoryviews, whose length counts items, not bytes."""
    writer = JournalWriter(tmp_path / "k")

    writer.append(Kind.IOPUB, [bytearray(b"ab"), memoryview(b"01234567").cast("Q")])

    assert read_all(tmp_path / "k")[0].frames == [b"ab", b"01234567"]
    writer.close()


def test_a_kind_of_a_newer_version_is_kept_as_a_number(tmp_path):
    """A kernel may have been started by a later version than the server that reads it."""
    writer = JournalWriter(tmp_path / "k")

    writer.append(99, [b"?"])

    assert read_all(tmp_path / "k")[0].kind == 99
    writer.close()


def test_a_message_larger_than_what_is_read_at_once_comes_whole(tmp_path):
    """Messages are never split, however large."""
    large = b"x" * 3_000_000

    write(tmp_path / "k", b"before", large, b"after")

    assert texts_of(read_all(tmp_path / "k")) == [b"before", large, b"after"]


@pytest.mark.parametrize("allowed", [{"max_records": 2}, {"max_bytes": 250}])
def test_one_read_gives_no_more_than_asked_for(tmp_path, allowed):
    """A reader that follows many kernels takes a share of each in turn."""
    write(tmp_path / "k", *[b"%0100d" % number for number in range(5)])
    reader = JournalReader(tmp_path / "k")

    batches = [reader.read(**allowed) for _ in range(4)]

    assert [len(batch) for batch in batches] == [2, 2, 1, 0]
    reader.close()


def test_a_message_over_the_bytes_asked_for_comes_alone(tmp_path):
    """Otherwise the reader would stand before it for ever."""
    write(tmp_path / "k", b"x" * 1000, b"y" * 1000)
    reader = JournalReader(tmp_path / "k")

    batches = [reader.read(max_bytes=1), reader.read(max_bytes=1), reader.read(max_bytes=1)]

    assert [len(batch) for batch in batches] == [1, 1, 0]
    reader.close()


@pytest.mark.parametrize("segment_bytes", [100, 1000, 2**20])
@pytest.mark.parametrize("from_seq", [1, 2, 29, 30])
def test_reading_begins_at_any_number(tmp_path, segment_bytes, from_seq):
    """A reader goes on where it stopped, whichever file that is in."""
    texts = [b"%d" % number for number in range(1, 31)]
    write(tmp_path / "k", *texts, limits=UNLIMITED._replace(segment_bytes=segment_bytes))

    records = read_all(tmp_path / "k", from_seq)

    assert texts_of(records) == texts[from_seq - 1 :]


@pytest.mark.parametrize("segment_bytes", [1, 2**20])
def test_reading_beyond_the_end_waits_for_that_number(tmp_path, segment_bytes):
    """What was asked for is given, not what comes before it."""
    limits = UNLIMITED._replace(segment_bytes=segment_bytes)
    write(tmp_path / "k", b"1", b"2", limits=limits)
    reader = JournalReader(tmp_path / "k", from_seq=5)
    assert reader.read() == []

    write(tmp_path / "k", b"3", b"4", b"5", b"6", limits=limits)

    assert texts_of(rest_of(reader)) == [b"5", b"6"]
    reader.close()


def test_a_journal_that_is_not_there_yet_is_empty(tmp_path):
    """Whoever waits for a kernel may begin to read before it starts."""
    reader = JournalReader(tmp_path / "a" / "k")
    assert reader.read() == []
    assert end_of(tmp_path / "a" / "k") == 1

    write(tmp_path / "a" / "k", b"1")

    assert texts_of(reader.read()) == [b"1"]
    reader.close()


def test_what_is_written_later_is_read_later(tmp_path):
    """A reader at the end goes on as the journal grows, in the same file and the next."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED._replace(segment_bytes=100))
    reader = JournalReader(tmp_path / "k")

    for number in range(1, 20):
        writer.append(Kind.IOPUB, [b"%d" % number])
        assert numbers_of(reader.read()) == [number]
        assert reader.read() == []

    assert reader.next_seq == 20
    reader.close()
    writer.close()


def test_the_next_writer_goes_on_after_the_last_record(tmp_path):
    """A kernel's journal outlives its processes."""
    write(tmp_path / "k", b"1", b"2")

    write(tmp_path / "k", b"3")

    assert numbers_of(read_all(tmp_path / "k")) == [1, 2, 3]
    assert end_of(tmp_path / "k") == 4
    assert len(segments(tmp_path / "k")) == 1


def test_a_writer_may_begin_a_new_file(tmp_path):
    """A process that starts leaves the files of earlier ones alone."""
    write(tmp_path / "k", b"1", b"2")
    before = segments(tmp_path / "k")[0].read_bytes()

    writer = JournalWriter(tmp_path / "k", new_segment=True)
    writer.append(Kind.EVENT, [b"3"])

    assert [path.name for path in segments(tmp_path / "k")] == [
        "00000000000000000001.journal",
        "00000000000000000003.journal",
    ]
    assert segments(tmp_path / "k")[0].read_bytes() == before
    writer.close()


def test_the_end_is_told_after_large_records_too(tmp_path):
    """The end is found by hopping over records, without reading what is in them."""
    write(tmp_path / "k", b"1", b"x" * 500_000, b"y" * 500_000)

    assert end_of(tmp_path / "k") == 4


def test_a_removed_journal_is_gone(tmp_path):
    """A kernel that is forgotten leaves nothing behind; removing twice does no harm."""
    write(tmp_path / "k", b"1", b"2", limits=UNLIMITED._replace(segment_bytes=1))

    remove(tmp_path / "k")
    remove(tmp_path / "k")

    assert not (tmp_path / "k").exists()


def test_a_new_file_is_found_though_the_folder_looks_unchanged(tmp_path):
    """Times of folders are coarse: a file may be begun in the moment in which one looked."""
    moment = time.time() + 60
    write(tmp_path / "k", b"1")
    os.utime(tmp_path / "k", (moment, moment))
    reader = JournalReader(tmp_path / "k")
    assert numbers_of(rest_of(reader)) == [1]

    writer = JournalWriter(tmp_path / "k", new_segment=True)
    writer.append(Kind.EVENT, [b"2"])
    os.utime(tmp_path / "k", (moment, moment))

    assert numbers_of(rest_of(reader)) == [2]
    reader.close()
    writer.close()


@pytest.fixture
def growing(tmp_path):
    """A journal with a record, its reader, who has read that, and its writer.

    Its folder was changed long ago, so that each change of it shows.
    """
    writer = JournalWriter(tmp_path / "k")
    writer.append(Kind.EVENT, [b"1"])
    os.utime(tmp_path / "k", (1, 1))
    reader = JournalReader(tmp_path / "k")
    rest_of(reader)
    yield writer, reader
    reader.close()
    writer.close()


def test_who_has_read_all_need_not_look_again(growing):
    """Until more is written."""
    writer, reader = growing
    writer.append(Kind.EVENT, [b"2"])
    writer.append(Kind.EVENT, [b"3"])

    one, then = numbers_of(reader.read(max_records=1)), reader.may_have_more()
    other, in_the_end = numbers_of(reader.read()), reader.may_have_more()

    assert (one, then) == ([2], True)
    assert (other, in_the_end) == ([3], False)


def test_who_has_read_one_file_looks_for_the_next(growing, tmp_path):
    """It may have been begun before the last records of the one before were read."""
    writer, reader = growing
    writer.append(Kind.EVENT, [b"2"])
    writer.close()
    later = JournalWriter(tmp_path / "k", new_segment=True)
    later.append(Kind.EVENT, [b"3"])
    os.utime(tmp_path / "k", (2, 2))  # long ago too, but after it was looked at

    first, then = numbers_of(reader.read()), reader.may_have_more()

    assert (first, then) == ([2], True)
    assert numbers_of(rest_of(reader)) == [3]
    later.close()


def test_part_of_a_record_may_be_followed_by_the_rest(growing, tmp_path):
    """What was read ends in the middle of a record that is being written."""
    writer, reader = growing
    writer.append(Kind.EVENT, [b"2"])
    [file] = segments(tmp_path / "k")
    whole = file.read_bytes()
    file.write_bytes(whole + whole[-10:])

    reader.read()

    assert reader.may_have_more()


@pytest.mark.parametrize("place", ["_append", "_write_once", "_file_for"])
def test_what_is_added_while_a_record_is_added_comes_behind_it(tmp_path, place):
    """A finalizer may run anywhere, and print; so may a signal's handler. Nobody waits for ever."""
    writer = JournalWriter(tmp_path / "k")

    def add_once(frame, event, _):
        if event == "call" and frame.f_code.co_name == place:
            sys.setprofile(None)
            writer.append(Kind.IOPUB, [b"nested"])

    sys.setprofile(add_once)
    seqs = [writer.append(Kind.IOPUB, [b"a"]), writer.append(Kind.IOPUB, [b"b"])]

    records = read_all(tmp_path / "k")
    assert sorted(texts_of(records)) == [b"a", b"b", b"nested"]
    assert numbers_of(records) == [1, 2, 3]
    assert [record.seq for record in records if record.frames != [b"nested"]] == seqs
    writer.close()


def test_what_was_added_meanwhile_is_not_lost_with_a_record(tmp_path):
    """Code of the user's may end what is being added, by raising."""
    writer = JournalWriter(tmp_path / "k")

    def add_and_raise(frame, event, _):
        if event == "call" and frame.f_code.co_name == "_write_once":
            sys.setprofile(None)
            writer.append(Kind.IOPUB, [b"nested"])
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        sys.setprofile(add_and_raise)
        writer.append(Kind.IOPUB, [b"a"])
    writer.close()

    assert b"nested" in texts_of(read_all(tmp_path / "k"))
