"""What a kernel says in a row, through Execute and through jupyter_server's WebSocket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import psutil

from benchmarks.clients import Opened, Peer, running_both, sharing_a_kernel
from benchmarks.measure import Cost, Scale, cost_of_calls, cpu_seconds, interleaved
from benchmarks.messages import Received
from benchmarks.processes import calm, family, kernel_process
from benchmarks.servers import BOTH, WITHOUT_LIMIT
from benchmarks.table import OURS, THEIRS, Row, Target

_LINE_BYTES = 200
_DISPLAYS = 8
"""Of 1 MB each; base64 where the type is binary."""
_MANY = 4
"""How many times more lines it takes until jupyter_server counts three seconds of too many."""
_SHOWN_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """What it cost, and what came."""

    cost: Cost
    """Of all messages together."""
    kernel_cpu: float
    """Seconds; the same."""
    received: Received
    count: int
    """How many messages the kernel has sent."""


async def measure(scale: Scale) -> list[Row]:
    """Processor time of the server, and of the kernel; lines that did not come."""
    rounds = max(scale.rounds // 3, scale.crowds)
    async with running_both((*BOTH, WITHOUT_LIMIT)) as peers:
        sources = {name: await _source(peers[name]) for name in peers}
        prints = _prints(scale.messages)
        printing = {name: partial(sources[name].say, prints, scale.messages) for name in sources}
        await interleaved(1, printing)  # warm up
        rows = _rows(
            f"a line of {_LINE_BYTES} bytes", "µs", 1e6, await interleaved(rounds, printing)
        )
        prints = _prints(_MANY * scale.messages)
        flooding = {
            name: partial(sources[name].say, prints, _MANY * scale.messages) for name in sources
        }
        rows += _rows_of_lost_lines(await interleaved(scale.crowds, flooding))
        for mime_type in ("text/html", "image/png"):
            shows = _shows(mime_type, _DISPLAYS)
            showing = {
                name: partial(sources[name].say, shows, _DISPLAYS)
                for name in (OURS, WITHOUT_LIMIT.name)
            }
            await interleaved(1, showing)  # warm up
            rows += _rows_of_displays(await interleaved(rounds, showing), mime_type)
    return rows


def _prints(count: int) -> str:
    """Each line is a message of its own."""
    return f"""
for number in range({count}):
    print(format(number, "0{_LINE_BYTES - 1}"), flush=True)
"""


def _shows(mime_type: str, count: int) -> str:
    return f"""
from IPython.display import publish_display_data
for number in range({count}):
    publish_display_data({{"{mime_type}": "QUJD" * {_SHOWN_BYTES // 4}}})
"""


async def _source(peer: Peer) -> "Source":
    (session,) = await sharing_a_kernel(peer, range(1))
    await calm(peer.server, kernels=1)
    return Source(peer, session, kernel_process(peer.server, session.kernel_id))


@dataclass(frozen=True, slots=True)
class Source:
    """A kernel that has a lot to say."""

    peer: Peer
    session: Opened
    kernel: psutil.Process

    async def say(self, code: str, count: int) -> Said:
        """Run code that sends so many messages, and take what comes."""
        received: list[Received] = []

        async def call(_: int) -> None:
            received.append(await self.peer.client.receive(self.session, code))

        helpers = family(self.peer.server).helpers
        before = cpu_seconds(self.kernel)
        cost = await cost_of_calls(self.peer.server.process, call, count=1, helpers=helpers)
        kernel_cpu = cpu_seconds(self.kernel) - before
        return Said(cost, kernel_cpu, received[0], count)


def _rows_of_lost_lines(said: Mapping[str, Sequence[Said]]) -> list[Row]:
    what = f"lost of {said[OURS][0].count:,} lines"
    without_limit = _lost(said, WITHOUT_LIMIT.name)
    return [
        Row(what, "lines", _lost(said, THEIRS), Target(0, None, "0")),
        Row(f"{what}, theirs without limit", "lines", without_limit),
    ]


def _lost(said: Mapping[str, Sequence[Said]], theirs: str) -> dict[str, list[float]]:
    return {
        name: [each.count - each.received.lines for each in said[of]]
        for name, of in ((OURS, OURS), (THEIRS, theirs))
    }


def _rows_of_displays(said: Mapping[str, Sequence[Said]], mime_type: str) -> list[Row]:
    for each in (each for all_said in said.values() for each in all_said):
        if each.received.displays != each.count:
            message = f"{each.received.displays} displays of {each.count} came"
            raise AssertionError(message)
    return _rows(f"display_data of 1 MB, {mime_type}", "ms", 1e3, said)


def _rows(what: str, unit: str, factor: float, said: Mapping[str, Sequence[Said]]) -> list[Row]:
    names = {OURS: OURS, THEIRS: WITHOUT_LIMIT.name}
    taken = {
        "server CPU": lambda each: each.cost.cpu,
        "keeper and zygote CPU": lambda each: each.cost.helpers_cpu,
        "kernel CPU": lambda each: each.kernel_cpu,
        "wall": lambda each: each.cost.wall,
    }
    rows = []
    for each_unit, of in taken.items():
        figures = {
            name: [of(each) / each.count * factor for each in said[names[name]]] for name in names
        }
        if each_unit.startswith("keeper"):
            del figures[THEIRS]
        rows.append(Row(what, f"{each_unit}, {unit}", figures))
    return rows
