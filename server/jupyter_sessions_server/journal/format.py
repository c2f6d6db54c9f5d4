"""Records and the bytes they are stored as.

    check sum of the fields (4 bytes, CRC-32)
    fields: body length (4), frame count (4), number (8), time (8), kind (1), zeros (3)
    body: the length of each frame (4 each), the frames
    the check sum once more (4)

All numbers are little-endian. The check sum at the end proves that a record is whole: the
beginning of one that was cut off can never be taken for a record together with what was
written over its rest.
"""

from __future__ import annotations

import enum
import functools
import json
import struct
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32


class Kind(enum.IntEnum):
    """What a record holds: a message of a channel, an event, or what is missing."""

    IOPUB = 0
    SHELL = 1
    CONTROL = 2
    STDIN = 3
    EVENT = 16
    GAP = 17


class Record(NamedTuple):
    """One message with its frames as they were sent, or one event with one frame of JSON."""

    seq: int
    time_us: int
    kind: Kind | int  # an int: written by a newer version
    frames: Sequence[bytes]


class Gap(NamedTuple):
    """Records that are missing: `count` of them, `seq` is the last.

    Reasons: TRIMMED (to stay within the limits), STORAGE_FULL (could not be written),
    TOO_LARGE (one record over the limit of a journal), NOT_RECORDED (damaged or lost).
    """

    seq: int
    time_us: int
    count: int  # type: ignore[assignment]  # rather than the method of tuples
    reason: str


class Limits(NamedTuple):
    """How much journals may keep on disk."""

    segment_bytes: int = 8 * 1024 * 1024  # of one file
    kernel_bytes: int = 256 * 1024 * 1024  # of one journal
    total_bytes: int = 8 * 1024 * 1024 * 1024  # of all journals in the same folder


_CHECK = struct.Struct("<I")
_FIELDS = struct.Struct("<IIQqB3x")
_HEADER = struct.Struct("<IIIQqB3x")  # both of the above, read at once
_KINDS = {int(kind): kind for kind in Kind}
_AROUND = _HEADER.size + _CHECK.size  # bytes of a record beside its body
HEADER_BYTES = _HEADER.size
CHECK_BYTES = _CHECK.size
MAX_RECORD_BYTES = 2**31 - 2**16  # what one write takes on Linux, and the length field too


@functools.lru_cache(maxsize=256)
def _lengths(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")


def size_of(frames: Sequence[bytes]) -> int:
    """How many bytes a record with these frames takes."""
    return _AROUND + sum(map(len, frames)) + 4 * len(frames)


def encode(seq: int, time_us: int, kind: int, frames: Sequence[bytes]) -> list[bytes]:
    """The parts of a record, to be written one after the other."""
    lengths = list(map(len, frames))
    count = len(lengths)
    fields = _FIELDS.pack(sum(lengths) + 4 * count, count, seq, time_us, kind)
    check = _CHECK.pack(crc32(fields))
    return [check, fields, _lengths(count).pack(*lengths), *frames, check]


def encode_gap(gap: Gap) -> list[bytes]:
    """The parts of the record that tells of missing ones."""
    frame = json.dumps({"count": gap.count, "reason": gap.reason}).encode()
    return encode(gap.seq, gap.time_us, Kind.GAP, [frame])


def decode(
    buffer: bytes, at: int, max_records: int, max_bytes: int
) -> tuple[list[Record | Gap], int]:
    """The whole records from `at` on, and where the next one begins.

    Stops after `max_records`, once `max_bytes` are taken, or at what is not whole.
    """
    found: list[Record | Gap] = []
    end = len(buffer)
    full = min(end, at + max_bytes)
    while at < full and len(found) < max_records and at + _AROUND <= end:
        check, body, count, seq, time_us, kind = _HEADER.unpack_from(buffer, at)
        frame = at + HEADER_BYTES
        stop = frame + body
        if stop + CHECK_BYTES > end or not _is_whole(buffer, at, stop, check):
            break
        frames = []
        lengths = _lengths(count).unpack_from(buffer, frame)
        frame += 4 * count
        for length in lengths:
            frames.append(buffer[frame : frame + length])
            frame += length
        at = stop + CHECK_BYTES
        if kind == Kind.GAP:
            told = json.loads(frames[0])
            found.append(Gap(seq, time_us, told["count"], told["reason"]))
        else:
            found.append(tuple.__new__(Record, (seq, time_us, _KINDS.get(kind, kind), frames)))
    return found, at


def skip(buffer: bytes, at: int, seq: int) -> tuple[int, int | None]:
    """Hop over whole records below a number: where the next begins, and the last passed."""
    last = None
    end = len(buffer)
    while at + _AROUND <= end:
        check, body, _, number, _, _ = _HEADER.unpack_from(buffer, at)
        stop = at + HEADER_BYTES + body
        if number >= seq or stop + CHECK_BYTES > end or not _is_whole(buffer, at, stop, check):
            break
        at, last = stop + CHECK_BYTES, number
    return at, last


def _is_whole(buffer: bytes, at: int, stop: int, check: int) -> bool:
    return (
        check == crc32(buffer[at + CHECK_BYTES : at + HEADER_BYTES])
        and buffer[stop : stop + CHECK_BYTES] == buffer[at : at + CHECK_BYTES]
    )


class Header(NamedTuple):
    """What the first bytes of a record tell."""

    seq: int
    size: int  # bytes of the whole record
    check: bytes  # its last bytes, if it is whole


def header_at(buffer: bytes, at: int) -> Header | None:
    """The header that begins there; None if it is not all there or not right."""
    if at + HEADER_BYTES > len(buffer):
        return None
    check, body, _, seq, _, _ = _HEADER.unpack_from(buffer, at)
    if check != crc32(buffer[at + CHECK_BYTES : at + HEADER_BYTES]):
        return None
    return Header(seq, _AROUND + body, buffer[at : at + CHECK_BYTES])
