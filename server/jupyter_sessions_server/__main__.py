"""The command `jupyter-sessions serve`: settings → Config → app.serve."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from jupyter_sessions.discovery import ServerInfo
from jupyter_sessions_server import settings
from jupyter_sessions_server.app import serve
from jupyter_sessions_server.descriptors import allow_many_descriptors
from jupyter_sessions_server.errors import KernelHostUnavailable, StoreError
from jupyter_sessions_server.loop import new_event_loop
from jupyter_sessions_server.memory import keep_freed_memory


def main(argv: Sequence[str]) -> int:
    """Serve until told to stop; the exit code."""
    try:
        chosen = settings.read(argv, os.environ)
        settings.log_to_stderr(chosen.log_level)
        keep_freed_memory()
        allow_many_descriptors()
        # jupyter_client logs what its callers are told, with tracebacks.
        logging.getLogger("traitlets").setLevel(logging.CRITICAL)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve(chosen.config, announce))
    except (settings.SettingsError, StoreError, KernelHostUnavailable, OSError) as error:
        print(f"jupyter-sessions serve: {error}", file=sys.stderr)
        return 2
    return 0


def announce(info: ServerInfo) -> None:
    """Print where the server is, and commands to paste."""
    tls = "" if info.tls else "-plaintext "
    browsers = (
        f"""
    for browsers    {info.http_url}?token={info.token}
    for JupyterLab  jupyter lab --gateway-url={info.http_url}"""
        if info.http_url
        else ""
    )
    print(
        f"""Jupyter Sessions {info.version} serves at {info.target}
    root directory  {info.root_dir}
    data directory  {info.data_dir}
    token           {info.token}{browsers}

Try from another terminal on this machine:
    jupyter sessions new demo.ipynb
    jupyter sessions exec demo.ipynb 'print(6*7)'
    grpcurl {tls}-H 'authorization: Bearer {info.token}' {info.target} list

Stop with Ctrl-C.""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
