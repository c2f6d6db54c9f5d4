"""Parked kernels: forked ahead, each with sockets of its own, until somebody needs one like it."""

import shutil
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_sessions_server.keeper import start_folders
from jupyter_sessions_server.keeper.launch import StartFolder
from jupyter_sessions_server.keeper.zygote_link import ZygoteLink

MOST_LIKENESSES = 4


@dataclass(frozen=True, slots=True)
class Parked:
    """A kernel that is nobody's yet."""

    pid: int
    folder: Path

    def move_to(self, folder: Path) -> None:
        """Give what it has made to the folder of the start it will be; raises OSError.

        Sockets that are bound stay so under another name.
        """
        for file in self.folder.iterdir():
            if file.name != "connection.json":
                file.rename(folder / file.name)
        self.remove_folder()

    def remove_folder(self) -> None:
        """Remove what it has made."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(slots=True)
class _Kind:
    """Parked kernels that are alike."""

    job: Mapping[str, Any]
    wanted: int
    kernels: deque[Parked] = field(default_factory=deque)


class ParkedKernels:
    """The parked kernels of one zygote."""

    def __init__(self, link: ZygoteLink, folder: Path) -> None:
        self._link = link
        self._folder = folder
        self._kinds: OrderedDict[str, _Kind] = OrderedDict()
        self._closed = False
        link.parked_gone = self._forget

    def want(self, likeness: str, job: Mapping[str, Any], count: int) -> None:
        """From now on have so many of this kind; `job` is what each is forked with."""
        kind = self._kinds.setdefault(likeness, _Kind(job, count))
        kind.wanted, kind.job = count, job
        self._kinds.move_to_end(likeness)

    def take(self, likeness: str) -> Parked | None:
        """One that nobody else gets, if there is one."""
        kind = self._kinds.get(likeness)
        return kind.kernels.popleft() if kind is not None and kind.kernels else None

    async def refill(self) -> None:
        """Park what is missing, one after the other; raises as requests do, and OSError."""
        await self._drop_surplus()
        for kind in list(self._kinds.values()):
            while len(kind.kernels) < kind.wanted and not self._closed:
                kind.kernels.append(await self._park(kind.job))

    async def _park(self, job: Mapping[str, Any]) -> Parked:
        folder = StartFolder(start_folders.new_folder(self._folder))
        start_folders.make(folder)
        arguments = ["-f", str(folder.connection_file), *job["arguments"][2:]]
        try:
            told = await self._link.request(
                "park", job={**job, "folder": str(folder.path), "arguments": arguments}
            )
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return Parked(told["pid"], folder.path)

    async def _drop_surplus(self) -> None:
        surplus: list[Parked] = []
        while len(self._kinds) > MOST_LIKENESSES:
            surplus.extend(self._kinds.popitem(last=False)[1].kernels)
        for kind in self._kinds.values():
            while len(kind.kernels) > kind.wanted:
                surplus.append(kind.kernels.pop())
        for parked in surplus:
            parked.remove_folder()
            await self._link.request("drop", pid=parked.pid)

    def _forget(self, pid: int) -> None:
        for kind in self._kinds.values():
            for parked in [each for each in kind.kernels if each.pid == pid]:
                kind.kernels.remove(parked)
                parked.remove_folder()

    def close(self) -> None:
        """Their zygote has ended or will no longer be used."""
        self._closed = True
        for kind in self._kinds.values():
            for parked in kind.kernels:
                parked.remove_folder()
            kind.kernels.clear()
