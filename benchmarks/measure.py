"""What calls cost: processor time of the server's process, and time until the answer."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")

_CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED of linux/posix-timers.h


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    rounds: int
    """How often each figure is taken: often and briefly, since a machine's pace changes."""
    starts: int
    """How often each server is started."""
    kernels: int
    """How many kernels each server starts and ends, one after the other."""
    crowds: int
    """How often many kernels are started at once."""
    at_once: Sequence[int]
    """How many those are."""
    messages: int
    """How many messages a kernel sends in a row."""
    lines: int
    """How many lines it prints as fast as it can."""
    displays: int
    """How many megabytes it shows as fast as it can."""
    executions: int
    """How many small executions are collected, over ten kernels."""


FULL = Scale(
    rounds=21,
    starts=7,
    kernels=20,
    crowds=3,
    at_once=(8, 20),
    messages=2_000,
    lines=200_000,
    displays=50,
    executions=1_000,
)
QUICK = Scale(
    rounds=3,
    starts=2,
    kernels=3,
    crowds=1,
    at_once=(4,),
    messages=500,
    lines=20_000,
    displays=10,
    executions=100,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took."""

    cpu: float
    """Seconds of processor time of the server's process, its threads and the kernel calls it makes
    included, its children not; on average over the calls of a round."""
    wall: float
    """Seconds until the answer; the median of the calls of a round."""
    helpers_cpu: float = 0
    """As `cpu`, of the processes that help the server."""


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process so far, without its children.

    The same sum as psutil's user + system, which counts in hundredths of a second.
    """
    if psutil.LINUX:
        return time.clock_gettime((~process.pid << 3) | _CPU_CLOCK_OF_PROCESS)
    times = process.cpu_times()
    return times.user + times.system


async def cost_of_calls(
    process: psutil.Process,
    call: Callable[[int], Awaitable[object]],
    *,
    count: int,
    workers: int = 1,
    helpers: Sequence[psutil.Process] = (),
) -> Cost:
    """What a call costs this process, if `count` are made, `workers` at a time.

    `call` is given numbers from 0 on.
    """
    numbers = iter(range(count))
    walls: list[float] = []

    async def work() -> None:
        for number in numbers:  # shared: each number is taken by one worker
            started = time.perf_counter()
            await call(number)
            walls.append(time.perf_counter() - started)

    before, helpers_before = cpu_seconds(process), sum(map(cpu_seconds, helpers))
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    cpu = cpu_seconds(process) - before
    helpers_cpu = sum(map(cpu_seconds, helpers)) - helpers_before
    return Cost(cpu / count, statistics.median(walls), helpers_cpu / count)


async def interleaved(
    rounds: int, measurements: Mapping[str, Callable[[], Awaitable[T]]]
) -> dict[str, list[T]]:
    """Take each measurement once, then each a second time, and so on.

    So what else the machine does at a time falls on all of them.
    """
    results: dict[str, list[T]] = {name: [] for name in measurements}
    for _, (name, measure) in itertools.product(range(rounds), measurements.items()):
        results[name].append(await measure())
    return results
