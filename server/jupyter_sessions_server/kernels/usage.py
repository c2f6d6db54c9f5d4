"""Measures what kernels' processes, and those they have started, take of the machine."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping

import psutil

from jupyter_sessions_server.model import KernelId, KernelUsage


def measure(pids: Mapping[KernelId, int]) -> dict[KernelId, KernelUsage]:
    """What each kernel takes, by the pid of its process; those that have ended are left out.

    Reads the table of all processes once, so call it for all kernels together, and in a thread.
    """
    if not pids:
        return {}
    children, now_ms = _children_by_pid(), time.time_ns() // 1_000_000
    measured: dict[KernelId, KernelUsage] = {}
    for kernel_id, pid in pids.items():
        taken = [_taken(each) for each in _family(pid, children)]
        if taken[0] is not None:
            memory = sum(each[0] for each in taken if each is not None)
            cpu = sum(each[1] for each in taken if each is not None)
            measured[kernel_id] = KernelUsage(memory, cpu, now_ms)
    return measured


def _children_by_pid() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for process in psutil.process_iter():
        try:
            children[process.ppid()].append(process.pid)
        except psutil.Error:
            continue  # it has ended meanwhile
    return children


def _family(pid: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    """The process, then its descendants."""
    waiting = [pid]
    while waiting:
        present = waiting.pop()
        yield present
        waiting.extend(children.get(present, ()))


def _taken(pid: int) -> tuple[int, float] | None:
    """Memory of its own in bytes, and processor time in seconds; None if it has ended.

    Resident memory less what is shared is a matter of one line in /proc; the exact figures (USS,
    PSS) make the system walk all pages, ten milliseconds for a gigabyte. What a forked process
    still has in common with its parent counts for both.
    """
    try:
        process = psutil.Process(pid)
        memory, cpu = process.memory_info(), process.cpu_times()
    except psutil.Error:
        return None
    own = memory.rss - getattr(memory, "shared", 0)  # not every system tells what is shared
    waited_for = getattr(cpu, "children_user", 0.0) + getattr(cpu, "children_system", 0.0)
    return max(own, 0), cpu.user + cpu.system + waited_for
