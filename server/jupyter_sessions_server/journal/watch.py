"""Tells that files in a folder have grown, come or gone."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import struct
import sys
import time
from collections.abc import Callable
from typing import Protocol

Callback = Callable[[], object]

POLL_SECONDS = 0.05
REST_SECONDS = 0.002
"""How long the system is not asked for news after it had some again and again."""
_AT_ONCE_SECONDS = 0.001
_WAKES_WITHOUT_REST = 10
"""So many may follow upon one another at once when a kernel answers; more are a flood of output."""

_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
_EVENTS_BYTES = 64 * 1024
_CHANGES = 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400  # IN_MODIFY, MOVED_*, CREATE, DELETE(_SELF)
_ONLY_FOLDERS = 0x01000000  # IN_ONLYDIR
_OVERFLOW = 0x4000  # IN_Q_OVERFLOW: events were lost


class JournalWatch(Protocol):
    """Calls back in its event loop when something changed in a folder; knows not what.

    One callback per folder, called at most once per wake-up of the loop. Files in folders
    below are not seen. Belongs to one event loop, and is used in its thread only.
    """

    def add(self, directory: str | os.PathLike[str], callback: Callback) -> None:
        """Watch a folder from now on. FileNotFoundError: there is none."""

    def remove(self, directory: str | os.PathLike[str]) -> None:
        """Call back for this folder no more; nothing happens if it is not watched."""

    def close(self) -> None:
        """Call back no more at all."""


def open_watch(loop: asyncio.AbstractEventLoop, polling: bool = False) -> JournalWatch:
    """A watch by inotify where that can be had, else by looking every 50 ms."""
    if polling or not sys.platform.startswith("linux"):
        return PollingWatch(loop)
    try:
        return InotifyWatch(loop)
    except OSError:  # this user has too many inotify descriptors
        return PollingWatch(loop)


class InotifyWatch:
    """Told by the kernel, over one descriptor for all folders."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._watched: dict[str, int] = {}
        self._callbacks: dict[int, Callback] = {}
        self._refused = PollingWatch(loop)  # folders over the limit of the system
        self._woken_at = 0.0
        self._wakes = 0  # that followed upon one another
        self._rest: asyncio.TimerHandle | None = None
        loop.add_reader(self._fd, self._wake)

    def add(self, directory: str | os.PathLike[str], callback: Callback) -> None:
        """See JournalWatch."""
        path = os.fspath(directory)
        try:
            watch = self._checked(
                self._libc.inotify_add_watch(self._fd, os.fsencode(path), _CHANGES | _ONLY_FOLDERS),
                path,
            )
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._refused.add(path, callback)
            return
        before = self._watched.get(path, watch)
        if before != watch:
            self._callbacks.pop(before, None)  # the folder was removed and made anew
        self._watched[path] = watch
        self._callbacks[watch] = callback

    def remove(self, directory: str | os.PathLike[str]) -> None:
        """See JournalWatch."""
        path = os.fspath(directory)
        self._refused.remove(path)
        watch = self._watched.pop(path, None)
        if watch is not None and self._callbacks.pop(watch, None) is not None:
            self._libc.inotify_rm_watch(self._fd, watch)

    def close(self) -> None:
        """See JournalWatch."""
        self._refused.close()
        self._callbacks.clear()
        if self._rest is not None:
            self._rest.cancel()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _checked(self, result: int, path: str | None = None) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return result

    def _wake(self) -> None:
        try:
            events = os.read(self._fd, _EVENTS_BYTES)
        except BlockingIOError:
            return
        for watch in self._changed(events):
            # Each in a call of its own: one that fails stops no other.
            self._loop.call_soon(self._call, watch)
        self._rest_from_floods()

    def _rest_from_floods(self) -> None:
        """Let news gather while there is much: a wake-up for many costs little more than one."""
        now = time.monotonic()  # the loop's own may be in milliseconds
        self._wakes = self._wakes + 1 if now - self._woken_at < _AT_ONCE_SECONDS else 0
        self._woken_at = now
        if self._wakes >= _WAKES_WITHOUT_REST:
            self._loop.remove_reader(self._fd)
            self._rest = self._loop.call_later(REST_SECONDS, self._listen_again)

    def _listen_again(self) -> None:
        self._rest = None
        self._woken_at = time.monotonic()
        self._loop.add_reader(self._fd, self._wake)

    def _changed(self, events: bytes) -> set[int]:
        changed: set[int] = set()
        at = 0
        while at < len(events):
            watch, mask, _, length = _EVENT.unpack_from(events, at)
            at += _EVENT.size + length
            if mask & _OVERFLOW:
                changed.update(self._callbacks)
            else:
                changed.add(watch)
        return changed

    def _call(self, watch: int) -> None:
        if (callback := self._callbacks.get(watch)) is not None:
            callback()


_Files = dict[str, tuple[int, int, int]]


class PollingWatch:
    """Looks at the files of all folders every 50 ms while there are any."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callbacks: dict[str, Callback] = {}
        self._seen: dict[str, _Files] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, directory: str | os.PathLike[str], callback: Callback) -> None:
        """See JournalWatch."""
        path = os.fspath(directory)
        self._seen[path] = _files_in(path)
        self._callbacks[path] = callback
        if self._timer is None:
            self._timer = self._loop.call_later(POLL_SECONDS, self._look)

    def remove(self, directory: str | os.PathLike[str]) -> None:
        """See JournalWatch."""
        self._callbacks.pop(os.fspath(directory), None)
        self._seen.pop(os.fspath(directory), None)
        if not self._callbacks and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """See JournalWatch."""
        for path in list(self._callbacks):
            self.remove(path)

    def _look(self) -> None:
        self._timer = self._loop.call_later(POLL_SECONDS, self._look)
        for path, seen in self._seen.items():
            try:
                files = _files_in(path)
            except FileNotFoundError:
                files = {}
            if files != seen:
                self._seen[path] = files
                self._loop.call_soon(self._call, path)

    def _call(self, path: str) -> None:
        if (callback := self._callbacks.get(path)) is not None:
            callback()


def _files_in(path: str) -> _Files:
    """What tells that a file has changed, for each file in a folder."""
    files: _Files = {}
    with os.scandir(path) as entries:
        for entry in entries:
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            files[entry.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return files
