"""What a zygote's child does: become a kernel, at once or after it was parked.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9). A job is a JSON object:

    module, arguments   as `python -m module arguments`
    folder              of this start: connection file, sockets, standard error
    cwd, env, umask, nice
    journal, limits     not for a kernel to be parked: it gets them when it is handed over
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

PRELOADED = (
    # What ipykernel imports when it starts,
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.interactiveshell",
    "IPython.core.magics",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "jupyter_client.session",
    "tornado.platform.asyncio",
    "comm",
    "sqlite3",
    "psutil",
    "faulthandler",
    # and with the first execution, completion or inspection.
    "asyncio",
    "concurrent.futures.thread",
    "encodings.idna",
    "IPython.core.debugger",
    "IPython.core.latex_symbols",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.external.pickleshare",
    "IPython.utils.wildcard",
    "jedi",
    "pdb",
    "pydoc",
    "pygments.formatters.html",
    "pygments.formatters.terminal256",
    "pygments.lexers.python",
    "pygments.styles.default",
    "unicodedata",
    "xml.dom",
)
FAILED_CODE = 70
"""How a child ends that could not become a kernel."""


def preload() -> str | None:
    """Import what kernels need. What is not there is no matter: versions of ipykernel differ."""
    os.environ["JPY_PARENT_PID"] = "1"  # read when ipykernel is imported
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
            return f"{name} cannot be imported: {error!r}"
    return None


def run(launcher: Any, job: dict[str, Any], zygote: socket.socket) -> None:
    """Be the kernel of this job, until its end."""
    try:
        lead_session()
        open_output(job["folder"])
        enter(job)
    except OSError as error:
        tell(zygote, {"failed": str(error)})
        os._exit(FAILED_CODE)
    recording = launcher.Recording()
    launcher.record_messages(recording)
    if "journal" in job:
        tell(zygote, {"running": True})
        zygote.close()
        recording.open(job["journal"], job["limits"])
        begin_history_beside()
    else:
        park(recording, zygote)
    launcher.stand_alone()
    launcher.become(job["module"], job["arguments"])
    be_unlike_siblings()
    gc.enable()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def lead_session() -> None:
    """Be what a process is that was started by itself: its own session, signals as at a start."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def open_output(folder: str) -> None:
    """Standard input from nowhere; output and error to the file of this start."""
    stderr = Path(folder, "stderr")
    output = os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(output)
    os.close(nothing)


def enter(job: dict[str, Any]) -> None:
    """Take the job's working folder, environment and what else a process starts with."""
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    os.environ["JPY_PARENT_PID"] = "1"
    os.umask(job["umask"])
    os.setpriority(os.PRIO_PROCESS, 0, job["nice"])
    tempfile.tempdir = None  # depends on the environment; found when it is needed


def be_unlike_siblings() -> None:
    """What is drawn once per process must not be the same in all that come from one zygote.

    Python itself sees to the module random.
    """
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "multiprocessing.process" in sys.modules:
        process = sys.modules["multiprocessing.process"].current_process()
        process.authkey = os.urandom(32)


def tell(zygote: socket.socket, message: dict[str, Any]) -> None:
    """Tell the zygote. If it has ended, the keeper will not hear of this process: it ends too."""
    try:
        zygote.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        os._exit(FAILED_CODE)


def park(recording: Any, zygote: socket.socket) -> None:
    """Make the kernel stop when it has its sockets and its shell, and go on when it is handed over.

    Extensions, startup files and what else comes after then see the right folder and environment.
    """
    from ipykernel.kernelapp import IPKernelApp
    from IPython.core.history import HistoryManager

    init_extensions: Any = IPKernelApp.init_extensions
    new_session: Any = HistoryManager.new_session

    def wait_and_init_extensions(app: Any) -> None:
        tell(zygote, {"parked": True})
        job = hear(zygote)
        IPKernelApp.init_extensions = init_extensions  # type: ignore[method-assign]
        HistoryManager.new_session = new_session  # type: ignore[method-assign]
        begin_history_beside()
        try:
            enter(job)
        except OSError as error:
            tell(zygote, {"failed": str(error)})
            os._exit(FAILED_CODE)
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


def begin_history_beside() -> None:
    """Let a thread begin the next session of the user's history: it waits for the disk.

    What is written to the session waits for that.
    """
    from IPython.core.history import HistoryManager

    new_session: Any = HistoryManager.new_session

    def begin(history: Any, connection: Any = None) -> None:
        HistoryManager.new_session = new_session  # type: ignore[method-assign]
        if connection is not None or not history.enabled or str(history.hist_file) == ":memory:":
            new_session(history, connection)
            return
        beginning = threading.Thread(target=_begin, args=(history,), daemon=True)
        beginning.start()

        def write_then(*arguments: Any) -> Any:
            beginning.join()
            history.__dict__.pop("writeout_cache", None)
            return history.writeout_cache(*arguments)

        history.writeout_cache = write_then

    HistoryManager.new_session = begin  # type: ignore[assignment,method-assign]


def _begin(history: Any) -> None:
    import sqlite3

    with contextlib.closing(sqlite3.connect(str(history.hist_file))) as connection:
        history.new_session(connection)
