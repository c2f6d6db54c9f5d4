"""Limits: the oldest files go, and readers are told how much went with them."""

import os
from pathlib import Path

from jupyter_sessions_server.journal import JournalReader, JournalWriter, Kind, Limits, end_of
from tests.journal.reading import UNLIMITED, numbers_of, read_all, rest_of, segments, texts_of

TEXT = b"x" * 60  # 100 bytes as a record
LIMITS = Limits(segment_bytes=1000, kernel_bytes=5000, total_bytes=2**40)


def write_records(directory: Path, count: int, limits: Limits = LIMITS) -> None:
    """Records of 100 bytes each."""
    writer = JournalWriter(directory, limits)
    for _ in range(count):
        writer.append(Kind.IOPUB, [TEXT])
    writer.close()


def bytes_in(directory: Path) -> int:
    """What all files in a folder and those below take."""
    return sum(path.stat().st_size for path in directory.rglob("*.journal"))


def age(directory: Path, seconds: int) -> None:
    """Make all files of a journal look as if last written so long ago."""
    for path in segments(directory):
        changed = path.stat().st_mtime - seconds
        os.utime(path, (changed, changed))


def test_a_journal_stays_within_its_limit(tmp_path):
    """A kernel that prints for ever fills no disk."""
    writer = JournalWriter(tmp_path / "k", LIMITS)

    sizes = []
    for _ in range(500):
        writer.append(Kind.IOPUB, [TEXT])
        sizes.append(bytes_in(tmp_path / "k"))

    assert max(sizes) <= 5000
    assert min(sizes[100:]) > 3000
    writer.close()


def test_a_reader_is_told_how_many_records_were_trimmed(tmp_path):
    """The gap and what is left make up all numbers."""
    write_records(tmp_path / "k", 500)

    first, *rest = read_all(tmp_path / "k")

    assert (first.reason, first.count) == ("TRIMMED", 450)
    assert numbers_of([first, *rest]) == list(range(1, 501))
    assert read_all(tmp_path / "k", 400)[0].count == 51


def test_a_slow_reader_finishes_its_file_and_is_told_of_the_next(tmp_path):
    """A file that is open is read to its end, though its name is gone."""
    write_records(tmp_path / "k", 15)
    reader = JournalReader(tmp_path / "k")
    seen = reader.read(max_records=3)

    write_records(tmp_path / "k", 485)
    seen += rest_of(reader)

    assert texts_of(seen[:11]) == [TEXT] * 10 + [(440, "TRIMMED")]
    assert numbers_of(seen) == list(range(1, 501))
    reader.close()


def test_a_large_record_gets_a_file_to_itself(tmp_path):
    """It makes room for itself by the age of others, within the same limit."""
    write_records(tmp_path / "k", 45)
    writer = JournalWriter(tmp_path / "k", LIMITS)

    writer.append(Kind.IOPUB, [b"y" * 3900])
    writer.append(Kind.IOPUB, [b"z"])

    assert [path.stat().st_size for path in segments(tmp_path / "k")] == [3940, 41]
    assert numbers_of(read_all(tmp_path / "k")) == list(range(1, 48))
    writer.close()


def test_a_journal_smaller_than_a_file_still_has_two(tmp_path):
    """Trimming takes away whole files: with one alone everything would go at once."""
    limits = UNLIMITED._replace(kernel_bytes=1000)

    write_records(tmp_path / "k", 100, limits)

    assert len(segments(tmp_path / "k")) == 2
    assert bytes_in(tmp_path / "k") <= 1000


def test_all_journals_together_stay_within_a_limit(tmp_path):
    """The oldest files go first, whichever kernel they are of; each kernel keeps its last."""
    for name, seconds in [("old", 200), ("older", 300), ("new", 100)]:
        write_records(tmp_path / name, 30)
        age(tmp_path / name, seconds)

    write_records(tmp_path / "own", 5, LIMITS._replace(total_bytes=8000))

    left = {path.name: len(segments(path)) for path in tmp_path.iterdir()}
    assert left == {"older": 1, "old": 3, "new": 3, "own": 1}
    assert end_of(tmp_path / "older") == 31


def test_other_files_beside_journals_are_left_alone(tmp_path):
    """The folder of the journals may hold what we know nothing of."""
    other = tmp_path / "other" / "notes.journal"
    other.parent.mkdir()
    other.write_bytes(b"x" * 10_000)

    write_records(tmp_path / "k", 50, LIMITS._replace(total_bytes=1000))

    assert other.exists()


def test_files_of_one_journal_go_in_order_though_the_clock_was_set_back(tmp_path):
    """A hole in the middle would look like records that were never written."""
    write_records(tmp_path / "a", 50)
    for seconds, path in enumerate(segments(tmp_path / "a")):
        os.utime(path, (1_000_000 - seconds, 1_000_000 - seconds))

    write_records(tmp_path / "own", 1, LIMITS._replace(total_bytes=4500))

    assert [int(path.stem) for path in segments(tmp_path / "a")] == [21, 31, 41]
