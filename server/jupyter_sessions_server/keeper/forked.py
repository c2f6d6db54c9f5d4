"""What a zygote's child does: become a kernel, at once or after it was parked.

Loaded by the zygote, in the kernels' own interpreter (so: Python 3.9). A job is a JSON object:

    module, arguments   as `python -m module arguments`
    folder              of this start: connection file, sockets, standard error
    command             what it would have been started with, for those who list processes
    cwd, env, umask, nice
    journal, limits     not for a kernel to be parked: it gets them when it is handed over;
                        null for a kernel without a journal, like any other ipykernel
    ends_with_keeper    true for one that is killed when the connection it was asked for by ends
"""

from __future__ import annotations

import contextlib
import fnmatch
import gc
import importlib
import inspect
import os
import socket
from typing import Any

from . import as_module, fresh_process, history_beside, parking, recorded_sends, recording

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
    # and with the first execution, completion, inspection or error.
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
    "stack_data",
    "unicodedata",
    "xml.dom",
)


def preload() -> str | None:
    """Import what kernels need. What is not there is no matter: versions of ipykernel differ."""
    os.environ["JPY_PARENT_PID"] = "1"  # read when ipykernel is imported
    before = dict(os.environ)
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
            return f"{name} cannot be imported: {error!r}"
    fresh_process.SET_BY_IMPORTS.update(dict(os.environ.items() - before.items()))
    warm_up()
    return None


def warm_up() -> None:
    """Do what each kernel would do with its start, its first code and its first error."""
    with contextlib.suppress(ImportError):
        from IPython.core.inputtransformer2 import TransformerManager

        # The expressions of tokenize: 4 ms.
        TransformerManager().transform_cell("1 + 1\n")  # type: ignore[no-untyped-call]
    for pattern in ("*.py", "*.ipy"):  # of startup files
        fnmatch.filter([], pattern)
    inspect.getmodule(warm_up.__code__)  # finds the file of each module, for tracebacks: 30 ms


def run(job: dict[str, Any], zygote: socket.socket) -> None:
    """Be the kernel of this job, until its end."""
    try:
        fresh_process.lead_session()
        fresh_process.open_output(job["folder"])
        fresh_process.enter(job)
    except OSError as error:
        fresh_process.give_up(zygote, error)
    written = recording.Recording()
    if "journal" in job:
        fresh_process.tell(zygote, {"running": True})
        zygote.close()
        history_beside.begin_beside()
    else:
        parking.park(written, zygote)
    if job.get("journal", "") is not None:
        recorded_sends.record_messages(written)
    if job.get("journal"):
        written.open(job["journal"], job["limits"])
    as_module.stand_alone()
    as_module.become(job["module"], job["arguments"])
    fresh_process.show_command([*job["command"], *job["arguments"]])
    fresh_process.be_unlike_siblings()
    gc.enable()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
