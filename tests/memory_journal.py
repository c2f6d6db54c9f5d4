"""MemoryJournal: what a kernel said, numbered, in memory and bounded."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from jupyter_sessions_server.model import Gap, GapReason, JournalRecord, Message

_MOST_PER_READ = 500
_MOST_BYTES_PER_READ = 1024 * 1024
_RECORD_BYTES = 500
"""What a record takes besides its message's own bytes, about."""


class MemoryJournal:
    """Records numbered from 1; when they are too many bytes the oldest go.

    A reader that has not read those is told so by a Gap; nobody else waits for it.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.next_seq = 1
        self._first_seq = 1
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._records: dict[int, JournalRecord] = {}
        self._closed = False
        self._readers: set[asyncio.Future[None]] = set()

    def append(self, make: Callable[[int], JournalRecord]) -> None:
        """Add the record that `make` makes of its number."""
        record = make(self.next_seq)
        self._records[self.next_seq] = record
        self.next_seq += 1
        self._bytes += _size(record)
        while self._bytes > self._limit_bytes and len(self._records) > 1:
            self._bytes -= _size(self._records.pop(self._first_seq))
            self._first_seq += 1
        self._wake()

    def close(self) -> None:
        """Nothing follows: readers end when they have read the rest."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        for reader in self._readers:
            if not reader.done():
                reader.set_result(None)
        self._readers.clear()

    async def read(self, from_seq: int) -> AsyncGenerator[Sequence[JournalRecord], None]:
        """The records from a number on, as they come, until the journal is closed."""
        seq = max(from_seq, 1)
        while True:
            if seq < self._first_seq:
                yield [self._gap(seq)]
                seq = max(seq, self._first_seq)
            batch = self._batch(seq)
            if batch:
                seq += len(batch)
                yield batch
            elif self._closed:
                return
            else:
                await self._more()

    def _gap(self, seq: int) -> Gap:
        first = self._records[self._first_seq]
        return Gap(self._first_seq - 1, first.time_ms, self._first_seq - seq, GapReason.TRIMMED)

    def _batch(self, seq: int) -> list[JournalRecord]:
        batch: list[JournalRecord] = []
        size = 0
        while seq < self.next_seq and len(batch) < _MOST_PER_READ and size < _MOST_BYTES_PER_READ:
            record = self._records[seq]
            batch.append(record)
            size += _size(record)
            seq += 1
        return batch

    async def _more(self) -> None:
        reader = asyncio.get_running_loop().create_future()
        self._readers.add(reader)
        try:
            await reader
        finally:
            self._readers.discard(reader)


def _size(record: JournalRecord) -> int:
    return record.size + _RECORD_BYTES if isinstance(record, Message) else _RECORD_BYTES
