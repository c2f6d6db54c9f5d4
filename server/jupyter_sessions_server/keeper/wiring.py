"""Puts together how kernels are started in a keeper that really runs."""

import asyncio
from pathlib import Path

from jupyter_sessions_server.keeper.interpreters import launcher_command
from jupyter_sessions_server.keeper.ways import Ways
from jupyter_sessions_server.keeper.zygotes import Zygotes


def open_ways(run_dir: Path, tasks: asyncio.TaskGroup) -> Ways:
    """The ways to start kernels."""
    return Ways(Zygotes(run_dir, tasks), launcher_command)
