"""Cursors: how far each front end has got, kept where a killed process leaves it.

A file of fixed size is mapped into memory: noting a place is a store into memory, and the system
writes it out, also when the process is killed in the next moment.
"""

import fcntl
import hashlib
import mmap
import os
import struct
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

_SLOT: Final = struct.Struct("<24sq")
"""Whose place it is, and the number of the first message that they have not got; 0: free."""
SLOT_COUNT: Final = 4096


class Cursors:
    """The places of the front ends that were connected last, in a file or in memory alone.

    Beyond SLOT_COUNT the one that was used longest ago is forgotten, if it is not in use.
    """

    def __init__(self, path: Path | None, slot_count: int = SLOT_COUNT) -> None:
        """Take the file, or a new one.

        Raises BlockingIOError if another process has it, OSError if it cannot be had.
        """
        size = _SLOT.size * slot_count
        self._map = mmap.mmap(-1, size) if path is None else _mapped(path, size)
        self._free: list[int] = []
        self._slots: OrderedDict[bytes, int] = OrderedDict()  # the last used at the end
        self._connected: dict[bytes, Cursor] = {}
        for number in range(slot_count):
            key, next_seq = _SLOT.unpack_from(self._map, number * _SLOT.size)
            if next_seq > 0 and key not in self._slots:
                self._slots[key] = number
            else:
                self._free.append(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._map.close()

    @contextmanager
    def connected(self, *names: str) -> Iterator["Cursor"]:
        """The place of the front end of these names, for as long as it is connected.

        If it still seems to be connected otherwise, it has lost that connection without our having
        noticed: then its place is what has arrived over that one, which moves it no more.
        """
        key = hashlib.blake2b("\0".join(names).encode(), digest_size=24).digest()
        if (lost := self._connected.get(key)) is not None:
            lost.go_back()
            lost.is_present = False
        cursor = Cursor(self._map, key, self._take(key))
        self._connected[key] = cursor
        try:
            yield cursor
        finally:
            if cursor.is_present:
                del self._connected[key]

    def _take(self, key: bytes) -> int:
        """The number of its slot, another's if none is free."""
        if key in self._slots:
            self._slots.move_to_end(key)
            return self._slots[key]
        if not self._free:
            self._forget_oldest()
        self._slots[key] = number = self._free.pop()
        _SLOT.pack_into(self._map, number * _SLOT.size, key, 0)
        return number

    def _forget_oldest(self) -> None:
        oldest = next((key for key in self._slots if key not in self._connected), None)
        if oldest is None:
            message = f"{len(self._slots)} front ends are connected, and no more can be"
            raise OSError(message)
        self._free.append(self._slots.pop(oldest))


def _mapped(path: Path, size: int) -> mmap.mmap:
    """The file, of this process alone, in memory; the map holds the file, and so the lock."""
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Written, not left as a hole: that could not be filled when the disk is full, and storing
        # into it would end the process.
        file.write(bytes(max(0, size - file.seek(0, os.SEEK_END))))
        file.truncate(size)
        return mmap.mmap(file.fileno(), size)


class Cursor:
    """The place of one front end."""

    def __init__(self, map_: mmap.mmap, key: bytes, slot: int) -> None:
        self._map = map_
        self._key = key
        self._offset = slot * _SLOT.size
        self._arrived = self.next_seq or 0
        self.is_present = True
        """Whether it moves; not if the front end has connected anew."""

    @property
    def next_seq(self) -> int | None:
        """The number of the first message that was not sent to it; None if it is new here."""
        _, next_seq = _SLOT.unpack_from(self._map, self._offset)
        return next_seq or None

    def begin(self, next_seq: int) -> None:
        """Note where it begins."""
        self._arrived = next_seq
        self.move(next_seq)

    def move(self, next_seq: int) -> None:
        """Note that the system has taken everything before this number, to send it."""
        if self.is_present:
            _SLOT.pack_into(self._map, self._offset, self._key, next_seq)

    def arrived(self, next_seq: int) -> None:
        """Note that the front end has everything before this number."""
        self._arrived = next_seq

    def go_back(self) -> None:
        """Go to where the front end has everything for sure."""
        self.move(self._arrived)

    def forget(self) -> None:
        """There is no place any more."""
        self.move(0)
        self._arrived = 0
