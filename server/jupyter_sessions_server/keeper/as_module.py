"""Makes a process of ours what `python -m ipykernel_launcher` would be.

Part of the programs that run in the kernels' own interpreter (so: Python 3.9).
"""

from __future__ import annotations

import faulthandler
import importlib.util
import os
import sys
import types
from pathlib import Path


def stand_alone() -> None:
    """No longer look at who started us, and leave a crash's traceback in standard error."""
    os.environ["JPY_PARENT_PID"] = "1"  # ipykernel would end with its parent
    # ipykernel makes descriptor 2 a pipe to itself, which nobody reads any more after a crash.
    faulthandler.enable(os.dup(2))


def become(module: str, arguments: list[str]) -> None:
    """Make sys.path, sys.argv and __main__ what `python -m module arguments` has."""
    if sys.path and Path(sys.path[0]) == Path(__file__).resolve().parent:
        del sys.path[0]
        if module == "ipykernel":  # which, unlike its launcher, leaves the working folder there
            sys.path.insert(0, str(Path.cwd()))
    name = module if module == "ipykernel_launcher" else f"{module}.__main__"
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    sys.argv[:] = [spec.origin, *arguments]
    sys.modules["_jupyter_sessions_main"] = sys.modules["__main__"]
    main_module = types.ModuleType("__main__")
    main_module.__file__ = spec.origin
    main_module.__spec__ = spec
    sys.modules["__main__"] = main_module
