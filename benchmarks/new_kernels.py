"""A session with a new kernel, from its creation to its first result; what kernels leave behind."""

import asyncio
from functools import partial

import psutil

from benchmarks.clients import Opened, Peer, one_plus_one, running_both
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.table import Row, Target

_QUIET_SECONDS = 2.0
_POLL_SECONDS = 0.1


async def measure(scale: Scale) -> list[Row]:
    """Wall time, processor time of the server without its kernels, open file descriptors."""
    async with running_both() as peers:
        starts = {name: partial(_start_and_end, peer) for name, peer in peers.items()}
        await interleaved(1, starts)  # warm up
        before = {name: await _descriptors(peers[name].server.process) for name in peers}
        costs = await interleaved(scale.kernels, starts)
        after = {name: await _descriptors(peers[name].server.process) for name in peers}
    wall = {name: [cost.wall * 1e3 for cost in costs[name]] for name in costs}
    cpu = {name: [cost.cpu * 1e3 for cost in costs[name]] for name in costs}
    left = {name: [after[name] - before[name]] for name in peers}
    what = "new kernel to its first result"
    return [
        Row(what, "wall, ms", wall),
        Row(what, "server CPU, ms", cpu),
        Row(f"left by {scale.kernels} kernels", "file descriptors", left, Target(0, None, "0")),
    ]


async def _start_and_end(peer: Peer) -> Cost:
    opened: list[Opened] = []

    async def call(_: int) -> None:
        opened.append(await peer.client.create("new.ipynb"))
        await one_plus_one(peer, opened[0])

    cost = await cost_of_calls(peer.server.process, call, count=1)
    await peer.client.delete(opened[0])
    return cost


async def _descriptors(process: psutil.Process) -> int:
    """How many are open, once that number has not changed for a while."""
    number, unchanged = process.num_fds(), 0.0
    while unchanged < _QUIET_SECONDS:
        await asyncio.sleep(_POLL_SECONDS)
        unchanged += _POLL_SECONDS
        if process.num_fds() != number:
            number, unchanged = process.num_fds(), 0.0
    return number
