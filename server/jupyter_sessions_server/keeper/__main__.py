"""The command `python -m jupyter_sessions_server.keeper`: one keeper per run directory."""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from jupyter_sessions_server.keeper.keeper import KeeperConfig, RunDirTooLong, keep
from jupyter_sessions_server.keeper.lifetime import LINGER_SECONDS
from jupyter_sessions_server.keeper.log_lines import LogLines
from jupyter_sessions_server.keeper.protocol import LOCKED_EXIT_CODE
from jupyter_sessions_server.keeper.wiring import open_ways

_LOG_BYTES = 1024 * 1024
"""A log longer than that is put aside when a keeper starts."""


def main(argv: Sequence[str]) -> int:
    """Keep kernels; the exit code."""
    config = _read(argv)
    _lead_a_session()
    config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _open_private(config.run_dir / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return LOCKED_EXIT_CODE
        _log_to(config.run_dir / "keeper.log")
        return _keep(config)


def _keep(config: KeeperConfig) -> int:
    try:
        asyncio.run(keep(config, open_ways))
    except (RunDirTooLong, OSError) as error:
        logging.getLogger(__name__).error("keeper cannot run", extra={"why": str(error)})
        return 2
    except Exception:
        logging.getLogger(__name__).exception("keeper failed")
        return 1
    return 0


def _read(argv: Sequence[str]) -> KeeperConfig:
    parser = argparse.ArgumentParser(
        prog="python -m jupyter_sessions_server.keeper",
        description="Parent of kernels, which it keeps while servers come and go.",
    )
    parser.add_argument("--run-dir", type=Path, required=True, help="sockets and state; private")
    parser.add_argument("--journal-dir", type=Path, required=True, help="what kernels say")
    parser.add_argument(
        "--ephemeral", action="store_true", help="end with all kernels when stdin is closed"
    )
    parser.add_argument("--linger", type=float, default=LINGER_SECONDS, help=argparse.SUPPRESS)
    told = parser.parse_args(argv)
    return KeeperConfig(
        run_dir=told.run_dir.absolute(),
        journal_dir=told.journal_dir.absolute(),
        ephemeral=told.ephemeral,
        linger_seconds=told.linger,
    )


def _lead_a_session() -> None:
    """Leave the session of whoever started us, whose terminal may go."""
    with contextlib.suppress(PermissionError):  # we lead a group already: a shell started us
        os.setsid()


def _open_private(file: Path) -> IO[str]:
    """Open it to be appended to. The umask is left as it is: kernels inherit it."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")


def _log_to(file: Path) -> None:
    if file.exists() and file.stat().st_size > _LOG_BYTES:
        file.replace(file.with_suffix(".log.1"))
    handler = logging.StreamHandler(_open_private(file))
    handler.setFormatter(LogLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
