"""The server, as a program that writes what tasks it has to `tasks` in its folder, when told to.

It is told by SIGUSR1.
"""

import asyncio
import signal
import sys
from pathlib import Path

from jupyter_sessions_server.__main__ import main

_FILE = Path("tasks")


def write_tasks(*_: object) -> None:
    """One line for each task."""
    tasks = asyncio.all_tasks(asyncio.get_running_loop())
    lines = [f"{task.get_name()} {task.get_coro()}".replace("\n", " ") for task in tasks]
    part = _FILE.with_suffix(".part")
    part.write_text("\n".join(lines))
    part.replace(_FILE)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, write_tasks)
    sys.exit(main(sys.argv[1:]))
