"""`1+1` on a kernel that is idle, beside jupyter_server's WebSocket and bare ZMQ."""

import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

from benchmarks.bare_kernel import BareKernel, bare_kernel
from benchmarks.clients import Peer, connected, one_plus_one, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.table import FLOOR, OURS, THEIRS, Row

_CALLS = 25
_LATE = "jupyter_server, acknowledged late"


async def measure(scale: Scale) -> list[Row]:
    """Wall time, and processor time of the server without its kernels; one call at a time."""
    async with running_both() as peers, bare_kernel() as kernel:
        their_server = peers[THEIRS].server
        async with connected(their_server, acknowledge_at_once=False) as late_client:
            peers[_LATE] = Peer(their_server, late_client)
            calls = {name: await _calls(peers[name], n) for n, name in enumerate(peers)}
            calls[FLOOR] = partial(_cost_of_bare, kernel)
            await interleaved(1, calls)  # warm up
            costs = await interleaved(scale.rounds, calls)
    wall = {name: [cost.wall * 1e3 for cost in costs[name]] for name in costs}
    cpu = {name: [cost.cpu * 1e3 for cost in costs[name]] for name in (OURS, THEIRS)}
    late = {OURS: wall[OURS], THEIRS: wall.pop(_LATE)}
    return [
        Row("run 1+1", "wall, ms", wall),
        Row("run 1+1", "server CPU, ms", cpu),
        Row("run 1+1, client acknowledges as TCP does by default", "wall, ms", late),
    ]


async def _calls(peer: Peer, number: int) -> Callable[[], Awaitable[Cost]]:
    """What runs code in a new session of this server."""
    (session,) = await sharing_a_kernel(peer, range(number, number + 1))
    process = peer.server.process
    return partial(cost_of_calls, process, lambda _: one_plus_one(peer, session), count=_CALLS)


async def _cost_of_bare(kernel: BareKernel) -> Cost:
    walls = []
    for _ in range(_CALLS):
        started = time.perf_counter()
        kernel.run("1+1")
        walls.append(time.perf_counter() - started)
    return Cost(0, statistics.median(walls))
