"""Tells what failed: one line on stderr that names the thing and, where it helps, what to do."""

import shlex
import sys
from contextlib import suppress

from jupyter_sessions import errors

FAILED = 2  # the exit code

ADVICE: dict[type[Exception], str] = {
    errors.NoServerFound: "start one: jupyter sessions serve",
    errors.SeveralServersFound: "choose one: --target HOST:PORT",
    errors.KernelBusy: "stop what it runs: jupyter sessions interrupt {session}",
    errors.Unavailable: "is it running? jupyter sessions serve starts one",
    errors.DeadlineExceeded: "what was begun may go on: see jupyter sessions ls",
    errors.TokenInvalid: "give the token: --token-file FILE, or JUPYTER_SESSIONS_TOKEN",
    errors.SessionNotFound: "open it: jupyter sessions new {session}",
    errors.KernelDead: "restart it: jupyter sessions restart {session}",
    errors.KernelspecNotFound: "see jupyter sessions specs",
}


def report(error: Exception, session: str | None = None) -> None:
    """Print the line for an error; `session` is what the user called the session, if any."""
    text = " ".join(str(error).split()) or type(error).__name__
    if advice := ADVICE.get(type(error)):
        text = f"{text}; {advice.format(session=shlex.quote(session) if session else 'PATH')}"
    warn(text)


def warn(text: str) -> None:
    """Print a line of our own to stderr."""
    write_error(f"jupyter-sessions: {text}\n")


def write_error(text: str) -> None:
    """Write to stderr; a terminal that is gone must not keep the command from ending in order."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
