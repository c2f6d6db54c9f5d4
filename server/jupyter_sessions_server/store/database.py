"""Opens the database file: checks it, sets it up, brings its schema up to date."""

import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal

from jupyter_sessions_server.errors import StoreError

MEMORY = ":memory:"
MIGRATIONS = "jupyter_sessions_server.store.migrations"

_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables; RETURNING came before
_HEADER = b"SQLite format 3\x00"


def check_database_filepath(database_filepath: str) -> None:
    """Raise StoreError unless this is ':memory:', absent, empty or an SQLite 3 database."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        message = f"SQLite 3.37 or newer is needed, this is {sqlite3.sqlite_version}"
        raise StoreError(message)
    path = Path(database_filepath)
    if database_filepath == MEMORY or not path.exists():
        return
    if path.is_dir():
        message = f"database_filepath: {database_filepath!r} is a directory"
        raise StoreError(message)
    with path.open("rb") as file:
        header = file.read(len(_HEADER))
    if header not in (b"", _HEADER):
        message = f"database_filepath: {database_filepath!r} is not an SQLite 3 database"
        raise StoreError(message)


def create_private(path: Path) -> None:
    """Make the file if it is absent, for its owner only; SQLite's other files get the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def connect(path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> sqlite3.Connection:
    """A connection that any one thread at a time may use; transactions are explicit.

    FULL: a commit is on the disk. NORMAL: it survives the death of the process.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")  # milliseconds
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    except sqlite3.Error:  # it is no database, or cannot be written
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, package: str = MIGRATIONS) -> None:
    """Apply the migrations the database does not have yet, each in its own transaction."""
    migrations = _migrations(package)
    while (version := _version(connection)) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == version:  # else another program has just applied it
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1:d}")
        connection.execute("COMMIT")
    if version > len(migrations):
        message = f"the database has schema {version}, made by a newer version of this program"
        raise StoreError(message)


def _version(connection: sqlite3.Connection) -> int:
    version: int
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    return version


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, each of which begins on a line of its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _migrations(package: str) -> list[str]:
    """The scripts, in order; the first one makes version 1."""
    folder = resources.files(package)
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return [script.read_text(encoding="utf-8") for script in scripts]
