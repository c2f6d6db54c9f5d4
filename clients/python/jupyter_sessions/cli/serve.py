"""`serve`: starts the server, where it is installed."""

from collections.abc import Sequence

from jupyter_sessions.cli.failures import FAILED, warn


def serve(argv: Sequence[str]) -> int:
    """Run the server with these arguments, which are its own, until it is stopped."""
    try:
        from jupyter_sessions_server.__main__ import main
    except ImportError as error:
        warn(f"the server is not installed ({error}): pip install 'jupyter-sessions[server]'")
        return FAILED
    return main(list(argv))
