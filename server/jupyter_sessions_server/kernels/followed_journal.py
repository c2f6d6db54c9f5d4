"""FollowedJournal: one kernel's journal as the server reads it, for any number of readers."""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson

from jupyter_sessions_server.journal import Gap as JournalGap
from jupyter_sessions_server.journal import JournalReader, Kind, Record, end_of
from jupyter_sessions_server.kernels.messages import MalformedMessage, from_frames
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    Gap,
    GapReason,
    JournalRecord,
    KernelExit,
    Message,
    ProcessExited,
    ProcessStarted,
)

T = TypeVar("T")

log = logging.getLogger(__name__)

_CHANNELS: dict[int, Channel] = {
    Kind.IOPUB: Channel.IOPUB,
    Kind.SHELL: Channel.SHELL,
    Kind.CONTROL: Channel.CONTROL,
    Kind.STDIN: Channel.STDIN,
}
_MOST_PER_TURN = 200
"""Records read before others have their turn."""
_MOST_BYTES_PER_TURN = 1024 * 1024
_RECENT_BYTES = 256 * 1024
"""How much of the newest is held in memory, for readers who have read all before it."""


class FollowedJournal:
    """Read once at its end, for all who are there; who is further back reads from the disk.

    So a reader may be as slow as it likes: it costs no memory, and nobody waits for it.
    """

    def __init__(self, directory: Path, ended: Callable[[ProcessExited], None]) -> None:
        """`ended` is called for each end of a process that is read."""
        self._directory = directory
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._end = JournalReader(directory, end_of(directory))
        self._recent: list[JournalRecord] = []
        self._recent_bytes = 0
        self._recent_from = self.next_seq
        """What is not before this number need not be read from the disk."""
        self._readers: dict[asyncio.Future[None], None] = {}
        """In the order in which they came: who applies records is woken before who waits for it."""
        self._again: asyncio.Handle | None = None
        self._closed = False

    @property
    def next_seq(self) -> int:
        """The number of the next record; all before were read."""
        return self._end.next_seq

    def catch_up(self) -> None:
        """Read what has come; to be called when the journal may have grown."""
        if self._closed or self._again is not None:
            return
        if self._read_some():
            self._again = self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        self._again = None
        self.catch_up()

    def _read_some(self) -> bool:
        """Read as much as one turn may take; whether there may be more."""
        raw = self._end.read(_MOST_PER_TURN, _MOST_BYTES_PER_TURN)
        records = list(map(parse, raw))
        self._recent += records
        self._recent_bytes += sum(map(_size, records))
        self._drop_old()
        self._wake()
        for record in records:
            if isinstance(record, ProcessExited):
                self._ended(record)
        return bool(raw) and self._end.may_have_more()

    def _drop_old(self) -> None:
        dropped = 0
        while self._recent_bytes > _RECENT_BYTES and dropped < len(self._recent) - 1:
            self._recent_bytes -= _size(self._recent[dropped])
            dropped += 1
        if dropped:
            self._recent_from = self._recent[dropped - 1].seq + 1
            del self._recent[:dropped]

    def close(self, *, read_rest: bool = False) -> None:
        """Readers end when they have read what was read until now, or what is there now."""
        try:
            while read_rest and self._read_some():
                pass
        except OSError:  # another reader may find it later
            log.exception("journal not read to its end", extra={"journal": str(self._directory)})
        self._closed = True
        if self._again is not None:
            self._again.cancel()
        self._end.close()
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
            if seq < self._recent_from:
                async for batch in self._from_disk(seq):
                    yield batch
                    seq = batch[-1].seq + 1
                if seq < self._recent_from and not self._closed:
                    yield [self._gap_from(seq)]
                seq = max(seq, self._recent_from)
            start = bisect_left(self._recent, seq, key=_seq)
            if start < len(self._recent):
                batch = self._recent[start:]
                seq = batch[-1].seq + 1
                yield batch
            elif self._closed:
                return
            else:
                await self._more()

    def _gap_from(self, seq: int) -> Gap:
        """What stands for records that went from the disk before they were read."""
        time_ms = self._recent[0].time_ms if self._recent else 0
        return Gap(self._recent_from - 1, time_ms, self._recent_from - seq, GapReason.TRIMMED)

    async def _from_disk(self, seq: int) -> AsyncGenerator[Sequence[JournalRecord], None]:
        """The records from a number on, until those that are in memory."""
        with closing(JournalReader(self._directory, seq)) as reader:
            while reader.next_seq < self._recent_from:
                raw = await _in_thread(partial(reader.read, _MOST_PER_TURN, _MOST_BYTES_PER_TURN))
                if not raw:  # the journal was removed
                    return
                yield list(map(parse, raw))

    async def _more(self) -> None:
        reader = self._loop.create_future()
        self._readers[reader] = None
        try:
            await reader
        finally:
            self._readers.pop(reader, None)


async def _in_thread(work: Callable[[], T]) -> T:
    """What it returns; who is cancelled waits for its end, for it uses what is closed then."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    finally:
        if not working.done():
            await asyncio.wait([working])


def _seq(record: JournalRecord) -> int:
    return record.seq


def _size(record: JournalRecord) -> int:
    return 500 + (record.size if isinstance(record, Message) else 0)


def parse(raw: Record | JournalGap) -> JournalRecord:
    """What the record says; one that cannot be read is logged, and counts as missing."""
    time_ms = raw.time_us // 1000
    if isinstance(raw, JournalGap):
        return Gap(raw.seq, time_ms, raw.count, GapReason(raw.reason))
    try:
        channel = _CHANNELS.get(raw.kind)
        if channel is not None:
            return from_frames(channel, raw.frames, raw.seq, time_ms)
        return _event(raw.frames[0], raw.seq, time_ms)
    except MalformedMessage as error:
        log.warning("record cannot be read", extra={"seq": raw.seq, "why": str(error)})
        return Gap(raw.seq, time_ms, 1, GapReason.NOT_RECORDED)


def _event(text: bytes, seq: int, time_ms: int) -> ProcessStarted | ProcessExited:
    """An event; one of an unknown kind, or that says something unknown, is malformed."""
    try:
        event = orjson.loads(text)
        if event["event"] == "started":
            return ProcessStarted(seq, time_ms)
        end = KernelExit(
            cause=ExitCause(event["cause"]),
            exit_ms=time_ms,
            exit_code=event["exit_code"],
            signal=event["signal"],
            stderr_tail=event["stderr_tail"],
        )
    except (ValueError, TypeError, KeyError) as error:
        message = f"no event: {error!r}"
        raise MalformedMessage(message) from error
    return ProcessExited(seq, time_ms, end)
