"""CreateSession, UpdateSession and DeleteSession, beside POST and PATCH of /api/sessions.

All with a kernel that runs already and that others use, so that what is measured is the session.
There is no DELETE beside ours: jupyter_server's ends the kernel, whoever else uses it.
"""

from functools import partial

from benchmarks.clients import Opened, Peer, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, cost_of_calls, interleaved
from benchmarks.servers import BOTH, JUPYTER_SESSIONS, ON_DISK, Program
from benchmarks.table import OURS, THEIRS, Row, Target

_CALLS = 12
_WORKERS = (1, 4)
_AS_THEIRS = Target(1, THEIRS, "theirs")
_HALF_OF_THEIRS = Target(1 / 2, THEIRS, "1/2 of theirs")


async def measure(scale: Scale) -> list[Row]:
    """Processor time of the server per call; time until the answer, if no other call waits."""
    rows = await _measure(scale, BOTH, _WORKERS, "")
    on_disk = (JUPYTER_SESSIONS, ON_DISK)
    return [*rows, *await _measure(scale, on_disk, _WORKERS[:1], ", theirs on disk too")]


async def _measure(
    scale: Scale, programs: tuple[Program, ...], all_workers: tuple[int, ...], how: str
) -> list[Row]:
    rows = []
    async with running_both(programs) as peers:
        writers = {name: Writer(peer) for name, peer in peers.items()}
        for writer in writers.values():
            await writer.open()
        for workers in all_workers:
            creating = {name: partial(writers[name].create, workers) for name in writers}
            renaming = {name: partial(writers[name].rename, workers) for name in writers}
            deleting = {OURS: partial(writers[OURS].delete, workers)}
            for calls in (creating, renaming, deleting):
                await interleaved(1, calls)  # warm up
            created = await interleaved(scale.rounds, creating)
            renamed = await interleaved(scale.rounds, renaming)
            deleted = await interleaved(scale.rounds, deleting)
            rows += [
                *_rows(
                    f"create, its kernel runs{how}", workers, created, Target(1, THEIRS, "theirs")
                ),
                *_rows(f"rename{how}", workers, renamed, Target(1 / 2, THEIRS, "1/2 of theirs")),
                *_rows(f"delete, others use its kernel{how}", workers, deleted, None),
            ]
    return sorted(rows, key=lambda row: row.what.partition(",")[0])


class Writer:
    """Changes sessions of one server. All share a kernel; the first one stays."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._sessions: list[Opened] = []
        self._created = 0
        self._renamed = 0

    async def open(self) -> None:
        """Start the kernel."""
        (self._first,) = await sharing_a_kernel(self._peer, range(1))

    async def create(self, workers: int) -> Cost:
        """More sessions."""
        first = self._created
        self._created += _CALLS

        async def call(number: int) -> None:
            path = f"folder/{first + number}.ipynb"
            self._sessions.append(await self._peer.client.create(path, self._first.kernel_id))

        return await cost_of_calls(self._peer.server.process, call, count=_CALLS, workers=workers)

    async def rename(self, workers: int) -> Cost:
        """The newest sessions, to paths that were never used."""
        self._renamed += 1
        sessions = self._sessions[-_CALLS:]

        async def call(number: int) -> None:
            path = f"folder/{number}-renamed-{self._renamed}.ipynb"
            await self._peer.client.rename(sessions[number], path)

        return await cost_of_calls(self._peer.server.process, call, count=_CALLS, workers=workers)

    async def delete(self, workers: int) -> Cost:
        """The newest sessions."""
        sessions = [self._sessions.pop() for _ in range(_CALLS)]
        return await cost_of_calls(
            self._peer.server.process,
            lambda number: self._peer.client.delete(sessions[number]),
            count=_CALLS,
            workers=workers,
        )


def _rows(
    what: str, workers: int, costs: dict[str, list[Cost]], target: Target | None
) -> list[Row]:
    cpu = {name: [cost.cpu * 1e6 for cost in costs[name]] for name in costs}
    rows = [Row(f"{what}, {workers} at a time", "server CPU, µs", cpu, target)]
    if workers == 1:
        wall = {name: [cost.wall * 1e3 for cost in costs[name]] for name in costs}
        rows.append(Row(f"{what}, {workers} at a time", "wall, ms", wall))
    return rows
