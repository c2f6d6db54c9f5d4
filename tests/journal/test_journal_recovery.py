"""A writer that is killed in the middle of a record, and files that are damaged."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sessions_server.journal import JournalReader, JournalWriter, Kind, end_of
from tests.journal.reading import numbers_of, read_all, rest_of, segments, texts_of, write

LAST_RECORD_BYTES = 36 + 4 + len(b"third")


def with_torn_record(directory: Path, kept_bytes: int) -> Path:
    """A journal of two records and the first bytes of a third."""
    write(directory, b"first", b"second", b"third")
    (path,) = segments(directory)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - LAST_RECORD_BYTES + kept_bytes])
    return path


@pytest.mark.parametrize("kept_bytes", range(LAST_RECORD_BYTES))
def test_a_torn_record_is_cut_by_the_next_writer(tmp_path, kept_bytes):
    """Wherever a process was killed, the next one goes on after the last whole record."""
    with_torn_record(tmp_path / "k", kept_bytes)
    assert end_of(tmp_path / "k") == 3

    write(tmp_path / "k", b"third again")

    assert texts_of(read_all(tmp_path / "k")) == [b"first", b"second", b"third again"]


@pytest.mark.parametrize("kept_bytes", [0, 1, 31, 32, LAST_RECORD_BYTES - 1])
def test_a_reader_waits_before_a_torn_record(tmp_path, kept_bytes):
    """It may be a record that is being written just now; what replaces it is read."""
    with_torn_record(tmp_path / "k", kept_bytes)
    reader = JournalReader(tmp_path / "k")
    assert texts_of(rest_of(reader)) == [b"first", b"second"]

    write(tmp_path / "k", b"third again")

    assert texts_of(rest_of(reader)) == [b"third again"]
    reader.close()


def test_a_large_record_is_not_read_before_it_is_whole(tmp_path):
    """A message of many megabytes is seen to grow by those who read meanwhile."""
    write(tmp_path / "k", b"small", b"x" * 1_000_000)
    (path,) = segments(tmp_path / "k")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    reader = JournalReader(tmp_path / "k")
    assert texts_of(rest_of(reader)) == [b"small"]

    path.write_bytes(whole)

    assert numbers_of(rest_of(reader)) == [2]
    reader.close()


def test_a_large_torn_record_is_cut_too(tmp_path):
    """The end is found without reading large records, but not without looking at theirs."""
    write(tmp_path / "k", b"small", b"x" * 1_000_000)
    (path,) = segments(tmp_path / "k")
    path.write_bytes(path.read_bytes()[:-1])
    assert end_of(tmp_path / "k") == 2

    write(tmp_path / "k", b"again")

    assert texts_of(read_all(tmp_path / "k")) == [b"small", b"again"]


def test_the_beginning_of_a_record_with_other_bytes_behind_is_no_record(tmp_path):
    """A reader may see the old beginning and the new rest of what a writer replaces."""
    path = with_torn_record(tmp_path / "k", LAST_RECORD_BYTES - 6)
    with path.open("ab") as file:
        file.write(b"other bytes")

    assert texts_of(read_all(tmp_path / "k")) == [b"first", b"second"]
    assert end_of(tmp_path / "k") == 3


def test_a_damaged_record_ends_what_is_read(tmp_path):
    """Nobody can tell where the next record begins, so the next writer goes on there."""
    write(tmp_path / "k", b"first", b"second", b"third")
    (path,) = segments(tmp_path / "k")
    damaged = bytearray(path.read_bytes())
    damaged[-2 * LAST_RECORD_BYTES + 10] ^= 1  # in the fields of the second
    path.write_bytes(damaged)

    write(tmp_path / "k", b"second again")

    assert texts_of(read_all(tmp_path / "k")) == [b"first", b"second again"]


def test_records_lost_at_the_end_of_an_earlier_file_are_counted(tmp_path):
    """A machine that lost power may have kept a later file better than an earlier one."""
    write(tmp_path / "k", b"1", b"2", b"3", b"4")
    writer = JournalWriter(tmp_path / "k", new_segment=True)
    writer.append(Kind.IOPUB, [b"5"])
    first, _ = segments(tmp_path / "k")
    first.write_bytes(first.read_bytes()[: -3 * (36 + 4 + 1) + 7])

    assert texts_of(read_all(tmp_path / "k")) == [b"1", (3, "NOT_RECORDED"), b"5"]
    assert texts_of(read_all(tmp_path / "k", 3)) == [(2, "NOT_RECORDED"), b"5"]
    writer.close()


def test_a_torn_record_that_the_next_file_repeats_is_no_gap(tmp_path):
    """A writer that cannot cut what did not fit begins a new file with the same number."""
    write(tmp_path / "k", b"1", b"2")
    writer = JournalWriter(tmp_path / "k", new_segment=True)
    writer.append(Kind.IOPUB, [b"3"])
    with segments(tmp_path / "k")[0].open("ab") as file:
        file.write(file.name.encode()[:30])

    assert texts_of(read_all(tmp_path / "k")) == [b"1", b"2", b"3"]
    writer.close()


WRITE_AND_TELL = """
import os, sys
from jupyter_sessions_server.journal import JournalWriter, Kind, Limits

writer = JournalWriter(sys.argv[1], Limits(segment_bytes=50_000))
while True:
    seq = writer.append(Kind.IOPUB, [b"x" * 5_000])
    os.write(1, b"%d\\n" % seq)
"""


def test_nothing_that_was_appended_is_lost_with_a_killed_writer(tmp_path):
    """What append returned for is in the files, whatever becomes of the process."""
    command = [sys.executable, "-c", WRITE_AND_TELL, str(tmp_path / "k")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for _ in range(500):
            process.stdout.readline()
        process.kill()
        told = process.stdout.read().split(b"\n")

    assert process.returncode == -signal.SIGKILL
    last = max((int(line) for line in told[:-1]), default=500)
    numbers = numbers_of(read_all(tmp_path / "k"))
    assert numbers[:last] == list(range(1, last + 1))
    assert len(numbers) <= last + 1
