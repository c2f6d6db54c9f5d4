"""Parks a kernel when it has its sockets and its shell, and hands it over to whom it will be.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from .fresh_process import enter, give_up, show_command, tell
from .history_beside import begin_beside


def park(recording: Any, zygote: socket.socket) -> None:
    """Make the kernel stop when it has its sockets and its shell, and go on when it is handed over.

    Extensions, startup files and what else comes after then see the right folder and environment.
    """
    from ipykernel.kernelapp import IPKernelApp
    from IPython.core.history import HistoryManager

    init_extensions: Any = IPKernelApp.init_extensions
    new_session: Any = HistoryManager.new_session

    def wait_and_init_extensions(app: Any) -> None:
        app.shell.display_formatter.format(1)  # makes the formatters, 3 ms
        tell(zygote, {"parked": True})
        job = hear(zygote)
        IPKernelApp.init_extensions = init_extensions  # type: ignore[method-assign]
        HistoryManager.new_session = new_session  # type: ignore[method-assign]
        begin_beside()
        try:
            enter(job)
        except OSError as error:
            give_up(zygote, error)
        tell(zygote, {"running": True})
        zygote.close()
        take_over(app, job)
        recording.open(job["journal"], job["limits"])
        init_extensions(app)

    IPKernelApp.init_extensions = wait_and_init_extensions  # type: ignore[method-assign]
    # A session in the user's history begins when the kernel is the user's.
    HistoryManager.new_session = lambda *_: None  # type: ignore[method-assign]


def hear(zygote: socket.socket) -> dict[str, Any]:
    """Wait to be handed over; a kernel that nobody will take ends, and leaves nothing."""
    with zygote.makefile("rb") as lines:
        line = lines.readline()
    if not line.endswith(b"\n"):
        os._exit(0)
    job: dict[str, Any] = json.loads(line)
    return job


def take_over(app: Any, job: dict[str, Any]) -> None:
    """Redo what depends on the folder and the environment, in the order in which it is done."""
    folder = Path(job["folder"])
    connection = json.loads((folder / "connection.json").read_text())
    app.connection_file = str(folder / "connection.json")
    app.ip = connection["ip"]
    app.session.key = connection["key"].encode()
    show_command([*job["command"], *job["arguments"]])
    sys.argv[1:] = job["arguments"]
    app.argv = job["arguments"]
    shell = app.shell
    shell.init_environment()
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    session_name = os.environ.get("JPY_SESSION_NAME")
    if session_name:
        shell.user_ns["__session__"] = session_name
    shell.starting_dir = str(Path.cwd())
    history = shell.history_manager
    history.dir_hist[:] = [type(each)(Path.cwd()) for each in history.dir_hist]
    history.new_session()
