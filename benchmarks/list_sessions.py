"""ListSessions, beside GET /api/sessions; and the memory that sessions take."""

from functools import partial

import psutil

from benchmarks.clients import Opened, Peer, joining, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.processes import Family, calm, family, pss_mib, rss_mib
from benchmarks.table import THEIRS, Row, Target

_CALLS = {20: 60, 200: 20, 2000: 4}


async def measure(scale: Scale) -> list[Row]:
    """Processor time of the server per call, and its memory before and after."""
    async with running_both() as peers:
        for peer in peers.values():
            await peer.client.count()  # what is loaded by the first call belongs to the server
            await calm(peer.server, kernels=0)
        memory = _memory_rows("idle", peers)
        rows = []
        sessions: dict[str, list[Opened]] = {}
        for total in _CALLS:
            for name, peer in peers.items():
                await _grow(peer, sessions.setdefault(name, []), total)
            rows.append(await _list(peers, total, scale))
        for peer in peers.values():
            await calm(peer.server, kernels=1)
        memory += _memory_rows(f"{total:,} sessions", peers)
        rows.append(await _list_after_changes(peers, sessions, scale))
    return rows + memory


async def _grow(peer: Peer, sessions: list[Opened], total: int) -> None:
    numbers = range(len(sessions), total)
    if sessions:
        sessions += await joining(peer, sessions[0].kernel_id, numbers)
    else:
        sessions += await sharing_a_kernel(peer, numbers)


async def _list(peers: dict[str, Peer], total: int, scale: Scale) -> Row:
    calls = {name: partial(_cost, peer, total, _CALLS[total]) for name, peer in peers.items()}
    await interleaved(1, calls)  # warm up
    costs = await interleaved(scale.rounds, calls)
    target = Target(1 / 20, THEIRS, "1/20 of theirs") if total == 2000 else None
    return _row(f"list of {total:,}", costs, target)


async def _cost(peer: Peer, total: int, count: int) -> Cost:
    async def call(_: int) -> None:
        listed = await peer.client.count()
        if listed != total:
            message = f"{peer.server.name} lists {listed} sessions, not {total}"
            raise AssertionError(message)

    return await cost_of_calls(peer.server.process, call, count=count)


async def _list_after_changes(
    peers: dict[str, Peer], sessions: dict[str, list[Opened]], scale: Scale
) -> Row:
    """Each time the kernel, which all sessions show, has changed in between."""
    calls = {
        name: partial(_cost_after_changes, peer, sessions[name]) for name, peer in peers.items()
    }
    costs = await interleaved(scale.rounds, calls)
    return _row(f"list of {len(sessions[THEIRS]):,}, all of them changed", costs)


async def _cost_after_changes(peer: Peer, sessions: list[Opened]) -> Cost:
    await peer.client.run(sessions[0], "1")
    return await _cost(peer, len(sessions), count=1)


def _row(what: str, costs: dict[str, list[Cost]], target: Target | None = None) -> Row:
    figures = {name: [cost.cpu * 1e6 for cost in costs[name]] for name in costs}
    return Row(what, "server CPU, µs", figures, target)


def _memory_rows(when: str, peers: dict[str, Peer]) -> list[Row]:
    """What is resident; and its share, which counts pages that processes share only in part."""
    families = {name: family(peer.server) for name, peer in peers.items()}
    helpers = {
        name: _pss([*families[name].helpers, *_parked(peer, families[name])])
        for name, peer in peers.items()
        if not peer.server.program.speaks_rest
    }
    return [
        Row(f"memory, {when}", "RSS, MiB", {n: [rss_mib([f.server])] for n, f in families.items()}),
        Row(f"memory, {when}", "PSS, MiB", {n: _pss([f.server]) for n, f in families.items()}),
        Row(f"memory, {when}: keeper, zygote, a parked kernel", "PSS, MiB", helpers),
    ]


def _parked(peer: Peer, processes: Family) -> list[psutil.Process]:
    """The newest kernels, which wait for their time."""
    newest_first = sorted(processes.kernels, key=psutil.Process.create_time, reverse=True)
    return newest_first[: peer.server.program.parked]


def _pss(processes: list[psutil.Process]) -> list[float]:
    """As a figure of a row; none but on Linux."""
    memory = pss_mib(processes)
    return [] if memory is None else [memory]
