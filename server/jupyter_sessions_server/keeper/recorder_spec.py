"""RecorderSpec: what a recorder is told by the keeper, in a file that is read once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from jupyter_sessions_server.journal.format import Limits


def front_requests(requests: str, channel: str) -> str:
    """The socket beside that of the requests where what front ends say on a channel comes."""
    return str(Path(requests).with_name(f"for-{channel}"))


@dataclass(frozen=True, slots=True)
class RecorderSpec:
    """One kernel to start and to record. Paths are absolute; the folders are there."""

    argv: list[str]
    """With its placeholders filled in."""
    cwd: str
    env: dict[str, str]
    """The whole environment: nothing is inherited from the recorder."""
    nice: int
    connection_file: str
    """For a plain process it is there already; a provisioner's is written here."""
    journal: str
    """The kernel's journal; the folder's name is the kernel's id."""
    limits: list[int]
    """The journal's Limits, in their order."""
    requests: str
    """Where the socket is made on which the server's requests come; see `front_requests`, too."""
    stderr: str
    cause: str
    provisioner: dict[str, Any] | None
    """`name`, `config` and `kernel_name` of a jupyter_client provisioner; None: a plain process."""

    @classmethod
    def take(cls, file: Path) -> Self:
        """Read the file and remove it: the environment may hold secrets."""
        text = file.read_text()
        file.unlink()
        return cls(**json.loads(text))

    def write(self, file: Path) -> None:
        """Write it for a recorder to take; nobody else can read it."""
        file.touch(0o600, exist_ok=False)
        file.write_text(json.dumps(asdict(self)))

    @property
    def journal_limits(self) -> Limits:
        """`limits` by their names."""
        return Limits(*self.limits)
