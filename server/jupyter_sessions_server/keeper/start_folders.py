"""Makes the folder of a start: private, its name never used before; and the connection file."""

import json
import logging
import os
import secrets
from pathlib import Path
from typing import Any

from jupyter_sessions_server.keeper.launch import StartFolder

log = logging.getLogger(__name__)

_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")  # s-1 … s-5
LONGEST = len("/p/00000000/for-control")
"""The longest name of a socket below the run directory."""


def new_folder(run_dir: Path) -> Path:
    """A name for the folder of a start, which is not made yet."""
    return run_dir / "p" / secrets.token_hex(4)


def make(folder: StartFolder) -> dict[str, Any]:
    """Make it, and tell what its connection file says; raises OSError."""
    folder.path.parent.mkdir(mode=0o700, exist_ok=True)
    folder.path.mkdir(mode=0o700)  # if it is there already, that is an error
    connection: dict[str, Any] = {
        "transport": "ipc",
        "ip": folder.sockets,
        **{f"{channel}_port": number for number, channel in enumerate(_CHANNELS, start=1)},
        "key": secrets.token_hex(32),
        "signature_scheme": "hmac-sha256",
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(folder.connection_file, flags, 0o600), "w") as file:
        json.dump(connection, file)
    return connection


def note_cause(folder: StartFolder, cause: str) -> None:
    """Write why the process is about to be made to end; the first cause stays."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(folder.cause, flags, 0o600), "w") as file:
            file.write(cause)
    except (FileExistsError, FileNotFoundError):  # told already, or it has ended by now
        return
    except OSError as error:  # a full disk must not keep a kernel from being ended
        log.warning("cause not noted", extra={"file": str(folder.cause), "why": str(error)})


def noted_cause(folder: StartFolder) -> str:
    """What was written; '' if nothing was."""
    try:
        return folder.cause.read_text().strip()
    except OSError:
        return ""
