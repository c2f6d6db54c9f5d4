"""Fixtures: a store in a file, which has a kernel; and a look into the file from outside."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.store.rows import kernel


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "data" / "sessions.sqlite"


@pytest.fixture
def exclusive() -> bool:
    """Whether nobody else writes the file."""
    return False


@pytest.fixture
async def store(file: Path, exclusive: bool) -> AsyncIterator[SqliteStore]:
    """A store that has kernels k1 and k2."""
    async with SqliteStore(file, exclusive=exclusive) as opened:
        for kernel_id in ("k1", "k2"):
            await opened.save_kernel(kernel(kernel_id))
        yield opened


@pytest.fixture
def query(store: SqliteStore, file: Path) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Runs SQL on a connection of its own, as somebody would who looks into the file."""
    connection = sqlite3.connect(file, isolation_level=None)
    yield lambda sql, *values: connection.execute(sql, values).fetchall()
    connection.close()
