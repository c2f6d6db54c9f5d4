"""GetSession, beside a gRPC handler that does nothing and GET /api/sessions/ID."""

from collections.abc import Awaitable, Callable
from functools import partial

from benchmarks.clients import Opened, Peer, connected, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.servers import empty_server, running
from benchmarks.table import FLOOR, OURS, THEIRS, Row, Target
from jupyter_sessions.v1.sessions_pb2 import GetSessionResponse

_SESSIONS = 20
_CALLS = 400
_WORKERS = 4


async def measure(scale: Scale) -> list[Row]:
    """Processor time of the server per call."""
    async with running_both() as peers:
        sessions = {name: await sharing_a_kernel(peers[name], range(_SESSIONS)) for name in peers}
        session = await peers[OURS].client.get(sessions[OURS][0])
        answer = GetSessionResponse(session=session).SerializeToString()
        async with running(empty_server(answer)) as floor, connected(floor) as client:
            peers[FLOOR], sessions[FLOOR] = Peer(floor, client), sessions[OURS]
            calls: dict[str, Callable[[], Awaitable[Cost]]] = {
                name: partial(cost, peers[name], sessions[name]) for name in (OURS, FLOOR, THEIRS)
            }
            await interleaved(1, calls)  # warm up
            costs = await interleaved(scale.rounds, calls)
    figures = {name: [each.cpu * 1e6 for each in costs[name]] for name in costs}
    target = Target(1.3, FLOOR, "1.3 of floor")
    return [Row("get a session", "server CPU, µs", figures, target)]


async def cost(peer: Peer, sessions: list[Opened]) -> Cost:
    """What it costs to get each of them, again and again."""
    return await cost_of_calls(
        peer.server.process,
        lambda number: peer.client.get(sessions[number % len(sessions)]),
        count=_CALLS,
        workers=_WORKERS,
    )
