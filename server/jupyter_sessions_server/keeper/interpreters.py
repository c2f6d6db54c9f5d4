"""Which commands run an ipykernel, in which interpreter, and what the interpreter was started with.

Kernels of one zygote share all that is fixed when an interpreter starts.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_sessions_server.keeper import launcher
from jupyter_sessions_server.keeper.launch import Launch
from jupyter_sessions_server.keeper.recording import JOURNAL_FOLDER

_MODULES = ("ipykernel_launcher", "ipykernel")
_PYTHON = re.compile(r"(python|pypy)[0-9.]*[dt]?")
_FLAG_WITH_VALUE = re.compile(r"-[bBdEiIOPqsSuvx]*[WX]")

_PROGRAMS = (
    *("zygote", "fork_server", "children"),
    *("forked", "fresh_process", "parking", "history_beside"),
    *("as_module", "recorded_sends", "recording"),
)

FIXED_AT_START = (
    # the interpreter and its C library, which read them before the first line of a program
    r"PYTHON\w*|LD_\w+|GLIBC_TUNABLES|MALLOC_\w+|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|HOME|"
    # libraries for numbers, which choose their threads when they are loaded
    r"OMP_\w+|OPENBLAS_\w+|GOTO_\w+|MKL_\w+|NUMEXPR_\w+|BLIS_\w+|VECLIB_\w+|KMP_\w+|"
    # what ipykernel imports
    r"PYDEVD_\w+|DEBUGPY_\w+|PYZMQ_\w+|TORNADO_\w+|TRAITLETS_\w+|OPENSSL_\w+|IPYTHON_\w+|"
    # what people load by a .pth file
    r"COV_\w+|COVERAGE_\w+"
)
_FIXED_AT_START = re.compile(FIXED_AT_START)
_READ_BEFORE_HAND_OVER = re.compile(
    r"PATH|USER|LOGNAME|SHELL|TERM|COLUMNS|LINES|EDITOR|VISUAL|NO_COLOR|TMPDIR|TEMP|TMP|"
    r"IPYTHON\w*|JUPYTER_\w+|JPY_INTERRUPT_EVENT|XDG_\w+|VIRTUAL_ENV|CONDA_\w+|MPL\w+|QT_API"
)
"""What a kernel reads before the point where it is parked, beside what is fixed at its start."""


@dataclass(frozen=True, slots=True)
class IpykernelCommand:
    """The parts of `python [flags] -m module -f {connection_file} [more]`."""

    python: str
    flags: tuple[str, ...]
    module: str
    more: tuple[str, ...]

    def arguments(self, connection_file: Path) -> list[str]:
        """What the module is told."""
        return ["-f", str(connection_file), *self.more]

    @property
    def can_be_parked(self) -> bool:
        """Whether its arguments and its sys.path are the same wherever it will run."""
        return self.module == "ipykernel_launcher" and not any("{" in each for each in self.more)


def ipykernel_command(argv: Sequence[str]) -> IpykernelCommand | None:
    """The parts of a kernelspec's argv, if it plainly runs ipykernel."""
    if not argv or not _PYTHON.fullmatch(Path(argv[0]).name):
        return None
    end = _end_of_flags(argv)
    match tuple(argv[end:]):
        case ("-m", module, "-f", "{connection_file}", *more) if module in _MODULES:
            return IpykernelCommand(argv[0], tuple(argv[1:end]), module, tuple(more))
        case _:
            return None


def _end_of_flags(argv: Sequence[str]) -> int:
    """Where the first argument is that is no flag of the interpreter's."""
    at = 1
    while at < len(argv) - 1 and argv[at].startswith("-") and argv[at] != "-m":
        at += 2 if _FLAG_WITH_VALUE.fullmatch(argv[at]) else 1
    return at


def launcher_command(launch: Launch) -> list[str] | None:
    """The command that starts an ipykernel which writes its own journal; None for all others."""
    command = ipykernel_command(launch.argv)
    if command is None:
        return None
    told = {
        "module": command.module,
        "journal": str(launch.journal),
        "limits": list(launch.limits),
    }
    more = launch.fill(command.more)
    connection = ["-f", str(launch.connection_file)]
    flags = list(command.flags)
    return [command.python, *flags, launcher.__file__, json.dumps(told), *connection, *more]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter and all that is fixed when it starts."""

    python: str
    flags: tuple[str, ...]
    env: Mapping[str, str]

    @property
    def key(self) -> str:
        """The same for interpreters whose forks cannot be told apart, by this version of ours."""
        facts = [self.python, self.flags, sorted(self.env.items()), _our_version()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    @property
    def command(self) -> list[str]:
        """How to start it; frozen modules would be invisible to the debugger."""
        frozen = [] if any("frozen_modules" in flag for flag in self.flags) else [_NOT_FROZEN]
        return [self.python, *frozen, *self.flags]


_NOT_FROZEN = "-Xfrozen_modules=off"


def find_interpreter(command: IpykernelCommand, env: Mapping[str, str]) -> Interpreter:
    """The interpreter that this command starts in this environment."""
    python = shutil.which(command.python, path=env.get("PATH", os.defpath)) or command.python
    fixed = {name: value for name, value in env.items() if _FIXED_AT_START.fullmatch(name)}
    return Interpreter(python, command.flags, fixed)


def likeness(command: IpykernelCommand, env: Mapping[str, str]) -> str:
    """The same for kernels of one interpreter that can be parked for each other."""
    read = {name: value for name, value in env.items() if _READ_BEFORE_HAND_OVER.fullmatch(name)}
    return json.dumps([command.more, sorted(read.items())])


def _our_version() -> list[list[int]]:
    """What changes when our programs in the kernels' interpreters do."""
    files = [Path(launcher.__file__).with_name(f"{name}.py") for name in _PROGRAMS]
    files += sorted(JOURNAL_FOLDER.glob("*.py"))
    return [[told.st_mtime_ns, told.st_size] for told in (file.stat() for file in files)]
