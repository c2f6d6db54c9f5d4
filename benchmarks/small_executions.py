"""Many small executions, over ten kernels at a time: what each costs the server, and the pace."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.clients import Opened, Peer, one_plus_one, running_both
from benchmarks.measure import Scale, cpu_seconds, interleaved
from benchmarks.processes import calm, family
from benchmarks.table import OURS, Row

_KERNELS = 10


@dataclass(frozen=True, slots=True)
class Collected:
    """What it took to collect them all."""

    count: int
    wall: float
    cpu: float
    helpers_cpu: float


async def measure(scale: Scale) -> list[Row]:
    """Each kernel runs one after the other, and all ten at once."""
    async with running_both() as peers:
        sessions = {name: await _sessions(peers[name]) for name in peers}
        collecting = {
            name: partial(_collect, peers[name], sessions[name], scale.executions) for name in peers
        }
        await interleaved(1, collecting)  # warm up
        collected = await interleaved(scale.crowds, collecting)
    return _rows(collected, scale.executions)


async def _sessions(peer: Peer) -> list[Opened]:
    """Each with a kernel that has run code, and that its client is connected to."""
    sessions = [await peer.client.create(f"small-{number}.ipynb") for number in range(_KERNELS)]
    for session in sessions:
        await one_plus_one(peer, session)
    await calm(peer.server, kernels=_KERNELS)
    return sessions


async def _collect(peer: Peer, sessions: Sequence[Opened], count: int) -> Collected:
    async def run(session: Opened) -> None:
        for _ in range(count // _KERNELS):
            await one_plus_one(peer, session)

    process, helpers = peer.server.process, family(peer.server).helpers
    cpu, helpers_cpu = cpu_seconds(process), sum(map(cpu_seconds, helpers))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for session in sessions:
            group.create_task(run(session))
    return Collected(
        count,
        time.perf_counter() - started,
        cpu_seconds(process) - cpu,
        sum(map(cpu_seconds, helpers)) - helpers_cpu,
    )


def _rows(collected: Mapping[str, Sequence[Collected]], count: int) -> list[Row]:
    what = f"{count:,} times 1+1 over {_KERNELS} kernels"
    cpu = {name: [each.cpu / count * 1e3 for each in collected[name]] for name in collected}
    helpers = {OURS: [each.helpers_cpu / count * 1e3 for each in collected[OURS]]}
    pace = {name: [count / each.wall for each in collected[name]] for name in collected}
    return [
        Row(what, "server CPU, ms each", cpu),
        Row(what, "keeper and zygote CPU, ms each", helpers),
        Row(what, "executions/s", pace),
    ]
