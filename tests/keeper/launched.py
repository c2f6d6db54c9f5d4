"""A kernel started by the launcher, without a keeper."""

import asyncio
import json
import sys
from pathlib import Path

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper import launcher
from tests.keeper.talking import Talk, end_of_process, standard_env, write_connection

LAUNCHER = Path(launcher.__file__)


class Launched:
    """A kernel started by the launcher, and a conversation with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        self.stderr = folder / "stderr"
        self.limits: tuple[int, ...] = Limits()

    async def start(self, *arguments: str, **env: str) -> None:
        """Start the process."""
        connection = write_connection(self.folder)
        launch = {
            "module": "ipykernel_launcher",
            "journal": str(self.journal),
            "limits": list(self.limits),
        }
        with self.stderr.open("ab") as stderr:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(LAUNCHER), json.dumps(launch), "-f", str(connection)),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=self.folder,
                env=standard_env() | {"IPYTHONDIR": str(self.folder / "ipython")} | env,
                start_new_session=True,
            )
        self.talk = Talk(self.folder, self.journal)

    async def stop(self) -> None:
        """End the process by force."""
        self.talk.__exit__()
        await end_of_process(self.process)


async def probe(env: dict[str, str]) -> str | None:
    """What the launcher says of this interpreter's ipykernel."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(LAUNCHER), "--probe"),
        stdout=asyncio.subprocess.PIPE,
        env=standard_env() | env,
    )
    told, _ = await process.communicate()
    problem: str | None = json.loads(told)["problem"]
    return problem
