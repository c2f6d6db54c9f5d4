"""Our REST API and WebSocket, beside jupyter_server's, an empty handler, and a kernel's sockets."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from benchmarks import execute, floods, get_session
from benchmarks.bare_kernel import bare_kernel
from benchmarks.clients import Opened, Peer, connected, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, interleaved
from benchmarks.processes import calm, kernel_state
from benchmarks.servers import JUPYTER_SESSIONS, WITHOUT_LIMIT, empty_starlette, running
from benchmarks.table import FLOOR, OURS, THEIRS, Row, Target

_SESSIONS = 20


async def measure(scale: Scale) -> list[Row]:
    """All of it is asked of both servers by the same client."""
    return [*await _rest(scale), *await _run(scale), *await _floods(scale)]


async def _by_browser(peers: Mapping[str, Peer], stack: AsyncExitStack) -> dict[str, Peer]:
    """The same servers, called as browsers call them."""
    return {
        name: Peer(
            peer.server, await stack.enter_async_context(connected(peer.server, by_rest=True))
        )
        for name, peer in peers.items()
    }


async def _rest(scale: Scale) -> list[Row]:
    async with running_both() as both, AsyncExitStack() as stack:
        peers = await _by_browser(both, stack)
        sessions = {name: await sharing_a_kernel(both[name], range(_SESSIONS)) for name in both}
        answer = json.dumps(await peers[OURS].client.get(sessions[OURS][0])).encode()
        floor = await stack.enter_async_context(running(empty_starlette(answer)))
        client = await stack.enter_async_context(connected(floor, by_rest=True))
        peers[FLOOR], sessions[FLOOR] = Peer(floor, client), sessions[OURS]
        calls: dict[str, Callable[[], Awaitable[Cost]]] = {
            name: partial(get_session.cost, peers[name], sessions[name]) for name in peers
        }
        await interleaved(1, calls)  # warm up
        costs = await interleaved(scale.rounds, calls)
    figures = {name: [cost.cpu * 1e6 for cost in costs[name]] for name in costs}
    what = "get a session by REST"
    return [
        Row(what, "server CPU, µs", figures, Target(1.5, FLOOR, "1.5 of floor")),
        Row(f"{what}, beside theirs", "server CPU, µs", _without_floor(figures), _HALF),
    ]


_HALF = Target(0.5, THEIRS, "1/2 of theirs")


def _without_floor(figures: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    return {name: figures[name] for name in figures if name != FLOOR}


async def _run(scale: Scale) -> list[Row]:
    async with running_both() as both, AsyncExitStack() as stack:
        peers = await _by_browser(both, stack)
        sessions = {name: await _new_session(peers[name]) for name in peers}
        calls: dict[str, Callable[[], Awaitable[Cost]]] = {
            name: execute.calls_of(peers[name], sessions[name]) for name in peers
        }
        state = kernel_state(peers[OURS].server, sessions[OURS].kernel_id)
        calls[FLOOR] = partial(execute.cost_of_bare, state.kernel["connection"])
        await interleaved(1, calls)  # warm up
        costs = await interleaved(scale.rounds, calls)
    wall = {name: [cost.wall * 1e3 for cost in costs[name]] for name in costs}
    cpu = {name: [cost.cpu * 1e3 for cost in costs[name]] for name in (OURS, THEIRS)}
    what = "run 1+1 over the WebSocket"
    return [
        Row(what, "wall, ms", wall, Target(1.3, FLOOR, "1.3 of floor")),
        Row(what, "server CPU, ms", cpu),
    ]


async def _floods(scale: Scale) -> list[Row]:
    """Theirs without its limits: with them it leaves most of it out."""
    rows: list[Row] = []
    async with running_both((JUPYTER_SESSIONS, WITHOUT_LIMIT)) as both, AsyncExitStack() as stack:
        peers = await _by_browser(both, stack)
        sessions = {name: await _new_session(peers[name]) for name in peers}
        state = kernel_state(peers[OURS].server, sessions[OURS].kernel_id)
        with bare_kernel(state.kernel["connection"]) as kernel:
            for flood, limit, words in (
                (floods.lines(scale.lines), 0.5, "1/2 of theirs"),
                (floods.displays(scale.displays), 1.0, "theirs"),
            ):
                measured: dict[str, Callable[[], Awaitable[floods.Came]]] = {
                    name: partial(floods.receive, peers[name], sessions[name], flood)
                    for name in peers
                }
                measured[FLOOR] = partial(floods.receive_bare, kernel, flood)
                came = await interleaved(scale.crowds, measured)
                came[THEIRS] = came.pop(WITHOUT_LIMIT.name)
                rows += _flood_rows(flood, came, Target(limit, THEIRS, words))
    return rows


def _flood_rows(
    flood: floods.Flood, came: Mapping[str, Sequence[floods.Came]], target: Target
) -> list[Row]:
    what = f"{flood.what} over the WebSocket, theirs without limit"
    lost = {name: [flood.count - each.count for each in came[name]] for name in came}
    wall = {name: [each.wall for each in came[name]] for name in came}
    cpu = {name: [each.cpu * 1e3 for each in came[name]] for name in (OURS, THEIRS)}
    return [
        Row(what, f"lost, {flood.unit}", lost, Target(0, None, "0")),
        Row(what, "wall, s", wall, target),
        Row(what, "server CPU, ms", cpu),
    ]


async def _new_session(peer: Peer) -> Opened:
    (session,) = await sharing_a_kernel(peer, range(1))
    await calm(peer.server, kernels=1)
    return session
