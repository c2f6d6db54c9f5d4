"""Ways: how the process of a launch comes to be: forked, started cold, or with a recorder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_sessions_server.keeper.launch import CannotFork, Launch
from jupyter_sessions_server.keeper.plain import RECORDER, start_plain, start_recorder
from jupyter_sessions_server.keeper.processes import Identity, Process
from jupyter_sessions_server.keeper.protocol import Mode


class Zygotes(Protocol):
    """What makes warm kernels."""

    async def open(self) -> None:
        """Find the zygotes that live already."""

    async def close(self) -> None:
        """Let go of the zygotes; those without kernels end."""

    async def fork(self, launch: Launch) -> Process:
        """A warm kernel that runs; raises CannotFork."""

    async def probe(self, launch: Launch) -> str | None:
        """Why this launch's interpreter cannot write its own journal; None if it can."""

    def prepare(self, argv: Sequence[str], cwd: str, env: Mapping[str, str], pool: int) -> None:
        """Make ready for starts like this one."""

    async def exit_code(self, identity: Identity) -> int | None:
        """How a kernel of a zygote ended that was forked for an earlier keeper, if any knows."""


LauncherCommand = Callable[[Launch], list[str] | None]
"""The command that starts an ipykernel through our launcher; None for all other kernels."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a launch is to be started, as far as one can tell before."""

    mode: Mode
    cold_reason: str
    command: list[str] | None
    """Of the launcher; None: a recorder is needed."""


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started."""

    process: Process
    """The one to wait for: the kernel's, or its recorder's."""
    mode: Mode
    cold_reason: str
    recorded: bool = False
    kernel: Identity | None = None
    """The kernel's own process, if a recorder is its parent and it is on this machine."""
    connection: Mapping[str, Any] | None = None
    """If it is not what the connection file said before."""


class Ways:
    """Chooses the best way there is, and takes the next one if that fails."""

    def __init__(
        self,
        zygotes: Zygotes,
        launcher_command: LauncherCommand,
        recorder: Sequence[str] = RECORDER,
    ) -> None:
        self.zygotes = zygotes
        self._launcher_command = launcher_command
        self._recorder = recorder

    async def plan(self, launch: Launch) -> Plan:
        """How the launch should be started; asks the interpreter if it is to be started cold."""
        if launch.provisioner is not None:
            return Plan(Mode.COLD, f"run by provisioner {launch.provisioner.name}", None)
        command = self._launcher_command(launch)
        if command is None:
            return Plan(Mode.COLD, "not an ipykernel" if launch.warm else "", None)
        if launch.warm:
            return Plan(Mode.WARM, "", command)
        return await self._cold(launch, "", command)

    async def _cold(self, launch: Launch, reason: str, command: list[str] | None) -> Plan:
        problem = await self.zygotes.probe(launch)
        if problem is None:
            return Plan(Mode.COLD, reason, command)
        return Plan(Mode.COLD, "; ".join(filter(None, [reason, problem])), None)

    async def start(self, launch: Launch, plan: Plan) -> Started:
        """Start it; raises StartFailed. May be another way than planned."""
        if plan.mode == Mode.WARM:
            try:
                return Started(await self.zygotes.fork(launch), Mode.WARM, "")
            except CannotFork as error:
                plan = await self._cold(launch, error.reason, plan.command)
        if plan.command is not None:
            return Started(start_plain(plan.command, launch), Mode.COLD, plan.cold_reason)
        recorded = await start_recorder(launch, self._recorder)
        return Started(
            recorded.recorder,
            Mode.COLD,
            plan.cold_reason,
            True,
            recorded.kernel,
            recorded.connection,
        )
