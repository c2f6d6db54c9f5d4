"""Sessions with new kernels, from their creation to their first result; what they leave behind."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.clients import Opened, Peer, one_plus_one, running_both
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.processes import calm
from benchmarks.servers import COLD, FORKED, FROM_POOL, JUPYTER_SERVER
from benchmarks.table import OURS, THEIRS, Row, Target

_TARGETS = {
    COLD.name: None,
    FORKED.name: Target(1 / 5, THEIRS, "1/5 of theirs"),
    FROM_POOL.name: Target(1 / 15, THEIRS, "1/15 of theirs"),
}
_ATTEMPTS = 5
Costs = Mapping[str, Sequence[Cost]]


async def measure(scale: Scale) -> list[Row]:
    """Wall time; processor time of the server without its kernels; open file descriptors."""
    async with running_both((COLD, FORKED, FROM_POOL, JUPYTER_SERVER)) as peers:
        starts = {name: partial(_start_and_end, peer) for name, peer in peers.items()}
        await interleaved(1, starts)  # warm up
        before = {name: await _descriptors(peer) for name, peer in peers.items()}
        rows = _rows(await interleaved(scale.kernels, starts))
        after = {name: await _descriptors(peer) for name, peer in peers.items()}
        for count in scale.at_once:
            crowds = {
                name: partial(_start_and_end_many, peer, count) for name, peer in peers.items()
            }
            rows += _rows_at_once(count, await interleaved(scale.crowds, crowds))
    left = {
        OURS: [max(after[name] - before[name] for name in _TARGETS)],
        THEIRS: [after[THEIRS] - before[THEIRS]],
    }
    what = f"left by {scale.kernels} kernels"
    return [*rows, Row(what, "file descriptors", left, Target(0, None, "0"))]


def _rows(costs: Costs) -> list[Row]:
    """Of each way to start a kernel, beside theirs."""
    rows = []
    for way, target in _TARGETS.items():
        what = f"new kernel to its first result, {way}"
        wall = {OURS: [cost.wall * 1e3 for cost in costs[way]]}
        wall[THEIRS] = [cost.wall * 1e3 for cost in costs[THEIRS]]
        cpu = {OURS: [cost.cpu * 1e3 for cost in costs[way]]}
        cpu[THEIRS] = [cost.cpu * 1e3 for cost in costs[THEIRS]]
        all_cpu = {OURS: [(cost.cpu + cost.helpers_cpu) * 1e3 for cost in costs[way]]}
        all_cpu[THEIRS] = cpu[THEIRS]
        rows += [
            Row(what, "wall, ms", wall, target),
            Row(what, "server CPU, ms", cpu),
            Row(what, "server, keeper and zygote CPU, ms", all_cpu),
        ]
    return rows


@dataclass(frozen=True, slots=True)
class Crowd:
    """Kernels that were started at once."""

    seconds: float
    """Until the last one has said its result."""
    failed: int
    """How many never did, in attempts before that one."""


def _rows_at_once(count: int, crowds: Mapping[str, Sequence[Crowd]]) -> list[Row]:
    rows = []
    for way in _TARGETS:
        of = {OURS: way, THEIRS: THEIRS}
        what = f"{count} new kernels at once to the last result, {way}"
        wall = {name: [crowd.seconds for crowd in crowds[of[name]]] for name in of}
        rows.append(Row(what, "wall, s", wall))
    failed = {
        OURS: [sum(crowd.failed for way in _TARGETS for crowd in crowds[way])],
        THEIRS: [sum(crowd.failed for crowd in crowds[THEIRS])],
    }
    what = f"{count} new kernels at once, all rounds"
    return [*rows, Row(what, "kernels that failed", failed, Target(0, None, "0"))]


async def _start_and_end(peer: Peer) -> Cost:
    helpers = (await calm(peer.server, kernels=0)).helpers
    opened: list[Opened] = []

    async def call(_: int) -> None:
        opened.append(await _start(peer, 0))

    cost = await cost_of_calls(peer.server.process, call, count=1, helpers=helpers)
    await peer.client.delete(opened[0])
    return cost


async def _start_and_end_many(peer: Peer, count: int) -> Crowd:
    """Again if some fail: jupyter_server may give a port to two kernels that start at once."""
    failed = 0
    for _ in range(_ATTEMPTS):
        await calm(peer.server, kernels=0)
        started = time.perf_counter()
        starts = (_start(peer, number) for number in range(count))
        results = await asyncio.gather(*starts, return_exceptions=True)
        seconds = time.perf_counter() - started
        await peer.client.delete_all()
        errors = [result for result in results if isinstance(result, BaseException)]
        if not errors:
            return Crowd(seconds, failed)
        failed += len(errors)
    message = f"{peer.server.name} cannot start {count} kernels at once"
    raise BaseExceptionGroup(message, errors)


async def _start(peer: Peer, number: int) -> Opened:
    opened = await peer.client.create(f"new-{number}.ipynb")
    await one_plus_one(peer, opened)
    return opened


async def _descriptors(peer: Peer) -> int:
    """How many are open when all kernels have ended."""
    return (await calm(peer.server, kernels=0)).server.num_fds()
