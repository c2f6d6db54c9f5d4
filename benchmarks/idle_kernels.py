"""What kernels take that do nothing: their memory, and what they cost the server and the keeper."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import psutil

from benchmarks.clients import Peer, connected, one_plus_one
from benchmarks.measure import Scale, cpu_seconds, interleaved
from benchmarks.processes import Family, calm, pss_mib, rss_mib
from benchmarks.servers import FORKED, JUPYTER_SERVER, Program, running
from benchmarks.table import OURS, THEIRS, Row, Target

_IDLE_SECONDS = 10.0
"""As long as the server waits between two looks at what kernels take."""
_TWO_THIRDS = Target(2 / 3, THEIRS, "2/3 of theirs")
_KEEPER_MEMORY = Target(30, None, "30")
_NO_CPU = Target(1, None, "1")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of a server with idle kernels that nobody is connected to; memory in MiB."""

    kernels_pss: float | None
    """Of one kernel."""
    helpers_pss: float | None
    """A kernel's share of keeper and zygote."""
    descriptors: float
    """Of the server, per kernel; what follows is too."""
    threads: float
    rss: float
    pss: float | None
    keeper_rss: float
    zygote_rss: float
    server_cpu: float
    """Milliseconds per second."""
    keeper_cpu: float
    zygote_cpu: float

    def pss_with_helpers(self) -> float | None:
        """Of one kernel, with its share."""
        if self.kernels_pss is None or self.helpers_pss is None:
            return None
        return self.kernels_pss + self.helpers_pss


async def measure(scale: Scale) -> list[Row]:
    """Each server runs alone: what the kernels of both have in common would count less."""
    looks = {
        OURS: partial(_look_at, FORKED, scale.at_once[-1]),
        THEIRS: partial(_look_at, JUPYTER_SERVER, scale.at_once[-1]),
    }
    return _rows(await interleaved(scale.crowds, looks), scale.at_once[-1])


class _Looks:
    """Makes rows of what was seen."""

    def __init__(self, looks: Mapping[str, Sequence[Footprint]]) -> None:
        self._looks = looks

    def row(
        self,
        what: str,
        unit: str,
        of: Callable[[Footprint], float | None],
        target: Target | None = None,
        *,
        only_ours: bool = False,
    ) -> Row:
        """One figure of each look, if it is known."""
        figures = {
            name: [figure for look in looks if (figure := of(look)) is not None]
            for name, looks in self._looks.items()
            if name == OURS or not only_ours
        }
        return Row(what, unit, figures, target)


def _rows(looks: Mapping[str, Sequence[Footprint]], count: int) -> list[Row]:
    row = _Looks(looks).row
    kernel = f"idle kernel, {count} run"
    return [
        row(kernel, "PSS, MiB", lambda look: look.kernels_pss, _TWO_THIRDS),
        row(
            f"{kernel}: its share of keeper and zygote",
            "PSS, MiB",
            lambda look: look.helpers_pss,
            only_ours=True,
        ),
        row(f"{kernel}, with that share", "PSS, MiB", Footprint.pss_with_helpers),
        *_rows_of_server(row, f"server, per idle kernel of {count}"),
        *_rows_when_idle(row, f"with {count} idle kernels"),
    ]


def _rows_of_server(row: Callable[..., Row], server: str) -> list[Row]:
    return [
        row(server, "file descriptors", lambda look: look.descriptors),
        row(server, "threads", lambda look: look.threads),
        row(server, "RSS, MiB", lambda look: look.rss),
        row(server, "PSS, MiB", lambda look: look.pss),
    ]


def _rows_when_idle(row: Callable[..., Row], when: str) -> list[Row]:
    ours = partial(row, only_ours=True)
    return [
        row(f"server {when}", "CPU, ms per s", lambda look: look.server_cpu),
        ours(f"keeper {when}", "RSS, MiB", lambda look: look.keeper_rss, _KEEPER_MEMORY),
        ours(f"keeper {when}", "CPU, ms per s", lambda look: look.keeper_cpu, _NO_CPU),
        ours(f"zygote {when}", "RSS, MiB", lambda look: look.zygote_rss),
        ours(f"zygote {when}", "CPU, ms per s", lambda look: look.zygote_cpu, _NO_CPU),
    ]


async def _look_at(program: Program, count: int) -> Footprint:
    async with running(program) as server, connected(server) as client:
        peer = Peer(server, client)
        await _start(peer, 0)  # what the first one loads stays
        await client.disconnect()
        before = _taken_by(await calm(server, kernels=1))
        for number in range(1, count):
            await _start(peer, number)
        await client.disconnect()
        return await _footprint(await calm(server, kernels=count), before)


async def _start(peer: Peer, number: int) -> None:
    await one_plus_one(peer, await peer.client.create(f"idle-{number}.ipynb"))


@dataclass(frozen=True, slots=True)
class _Taken:
    kernels: int
    descriptors: int
    threads: int
    rss: float
    pss: float | None


def _taken_by(processes: Family) -> _Taken:
    server = processes.server
    return _Taken(
        kernels=len(processes.kernels),
        descriptors=server.num_fds(),
        threads=server.num_threads(),
        rss=rss_mib([server]),
        pss=pss_mib([server]),
    )


async def _footprint(processes: Family, before: _Taken) -> Footprint:
    after = _taken_by(processes)
    count = after.kernels - before.kernels
    kernels_pss, helpers_pss = pss_mib(processes.kernels), pss_mib(processes.helpers)
    server_cpu, keeper_cpu, zygote_cpu = await _idle_cpu(
        [processes.server], processes.keepers, processes.zygotes
    )
    return Footprint(
        kernels_pss=None if kernels_pss is None else kernels_pss / after.kernels,
        helpers_pss=None if helpers_pss is None else helpers_pss / after.kernels,
        descriptors=(after.descriptors - before.descriptors) / count,
        threads=(after.threads - before.threads) / count,
        rss=(after.rss - before.rss) / count,
        pss=None if after.pss is None or before.pss is None else (after.pss - before.pss) / count,
        keeper_rss=rss_mib(processes.keepers),
        zygote_rss=rss_mib(processes.zygotes),
        server_cpu=server_cpu,
        keeper_cpu=keeper_cpu,
        zygote_cpu=zygote_cpu,
    )


async def _idle_cpu(*groups: list[psutil.Process]) -> list[float]:
    """Milliseconds of processor time per second, of each group, while nobody asks for anything."""
    before = [sum(map(cpu_seconds, group)) for group in groups]
    await asyncio.sleep(_IDLE_SECONDS)
    after = [sum(map(cpu_seconds, group)) for group in groups]
    return [(now - then) / _IDLE_SECONDS * 1e3 for now, then in zip(after, before, strict=True)]
