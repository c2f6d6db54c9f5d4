"""What the tests of the journal share: messages to write, and everything read at once."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_sessions_server.journal import Gap, JournalReader, JournalWriter, Kind, Limits, Record

UNLIMITED = Limits(segment_bytes=2**30, kernel_bytes=2**30, total_bytes=2**40)


def write(directory: Path, *texts: bytes, limits: Limits = UNLIMITED) -> None:
    """Append one record with one frame for each text, and close the journal."""
    writer = JournalWriter(directory, limits)
    for text in texts:
        writer.append(Kind.IOPUB, [text])
    writer.close()


def rest_of(reader: JournalReader) -> list[Record | Gap]:
    """Everything the reader gives until it waits."""
    found: list[Record | Gap] = []
    while more := reader.read():
        found += more
    return found


def read_all(directory: Path, from_seq: int = 1) -> list[Record | Gap]:
    """Everything in a journal from a number on."""
    reader = JournalReader(directory, from_seq)
    try:
        return rest_of(reader)
    finally:
        reader.close()


def read_while_written(script: str, directory: Path, *arguments: object) -> list[Record | Gap]:
    """Everything a reader sees that runs beside a process that writes and ends."""
    records: list[Record | Gap] = []
    command = [sys.executable, "-c", script, *map(str, (directory, *arguments))]
    with subprocess.Popen(command) as writer:
        reader = JournalReader(directory)
        ended, more = False, []
        while more or not ended:
            ended = writer.poll() is not None
            more = reader.read()
            records += more
        reader.close()
    assert writer.returncode == 0
    return records


def texts_of(records: Sequence[Record | Gap]) -> list[bytes | tuple[int, str]]:
    """The first frame of each record, and the count and reason of each gap."""
    return [
        (record.count, record.reason) if isinstance(record, Gap) else record.frames[0]
        for record in records
    ]


def numbers_of(records: Sequence[Record | Gap]) -> list[int]:
    """Every number that is told of, be it as missing."""
    numbers: list[int] = []
    for record in records:
        count = record.count if isinstance(record, Gap) else 1
        numbers += range(record.seq - count + 1, record.seq + 1)
    return numbers


def segments(directory: Path) -> list[Path]:
    """The files of a journal, oldest first."""
    return sorted(directory.glob("*.journal"))
