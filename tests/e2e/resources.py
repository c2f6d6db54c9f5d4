"""What a server and its keeper hold of the machine, on Linux: they read /proc."""

import os
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.e2e.processes import wait_until

POOL_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""How many threads an event loop's pool begins when they are needed, and keeps."""


class Resources(NamedTuple):
    """What a server, its keeper and what that forks from hold."""

    descriptors: int
    threads: int
    kernels: int
    processes: int
    files: int
    journals: int


def resources_of(server):
    """What they hold now; processes that have ended and that nobody has asked for count too."""
    process, keeper = psutil.Process(server.pid), server.keeper()
    ours = [process, keeper, *server.zygotes()]
    return Resources(
        descriptors=sum(len(list(Path(f"/proc/{each.pid}/fd").iterdir())) for each in ours),
        threads=sum(each.num_threads() for each in ours),
        kernels=len(server.kernel_processes()),
        processes=len(process.children(recursive=True)),
        files=sum(1 for folder in ("tmp", "data/run") for _ in (server.folder / folder).rglob("*")),
        journals=len(list((server.folder / "data" / "journals").iterdir())),
    )


def wait_until_given_back(server, before):
    """Wait until the server holds no more of anything than it did before.

    But for the pool's threads: how many it had begun before is chance.
    """
    most = before._replace(threads=before.threads + POOL_THREADS)

    def is_given_back():
        held = resources_of(server)
        return all(now <= then for now, then in zip(held, most, strict=True))

    try:
        wait_until(is_given_back, "the resources are given back")
    finally:
        print(f"before: {before}\nafter:  {resources_of(server)}")  # noqa: T201 - when it fails
