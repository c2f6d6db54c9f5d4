"""The keeper's state: a file per kernel that has a process, so that a new keeper finds it again."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper.processes import Identity
from jupyter_sessions_server.keeper.protocol import RunningKernel

VERSION = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KernelState:
    """All that must be known to adopt one kernel."""

    kernel: RunningKernel
    folder: Path
    """Of this start."""
    process: Identity | None
    """The process the keeper waits for, the recorder's if there is one; None: not started yet."""
    kernel_process: Identity | None
    """The kernel's own, if a recorder is its parent; None for one that a provisioner runs."""
    provisioned: bool
    limits: Limits
    oom_kills: int
    """How many processes the system had killed for their memory when this one started."""


class UnknownState(Exception):
    """A state file that cannot be read."""

    def __init__(self, why: str, *, newer: bool = False) -> None:
        super().__init__(why)
        self.newer = newer


class StateFiles:
    """The folder of the state files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def write(self, state: KernelState) -> None:
        """Put the state in place of what was there, in one step."""
        file = self._file(state.kernel["kernel_id"])
        part = file.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(0o600)
        part.write_bytes(_encode(state))
        part.replace(file)

    def remove(self, kernel_id: str) -> None:
        """Remove the state, if there is one."""
        self._file(kernel_id).unlink(missing_ok=True)

    def read(self, kernel_id: str) -> KernelState | None:
        """The state of a kernel; None if it has none; raises UnknownState."""
        try:
            return _decode(self._file(kernel_id).read_bytes())
        except FileNotFoundError:
            return None

    def is_newer(self, kernel_id: str) -> bool:
        """Whether a newer keeper wrote the kernel's state: then its process may well live."""
        try:
            self.read(kernel_id)
        except UnknownState as error:
            return error.newer
        return False

    def kernel_ids(self) -> Iterator[str]:
        """The kernels that have a state file, whatever is in it."""
        for name in sorted(os.listdir(self._folder)):  # noqa: PTH208 - names are all it takes
            if name.endswith(".json"):
                yield name.removesuffix(".json")

    def _file(self, kernel_id: str) -> Path:
        return self._folder / f"{kernel_id}.json"


def _encode(state: KernelState) -> bytes:
    values = asdict(state) | {"version": VERSION, "folder": str(state.folder)}
    return json.dumps(values).encode()


def _decode(content: bytes) -> KernelState:
    try:
        values: dict[str, Any] = json.loads(content)
        if values["version"] > VERSION:
            text = f"written by a newer keeper, version {values['version']}"
            raise UnknownState(text, newer=True)
        return KernelState(
            kernel=_kernel(values["kernel"]),
            folder=Path(values["folder"]),
            process=_identity(values["process"]),
            kernel_process=_identity(values["kernel_process"]),
            provisioned=values["provisioned"],
            limits=Limits(*values["limits"]),
            oom_kills=values["oom_kills"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"torn or damaged: {error!r}"
        raise UnknownState(text) from None


def _kernel(values: dict[str, Any]) -> RunningKernel:
    missing = RunningKernel.__required_keys__ - values.keys()
    if missing:
        raise KeyError(*missing)
    return cast(RunningKernel, values)


def _identity(values: dict[str, Any] | None) -> Identity | None:
    return None if values is None else Identity(**values)
