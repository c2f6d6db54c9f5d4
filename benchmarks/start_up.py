"""From the start of the server's process to its first answer, an empty list."""

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.clients import connected
from benchmarks.measure import Cost, Scale, cpu_seconds, interleaved
from benchmarks.processes import family
from benchmarks.servers import BOTH, Program, running_in, temporary_folder
from benchmarks.table import THEIRS, Row, Target


async def measure(scale: Scale) -> list[Row]:
    """Wall time, and processor time of the server."""
    with ExitStack() as stack:
        starts = {
            program.name: partial(_start, program, stack.enter_context(temporary_folder()))
            for program in BOTH
        }
        await interleaved(1, starts)  # the first ones find no files of theirs, and an empty cache
        costs = await interleaved(scale.starts, starts)
    target = Target(1 / 3, THEIRS, "1/3 of theirs")
    wall = {name: [cost.wall for cost in costs[name]] for name in costs}
    cpu = {name: [cost.cpu for cost in costs[name]] for name in costs}
    all_cpu = {name: [cost.cpu + cost.helpers_cpu for cost in costs[name]] for name in costs}
    return [
        Row("start-up to the first answer", "wall, s", wall, target),
        Row("start-up to the first answer", "server CPU, s", cpu, target),
        Row("start-up to the first answer", "server, keeper and zygote CPU, s", all_cpu),
    ]


async def _start(program: Program, folder: Path) -> Cost:
    started = time.perf_counter()
    async with running_in(folder, program) as server, connected(server) as client:
        await client.count()
        wall = time.perf_counter() - started
        cpu = cpu_seconds(server.process)
        helpers = family(server).helpers  # the zygote goes on, and is ready when it is needed
        return Cost(cpu, wall, sum(map(cpu_seconds, helpers)))
