"""Starts an ipykernel that writes its own journal: each message is on disk before it is sent.

A program for the kernel's own interpreter, run by its path. That may be an older one, without our
package (so: Python 3.9, nothing of ours but the files beside it and the journal's):

    python launcher.py '{"module": "ipykernel_launcher", "journal": …, "limits": […]}' -f FILE …
    python launcher.py --probe      says whether this interpreter's ipykernel can be started so

All else is as `python -m ipykernel_launcher -f FILE …` has it.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any

_PACKAGE = "_jupyter_sessions_kernel"
"""The name that the files beside this one have in a kernel: one that nobody else's modules have."""


def load(name: str) -> Any:
    """The module in the file of this name, beside this one."""
    if _PACKAGE not in sys.modules:
        package = sys.modules[_PACKAGE] = types.ModuleType(_PACKAGE)
        package.__path__ = [str(Path(__file__).resolve().parent)]
    return importlib.import_module(f"{_PACKAGE}.{name}")


def main() -> None:
    """Be the kernel, or say whether one could be."""
    recorded_sends = load("recorded_sends")
    if sys.argv[1:] == ["--probe"]:
        sys.stdout.write(json.dumps({"problem": recorded_sends.find_problem()}) + "\n")
        return
    launch, as_module = json.loads(sys.argv[1]), load("as_module")
    as_module.stand_alone()
    as_module.become(launch["module"], sys.argv[2:])
    recording = load("recording").Recording()
    recording.open(launch["journal"], launch["limits"])
    recorded_sends.record_messages(recording)
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
