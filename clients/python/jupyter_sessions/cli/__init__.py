"""The command line: `jupyter-sessions`, and so `jupyter sessions`.

`--help` answers in a moment: gRPC is imported by the commands that call the server, when they do.
"""

import os
import signal
import sys
from collections.abc import Sequence

from jupyter_sessions.cli.arguments import make_parser
from jupyter_sessions.cli.failures import FAILED, report
from jupyter_sessions.cli.serve import gateway, serve
from jupyter_sessions.errors import JupyterSessionsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 is a failure, told in one line on stderr."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["serve"], ["gateway"]):  # they have options of their own
        return serve(argv[1:]) if argv[0] == "serve" else gateway(argv[1:])
    arguments = make_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()  # so that a closed pipe is noticed here
        return code
    except BrokenPipeError:
        return _reader_left()
    except (JupyterSessionsError, OSError, UnicodeError) as error:
        report(error, session=getattr(arguments, "session", None))
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _reader_left() -> int:
    """End in silence when the reader of a pipe, such as `head`, has seen enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # for what is still to be flushed at exit
    return 128 + 13  # as if by SIGPIPE, which Python ignores
