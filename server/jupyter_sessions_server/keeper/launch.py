"""Launch: all that the start of one kernel process needs, and where its files are."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_sessions_server.journal.format import Limits


class CannotFork(Exception):
    """No zygote can make this kernel; it has to be started cold."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StartFailed(Exception):
    """The process could not be started, or ended before it was a kernel."""


@dataclass(frozen=True, slots=True)
class Provisioner:
    """What runs a kernel instead of a plain process: a kernel provisioner of jupyter_client."""

    name: str
    config: Mapping[str, object]
    kernel_name: str


@dataclass(frozen=True, slots=True)
class StartFolder:
    """The folder of one process's start, and the names of what is in it."""

    path: Path

    @property
    def connection_file(self) -> Path:
        """Where the kernel reads its sockets and its key; it is there before the kernel starts."""
        return self.path / "connection.json"

    @property
    def stderr(self) -> Path:
        """What the process writes to its standard output and error."""
        return self.path / "stderr"

    @property
    def cause(self) -> Path:
        """Why the process is made to end; written before it is told to."""
        return self.path / "cause"

    @property
    def requests(self) -> Path:
        """The socket where a recorder takes what is for its kernel."""
        return self.path / "requests"

    @property
    def spec(self) -> Path:
        """What a recorder reads to start."""
        return self.path / "recorder.json"

    @property
    def sockets(self) -> str:
        """What the names of the kernel's sockets begin with."""
        return str(self.path / "s")


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of one kernel's process."""

    kernel_id: str
    argv: tuple[str, ...]
    """With placeholders as in a kernelspec; `command` fills them in."""
    cwd: str
    env: Mapping[str, str]
    """The whole environment: nothing is inherited from the keeper."""
    warm: bool
    pool: int
    """How many parked kernels to keep for starts like this one."""
    nice: int
    provisioner: Provisioner | None
    """None: a plain process."""
    folder: Path
    """Made for this start, and never used for another."""
    journal: Path
    limits: Limits
    resource_dir: str | None = None
    interrupt_by_message: bool = False

    @property
    def files(self) -> "StartFolder":
        """The files in its folder."""
        return StartFolder(self.folder)

    @property
    def connection_file(self) -> Path:
        """Where the kernel reads its sockets and its key; it is there before the kernel starts."""
        return self.files.connection_file

    @property
    def stderr(self) -> Path:
        """What the process writes to its standard output and error."""
        return self.files.stderr

    @property
    def cause(self) -> Path:
        """Why the process is made to end; written before it is told to."""
        return self.files.cause

    @property
    def command(self) -> list[str]:
        """`argv` with its placeholders filled in."""
        return self.fill(self.argv)

    def fill(self, argv: Sequence[str]) -> list[str]:
        """These arguments with `{connection_file}`, `{prefix}` and `{resource_dir}` filled in."""
        values = {"connection_file": str(self.connection_file), "prefix": sys.prefix}
        if self.resource_dir is not None:
            values["resource_dir"] = self.resource_dir
        return [_PLACEHOLDER.sub(lambda name: values.get(name[1], name[0]), part) for part in argv]


_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}")  # the same as jupyter_client's
