"""The folders a server has for itself: its data, and where its kernels' sockets are."""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_sessions_server.errors import StoreError

LONGEST_RUN_DIR = 75
"""In bytes: a socket's path may have about 100, and some of ours add 25."""


TOKEN_BYTES = 24
"""192 random bits: nobody guesses them."""


@contextmanager
def data_folder(data_dir: Path | None) -> Iterator[Path]:
    """The folder, for this server alone; a temporary one if none is named.

    Raises StoreError if another server has it.
    """
    if data_dir is None:
        with tempfile.TemporaryDirectory(prefix="jupyter-sessions-") as folder:
            yield Path(folder)
        return
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"data_dir: another server uses {str(data_dir)!r}"
            raise StoreError(message) from error
        yield data_dir


def kept_token(data_dir: Path) -> str:
    """The token that is kept in the folder, for its owner alone; a new one if there is none.

    So whoever has it still has it when the server was restarted. Raises StoreError if the file
    holds none.
    """
    file = data_dir / "token"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        token = file.read_text(encoding="utf-8", errors="replace").strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            message = f"data_dir: {str(file)!r} holds no token; remove it to get a new one"
            raise StoreError(message) from None
        return token
    token = secrets.token_hex(TOKEN_BYTES)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(f"{token}\n")
    return token


def run_dir_of(data_dir: Path) -> Path:
    """Where the keeper and the kernels have their sockets, whose paths must be short.

    It is made if it is not there. Raises StoreError if others may use it, or it is too long.
    """
    run_dir = data_dir / "run"
    if len(bytes(run_dir)) > LONGEST_RUN_DIR:
        digest = hashlib.sha256(bytes(data_dir.resolve())).hexdigest()[:16]
        run_dir = Path(tempfile.gettempdir()) / f"jps-{os.getuid()}-{digest}"
    if len(bytes(run_dir)) > LONGEST_RUN_DIR:
        message = f"data_dir: {str(data_dir)!r} is too long for sockets below it, and so is TMPDIR"
        raise StoreError(message)
    run_dir.mkdir(mode=0o700, exist_ok=True)
    status = run_dir.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        message = f"data_dir: others may use {str(run_dir)!r}, where kernels' sockets would be"
        raise StoreError(message)
    return run_dir
