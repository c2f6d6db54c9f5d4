"""The same kernel started in each of the ways there are, and seen as any client sees it."""

import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_sessions_server.keeper import plain
from jupyter_sessions_server.keeper.interpreters import launcher_command
from jupyter_sessions_server.keeper.launch import Launch
from jupyter_sessions_server.keeper.processes import Process
from tests.keeper.behaviours import CONFIGURATION, PROGRAM, STARTUP_FILE
from tests.keeper.forking import IPYKERNEL, Forks, open_forks
from tests.keeper.talking import Talk
from tests.waiting import until

WAYS = ("cold, by our launcher", "forked", "parked and handed over")


@dataclass(frozen=True)
class Started:
    """A kernel, and a client that knows nothing of journals."""

    launch: Launch
    process: Process
    talk: Talk

    async def reply(self, channel: str) -> dict[str, Any]:
        """The content of the next message on this channel."""
        socket = self.talk.socket(channel)
        await until(lambda: socket.poll(0))
        content: dict[str, Any] = json.loads(socket.recv_multipart()[5])
        return content

    async def result(self, code: str) -> str:
        """What the code leaves in `result`; paths of this one start are made the same for all."""
        wanted = {"result": "result"}
        self.talk.execute(code, user_expressions=wanted)
        reply = await self.reply("shell")
        if reply["status"] != "ok":
            return f"{reply['ename']}: {reply['evalue']}"
        shown = reply["user_expressions"]["result"]
        text = str(shown["data"]["text/plain"] if "data" in shown else shown)
        text = text.replace(str(self.launch.folder), "FOLDER")
        return re.sub(r" at 0x[0-9a-f]+", "", text)


class Starter:
    """Starts kernels in a working folder and an IPython folder that all share."""

    def __init__(self, forks: Forks, tmp_path: Path) -> None:
        self._forks = forks
        self._cwd = tmp_path / "work"
        self._cwd.mkdir()
        (self._cwd / "program.py").write_text(PROGRAM)
        profile = tmp_path / "ipython" / "profile_default"
        (profile / "startup").mkdir(parents=True)
        (profile / "startup" / "00-first.py").write_text(STARTUP_FILE)
        (profile / "ipython_kernel_config.py").write_text(CONFIGURATION)
        self._env = forks.env(
            IPYTHONDIR=str(tmp_path / "ipython"),
            ANSWER="42",
            JPY_SESSION_NAME="notebook.ipynb",
            JPY_PARENT_PID="1",
        )
        self._started: list[Started] = []

    async def start(self, way: str) -> Started:
        """A kernel started in this way."""
        launch = self._forks.launch(cwd=str(self._cwd), env=self._env)
        process = await self._process(way, launch)
        started = Started(launch, process, Talk(launch.folder, launch.journal, b"console"))
        self._started.append(started)
        return started

    async def _process(self, way: str, launch: Launch) -> Process:
        if way == "cold":
            return plain.start_plain(launch.command, launch)
        if way == "cold, by our launcher":
            command = launcher_command(launch)
            assert command is not None
            return plain.start_plain(command, launch)
        if way == "parked and handed over":
            other: Mapping[str, str] = {**self._env, "ANSWER": "41", "OTHER": "42"}
            self._forks.zygotes.prepare(IPYKERNEL, "/", other, 1)
            await self._forks.until_parked(1)
        return await self._forks.zygotes.fork(launch)

    async def end(self) -> None:
        """End all."""
        for started in self._started:
            started.talk.__exit__()
            started.process.signal_group(signal.SIGKILL)
            await started.process.wait()
            started.process.release()


@contextlib.asynccontextmanager
async def open_starter(tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts kernels; all end with the block."""
    async with open_forks(tmp_path / "r", refill_seconds=0) as forks:
        starter = Starter(forks, tmp_path)
        try:
            yield starter
        finally:
            await starter.end()
