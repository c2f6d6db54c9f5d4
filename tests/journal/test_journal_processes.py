"""Who else is there while a journal is written: readers, threads, children, other interpreters."""

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import jupyter_sessions_server.journal
from jupyter_sessions_server.journal import Gap, JournalWriter, Kind
from tests.journal.reading import (
    UNLIMITED,
    numbers_of,
    read_all,
    read_while_written,
    segments,
    texts_of,
    write,
)

FOLDER = Path(jupyter_sessions_server.journal.__file__).parent

WRITE_MANY = """
import sys
from jupyter_sessions_server.journal import JournalWriter, Kind, Limits

writer = JournalWriter(sys.argv[1], Limits(*map(int, sys.argv[3:])))
for number in range(int(sys.argv[2])):
    writer.append(Kind.IOPUB, [b"%d" % number, b"x" * (number % 300)])
writer.close()
"""


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_a_reader_beside_a_writer_sees_each_record_once_in_order(tmp_path, count):
    """Neither waits for the other, and nothing is seen before it is whole."""
    limits = UNLIMITED._replace(segment_bytes=100_000)

    records = read_while_written(WRITE_MANY, tmp_path / "k", count, *limits)

    assert [record.seq for record in records] == list(range(1, count + 1))
    assert all(
        record.frames == [b"%d" % number, b"x" * (number % 300)]
        for number, record in enumerate(records)
    )


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_a_reader_beside_a_trimming_writer_misses_nothing_untold(tmp_path, count):
    """Files vanish while they are looked for; the gaps count what went with them."""
    limits = UNLIMITED._replace(segment_bytes=10_000, kernel_bytes=30_000)

    records = read_while_written(WRITE_MANY, tmp_path / "k", count, *limits)

    assert numbers_of(records) == list(range(1, count + 1))
    assert {record.reason for record in records if isinstance(record, Gap)} <= {"TRIMMED"}


def test_threads_may_append_at_the_same_time(tmp_path):
    """A kernel prints from many threads; each message is stored once and whole."""
    writer = JournalWriter(tmp_path / "k", UNLIMITED._replace(segment_bytes=10_000))

    def append_many(name: bytes) -> None:
        for number in range(500):
            writer.append(Kind.IOPUB, [b"%s %d" % (name, number)])

    threads = [threading.Thread(target=append_many, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    records = read_all(tmp_path / "k")
    assert numbers_of(records) == list(range(1, 1501))
    assert len(set(texts_of(records))) == 1500
    writer.close()


def test_a_forked_child_appends_nothing(tmp_path):
    """What a kernel's process pool prints is the parent's to record, under its own numbers."""
    writer = JournalWriter(tmp_path / "k")
    writer.append(Kind.IOPUB, [b"parent"])

    child = os.fork()
    if child == 0:
        code = writer.append(Kind.IOPUB, [b"child"])
        writer.close()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    writer.append(Kind.IOPUB, [b"parent again"])

    assert os.waitstatus_to_exitcode(status) == 0
    assert texts_of(read_all(tmp_path / "k")) == [b"parent", b"parent again"]
    writer.close()


def test_a_journal_is_for_its_user_alone(tmp_path):
    """It holds code and results, whatever the permissions a process gives its files."""
    before = os.umask(0)
    try:
        write(tmp_path / "journals" / "k", b"1")
    finally:
        os.umask(before)

    assert (tmp_path / "journals").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "journals" / "k").stat().st_mode & 0o777 == 0o700
    assert segments(tmp_path / "journals" / "k")[0].stat().st_mode & 0o777 == 0o600


LOAD_BY_PATH = """
import importlib.util, sys

folder, directory = sys.argv[1:]
spec = importlib.util.spec_from_file_location("other_name", folder + "/__init__.py")
journal = sys.modules["other_name"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(journal)
writer = journal.JournalWriter(directory)
writer.append(journal.Kind.EVENT, [b"{}"])
writer.close()
assert journal.JournalReader(directory).read()[0].frames == [b"{}"]
assert not any(name.startswith("jupyter_sessions") for name in sys.modules)
"""


def test_the_package_is_loaded_by_its_path_in_an_interpreter_without_ours(tmp_path):
    """A kernel runs in an environment of its own, where our package is not installed."""
    interpreter = Path(sys.base_prefix) / "bin" / "python3"

    subprocess.run(
        [interpreter, "-I", "-W", "error", "-c", LOAD_BY_PATH, FOLDER, tmp_path / "k"], check=True
    )

    assert texts_of(read_all(tmp_path / "k")) == [b"{}"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_package_is_written_for_older_interpreters(path):
    """A kernel may run in a Python older than the server's, 3.9 at least."""
    ast.parse(path.read_text(), feature_version=(3, 9))
