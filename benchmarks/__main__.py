"""The command `make bench`: measure, and print a table in Markdown."""

import argparse
import asyncio
import os
import platform
import signal
import sys
import time
from importlib.metadata import version

import uvloop

from benchmarks import (
    execute,
    first_byte,
    floods,
    gateway,
    get_session,
    idle_kernels,
    list_sessions,
    new_kernels,
    outputs,
    small_executions,
    start_up,
    write_sessions,
)
from benchmarks.measure import FULL, QUICK, Scale
from benchmarks.table import Row, markdown

GROUPS = {
    "get": get_session.measure,
    "list": list_sessions.measure,
    "write": write_sessions.measure,
    "start": start_up.measure,
    "kernels": new_kernels.measure,
    "execute": execute.measure,
    "small": small_executions.measure,
    "first-byte": first_byte.measure,
    "outputs": outputs.measure,
    "floods": floods.measure,
    "gateway": gateway.measure,
    "idle": idle_kernels.measure,
}
_PACKAGES = ("jupyter-sessions", "grpcio", "jupyter_server", "tornado", "ipykernel")


def main() -> None:
    """Measure all groups of rows, or those named."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, to try it")
    parser.add_argument("--only", metavar="NAME", choices=GROUPS, action="append",
                        help=f"only these rows, repeatable: {', '.join(GROUPS)}")  # fmt: skip
    arguments = parser.parse_args()
    scale = QUICK if arguments.quick else FULL
    started = time.monotonic()
    rows: list[Row] = []
    try:
        uvloop.run(_measure(arguments.only or list(GROUPS), scale, rows))
    finally:  # if it fails, then what was measured before
        print(markdown(rows))
        print()
        print(f"{_surroundings()}; {scale.rounds} rounds, {time.monotonic() - started:.0f} s.")


async def _measure(names: list[str], scale: Scale, rows: list[Row]) -> None:
    """Add the rows of these groups."""
    if task := asyncio.current_task():  # so that the servers are stopped then too
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    for name in names:
        print(f"measuring: {name}", file=sys.stderr)
        rows += await GROUPS[name](scale)


def _surroundings() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()}, {os.cpu_count()} processors, {python}, {packages}"


if __name__ == "__main__":
    main()
