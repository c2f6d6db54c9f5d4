"""The command line: `jupyter-sessions`, and so `jupyter sessions`.

`--help` answers in a moment: gRPC is imported by the commands that call the server, when they do.
"""

import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from jupyter_sessions.cli.arguments import parse
from jupyter_sessions.cli.failures import FAILED, report, warn
from jupyter_sessions.cli.serve import gateway, serve
from jupyter_sessions.cli.signals import Signalled, exit_code_of
from jupyter_sessions.errors import JupyterSessionsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 is a failure, told in one line on stderr."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["serve"], ["gateway"]):  # they have options of their own
        return serve(argv[1:]) if argv[0] == "serve" else gateway(argv[1:])
    _show_any_character()
    arguments = parse(argv)
    if sys.stdout is None:
        warn("standard output is closed")
        return FAILED
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()  # so that a closed pipe is noticed here
        return code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return exit_code_of(13)  # as if by SIGPIPE, which Python ignores
    except (JupyterSessionsError, OSError, UnicodeError) as error:
        report(error, session=getattr(arguments, "session", None))
        return FAILED
    except Signalled as signalled:
        return exit_code_of(signalled.number)
    except KeyboardInterrupt:
        return exit_code_of(signal.SIGINT)
    finally:
        _drop_unwritten()


def _show_any_character() -> None:
    """Show "?" where the terminal's encoding lacks a character, instead of failing."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _drop_unwritten() -> None:
    """Drop what cannot be written: trying it again at exit would change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
