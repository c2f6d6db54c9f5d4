"""One cell that says as much as it can: lines, and large displays; what comes, and how fast."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.bare_kernel import BareKernel, bare_kernel
from benchmarks.clients import Opened, Peer, running_both, sharing_a_kernel
from benchmarks.measure import Scale, cpu_seconds, interleaved
from benchmarks.messages import Execution, Received
from benchmarks.processes import calm, kernel_state
from benchmarks.servers import BOTH, WITHOUT_LIMIT
from benchmarks.table import FLOOR, OURS, THEIRS, Row, Target

_SHOWN_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Flood:
    """A cell, and what of it is counted."""

    what: str
    code: str
    count: int
    unit: str
    """Of what is counted."""
    arrived: Callable[[Received], int]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it, and what that took."""

    count: int
    wall: float
    cpu: float
    """Seconds of the server's processor time."""


async def measure(scale: Scale) -> list[Row]:
    """Ours, jupyter_server as it comes and without its limits, and the kernel's own sockets."""
    rows = []
    async with running_both((*BOTH, WITHOUT_LIMIT)) as peers:
        sessions = {name: await _new_session(peers[name]) for name in peers}
        state = kernel_state(peers[OURS].server, sessions[OURS].kernel_id)
        with bare_kernel(state.kernel["connection"]) as kernel:
            for flood in (lines(scale.lines), displays(scale.displays)):
                floods = {
                    name: partial(receive, peers[name], sessions[name], flood) for name in peers
                }
                floods[FLOOR] = partial(receive_bare, kernel, flood)
                rows += _rows(flood, await interleaved(scale.crowds, floods))
    return rows


async def _new_session(peer: Peer) -> Opened:
    (session,) = await sharing_a_kernel(peer, range(1))
    await calm(peer.server, kernels=1)
    return session


def lines(count: int) -> Flood:
    """As code prints them, not flushed: how many share a message is the kernel's choice."""
    code = f"for number in range({count}):\n    print(number)"
    return Flood(f"{count:,} short lines", code, count, "lines", lambda received: received.lines)


def displays(count: int) -> Flood:
    code = f"""
from IPython.display import publish_display_data
for number in range({count}):
    publish_display_data({{"image/png": "QUJD" * {_SHOWN_BYTES // 4}}})
"""
    what = f"{count} MB of display_data"
    return Flood(what, code, count, "MB", lambda received: received.displays)


async def receive(peer: Peer, session: Opened, flood: Flood) -> Came:
    cpu, started = cpu_seconds(peer.server.process), time.perf_counter()
    received = await peer.client.receive(session, flood.code)
    wall = time.perf_counter() - started
    return Came(flood.arrived(received), wall, cpu_seconds(peer.server.process) - cpu)


async def receive_bare(kernel: BareKernel, flood: Flood) -> Came:
    """A client that does nothing else, without an event loop."""
    started = time.perf_counter()
    received = kernel.carry_out(Execution(flood.code)).received
    return Came(flood.arrived(received), time.perf_counter() - started, 0)


def _rows(flood: Flood, came: Mapping[str, Sequence[Came]]) -> list[Row]:
    """What is lost of each, and the pace and the cost of what came, where all of it did."""
    what, without_limit = flood.what, f"{flood.what}, theirs without limit"
    lost = {name: [flood.count - each.count for each in came[name]] for name in came}
    pace = {name: [each.count / each.wall for each in came[name]] for name in came}
    cpu = {name: [each.cpu * 1e3 for each in came[name]] for name in came if name != FLOOR}
    return [
        Row(what, f"lost, {flood.unit}", _but(lost, WITHOUT_LIMIT.name), Target(0, None, "0")),
        Row(what, f"{flood.unit}/s", _but(pace, WITHOUT_LIMIT.name)),
        Row(what, "server CPU, ms", _but(cpu, WITHOUT_LIMIT.name)),
        Row(without_limit, f"lost, {flood.unit}", _unlimited(lost)),
        Row(without_limit, f"{flood.unit}/s", _unlimited(pace)),
        Row(without_limit, "server CPU, ms", _unlimited(cpu)),
    ]


def _but(figures: Mapping[str, Sequence[float]], name: str) -> dict[str, Sequence[float]]:
    return {each: figures[each] for each in figures if each != name}


def _unlimited(figures: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    """Ours, and theirs as it is without its limits."""
    return {OURS: figures[OURS], THEIRS: figures[WITHOUT_LIMIT.name]}
