"""`1+1` on an idle kernel, beside jupyter_server's WebSocket and the kernel's own sockets."""

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.bare_kernel import bare_kernel
from benchmarks.clients import (
    Opened,
    Peer,
    connected,
    one_plus_one,
    running_both,
    sharing_a_kernel,
)
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.processes import calm, family, kernel_state
from benchmarks.table import FLOOR, OURS, THEIRS, Row, Target

_CALLS = 25
_LATE = "jupyter_server, acknowledged late"


async def measure(scale: Scale) -> list[Row]:
    """Wall time, and processor time of the server without its kernels; one call at a time."""
    async with running_both() as peers:
        their_server = peers[THEIRS].server
        async with connected(their_server, acknowledge_at_once=False) as late_client:
            peers[_LATE] = Peer(their_server, late_client)
            sessions = {name: await _new_session(peers[name], n) for n, name in enumerate(peers)}
            calls = {name: calls_of(peers[name], sessions[name]) for name in peers}
            state = kernel_state(peers[OURS].server, sessions[OURS].kernel_id)
            calls[FLOOR] = partial(cost_of_bare, state.kernel["connection"])
            await calm(peers[OURS].server, kernels=1)
            await calm(their_server, kernels=2)
            await interleaved(1, calls)  # warm up
            costs = await interleaved(scale.rounds, calls)
    wall = {name: [cost.wall * 1e3 for cost in costs[name]] for name in costs}
    cpu = {name: [cost.cpu * 1e3 for cost in costs[name]] for name in (OURS, THEIRS)}
    helpers = {OURS: [cost.helpers_cpu * 1e3 for cost in costs[OURS]]}
    late = {OURS: wall[OURS], THEIRS: wall.pop(_LATE)}
    return [
        Row("run 1+1", "wall, ms", wall, Target(1.3, FLOOR, "1.3 of floor")),
        Row("run 1+1", "server CPU, ms", cpu),
        Row("run 1+1", "keeper and zygote CPU, ms", helpers),
        Row("run 1+1, client acknowledges as TCP does by default", "wall, ms", late),
    ]


async def _new_session(peer: Peer, number: int) -> Opened:
    """With a kernel of its own."""
    (session,) = await sharing_a_kernel(peer, range(number, number + 1))
    return session


def calls_of(peer: Peer, session: Opened) -> Callable[[], Awaitable[Cost]]:
    """What runs code in this session."""

    async def cost() -> Cost:
        return await cost_of_calls(
            peer.server.process,
            lambda _: one_plus_one(peer, session),
            count=_CALLS,
            helpers=family(peer.server).helpers,
        )

    return cost


async def cost_of_bare(connection: Mapping[str, Any]) -> Cost:
    """Connected for this alone: what else the kernel says is none of its business."""
    walls = []
    with bare_kernel(connection) as kernel:
        for _ in range(_CALLS):
            started = time.perf_counter()
            kernel.run("1+1")
            walls.append(time.perf_counter() - started)
    return Cost(0, statistics.median(walls))
