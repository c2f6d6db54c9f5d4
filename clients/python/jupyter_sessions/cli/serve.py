"""`serve` and `gateway`: start the server, or its gateway, where they are installed."""

from collections.abc import Sequence

from jupyter_sessions.cli.failures import FAILED, warn


def serve(argv: Sequence[str]) -> int:
    """Run the server with these arguments, which are its own, until it is stopped."""
    try:
        from jupyter_sessions_server.__main__ import main
    except ImportError as error:
        return _not_installed(error)
    return main(list(argv))


def gateway(argv: Sequence[str]) -> int:
    """Run the gateway with these arguments, which are its own, until it is stopped."""
    try:
        from jupyter_sessions_server.gateway_program import main
    except ImportError as error:
        return _not_installed(error)
    return main(list(argv))


def _not_installed(error: ImportError) -> int:
    warn(f"the server is not installed ({error}): pip install 'jupyter-sessions[server]'")
    return FAILED
