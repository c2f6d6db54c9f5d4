"""Zygotes: warm kernels, from one fork server per interpreter and the environment it has."""

import asyncio
import contextlib
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from jupyter_sessions_server.keeper.interpreters import (
    Interpreter,
    IpykernelCommand,
    find_interpreter,
    ipykernel_command,
)
from jupyter_sessions_server.keeper.launch import CannotFork, Launch
from jupyter_sessions_server.keeper.one_zygote import Tasks, Zygote, exit_code_by
from jupyter_sessions_server.keeper.probes import probe
from jupyter_sessions_server.keeper.processes import Identity, Process
from jupyter_sessions_server.keeper.unknown import end_with_argument
from jupyter_sessions_server.keeper.zygote_link import Stale, ZygoteGone, ZygoteLink, connect
from jupyter_sessions_server.keeper.zygote_process import ZygoteTimes, start_zygote

MOST_ZYGOTES = 4
FAILURE_SECONDS = 60.0
"""How long a zygote that could not start is not tried again."""
REFILL_SECONDS = 1.0
"""How long a kernel that was just started has the machine for itself."""
BUSY_SECONDS = 60.0
"""How long a zygote without kernels is spared when there are too many."""
GREETING_SECONDS = 5.0
"""How long a zygote that lives may take to say so."""

log = logging.getLogger(__name__)


class Zygotes:
    """Makes warm kernels, and knows how they ended."""

    def __init__(
        self,
        run_dir: Path,
        tasks: Tasks,
        *,
        forking: bool = sys.platform == "linux",
        times: ZygoteTimes = ZygoteTimes(),  # noqa: B008 - immutable
        refill_seconds: float = REFILL_SECONDS,
    ) -> None:
        """`forking`: False makes every kernel cold, as on systems where forks are not safe."""
        self._run_dir = run_dir
        self._folder = run_dir / "z"
        self._tasks = tasks
        self._forking = forking
        self._times = times
        self._refill_seconds = refill_seconds
        self._zygotes: dict[str, Zygote] = {}
        self._links: set[ZygoteLink] = set()
        """All zygotes that live: also those that only wait for their kernels' end."""
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failures: dict[str, tuple[str, float]] = {}
        self._problems: dict[str, str | None] = {}

    async def open(self) -> None:
        """Find the zygotes that an earlier keeper left."""
        for path in sorted(self._folder.glob("*.sock")):
            try:
                link = await connect(path, self._lost)
                async with asyncio.timeout(GREETING_SECONDS):
                    problem = await link.greet()
            except (OSError, ZygoteGone, TimeoutError):
                path.unlink(missing_ok=True)
                continue
            self._links.add(link)
            if problem is None:
                self._use(link, None)

    async def close(self) -> None:
        """Let go of the zygotes: those without kernels end, the others when theirs have."""
        self._forking = False
        for zygote in list(self._zygotes.values()):
            await self._retire(zygote)
        for link in list(self._links):
            link.close()

    async def fork(self, launch: Launch) -> Process:
        """A warm kernel that runs; raises CannotFork, StartFailed."""
        command = self._command(launch.argv)
        return await self.fork_by(
            command, launch.env, str(launch.folder), lambda each: each.fork(command, launch)
        )

    async def fork_by(
        self,
        command: IpykernelCommand,
        env: Mapping[str, str],
        argument: str | None,
        fork: Callable[[Zygote], Awaitable[Process]],
    ) -> Process:
        """Fork by the zygote for this command, or by its successor if it turns out to be dead.

        `argument`: what the kernel has in its command line, and nobody else, if there is such a
        thing: a zygote may have forked, and ended, before it could tell.
        """
        interpreter = find_interpreter(command, env)
        for _ in range(2):
            zygote = await self._get(interpreter)
            try:
                return await fork(zygote)
            except Stale as error:
                log.info("zygote is out of date", extra={"why": str(error)})
                await self._retire(zygote)
            except ZygoteGone:
                self._drop(zygote)
                if argument is not None:
                    await end_with_argument(argument)
        raise CannotFork("its zygote ended")

    async def probe(self, launch: Launch) -> str | None:
        """Why this interpreter's ipykernel cannot write its own journal; None if it can."""
        command = ipykernel_command(launch.argv)
        if command is None:
            return "not an ipykernel"
        interpreter = find_interpreter(command, launch.env)
        async with self._locks[interpreter.key]:
            if interpreter.key in self._zygotes:
                return None
            if interpreter.key not in self._problems:
                self._problems[interpreter.key] = await probe(interpreter)
            return self._problems[interpreter.key]

    def prepare(self, argv: Sequence[str], cwd: str, env: Mapping[str, str], pool: int) -> None:
        """Make a zygote, and parked kernels, ready for starts like this one."""
        with contextlib.suppress(CannotFork):
            command = self._command(argv)
            self._tasks.create_task(self._prepare(command, env, pool))

    async def _prepare(self, command: IpykernelCommand, env: Mapping[str, str], pool: int) -> None:
        try:
            zygote = await self._get(find_interpreter(command, env))
        except CannotFork as error:
            log.info("no zygote", extra={"why": error.reason})
            return
        zygote.keep_parked(command, env, pool, delay=0.0)

    async def exit_code(self, identity: Identity) -> int | None:
        """How a kernel ended that was forked for an earlier keeper, if a zygote knows."""
        for link in list(self._links):
            code = await exit_code_by(link, identity.pid, identity.start_time)
            if code is not None:
                return code
        return None

    def _command(self, argv: Sequence[str]) -> IpykernelCommand:
        command = ipykernel_command(argv)
        if command is None:
            raise CannotFork("not an ipykernel")
        if not self._forking:
            raise CannotFork("kernels are not forked here")
        return command

    async def _get(self, interpreter: Interpreter) -> Zygote:
        """The zygote of this interpreter; started if there is none. Raises CannotFork."""
        async with self._locks[interpreter.key]:
            zygote = self._zygotes.get(interpreter.key)
            if zygote is not None:
                return zygote
            reason, until = self._failures.get(interpreter.key, ("", 0.0))
            if time.monotonic() < until:
                raise CannotFork(reason)
            await self._make_room()
            try:
                return await self._start(interpreter)
            except CannotFork as error:
                until = time.monotonic() + FAILURE_SECONDS
                self._failures[interpreter.key] = (error.reason, until)
                raise

    async def _start(self, interpreter: Interpreter) -> Zygote:
        begun = time.monotonic()
        link, process = await start_zygote(interpreter, self._folder, self._times, self._lost)
        facts = {"pid": link.pid, "python": interpreter.python, "key": interpreter.key}
        log.info("zygote started", extra=facts | {"seconds": round(time.monotonic() - begun, 3)})
        self._links.add(link)
        return self._use(link, process)

    def _use(self, link: ZygoteLink, process: Process | None) -> Zygote:
        zygote = Zygote(link, process, self._run_dir, self._tasks, self._refill_seconds)
        self._zygotes[link.key] = zygote
        return zygote

    async def _make_room(self) -> None:
        """End a zygote that nobody has used for longest; raises CannotFork if all are in use."""
        unused: list[tuple[float, str]] = []
        if len(self._zygotes) < MOST_ZYGOTES:
            return
        for key, zygote in list(self._zygotes.items()):
            with contextlib.suppress(ZygoteGone):
                status = await zygote.link.request("status")
                if status["kernels"] == 0 and status["unused_seconds"] > BUSY_SECONDS:
                    unused.append((status["unused_seconds"], key))
        if unused:
            await self._retire(self._zygotes[max(unused)[1]])
        elif len(self._zygotes) >= MOST_ZYGOTES:
            text = f"{MOST_ZYGOTES} interpreters have zygotes already"
            raise CannotFork(text)

    async def _retire(self, zygote: Zygote) -> None:
        """Have it end with its last kernel, and until then tell how they ended."""
        self._drop(zygote)
        with contextlib.suppress(ZygoteGone):
            await zygote.link.request("leave")

    def _drop(self, zygote: Zygote) -> None:
        """Use it no more."""
        zygote.drop()
        if self._zygotes.get(zygote.link.key) is zygote:
            del self._zygotes[zygote.link.key]

    def _lost(self, link: ZygoteLink) -> None:
        """A zygote has ended, or hung up."""
        self._links.discard(link)
        zygote = self._zygotes.get(link.key)
        if zygote is not None and zygote.link is link:
            log.info("zygote ended", extra={"pid": link.pid})
            self._drop(zygote)
