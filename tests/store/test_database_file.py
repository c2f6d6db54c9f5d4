"""The database file: what is taken, what is refused, and who may read it."""

import sqlite3
import stat
import tempfile

import pytest

from jupyter_sessions_server.errors import StoreError
from jupyter_sessions_server.store.database import connect
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.store.rows import kernel, session


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_is_refused_when_the_store_is_made(tmp_path):
    """The mistake is told at once, not with the first session."""
    with pytest.raises(StoreError, match="is a directory"):
        SqliteStore(tmp_path)


@pytest.mark.parametrize("content", [b"x", b"SQLite format 2\0", b"plain text, and a lot of it"])
def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path, content):
    """Somebody's file is not overwritten."""
    file = tmp_path / "notes.txt"
    file.write_bytes(content)

    with pytest.raises(StoreError, match="not an SQLite 3 database"):
        SqliteStore(file)

    assert file.read_bytes() == content


async def test_a_file_that_only_looks_like_a_database_is_refused_when_opened(tmp_path):
    """What SQLite finds wrong with it is told."""
    file = tmp_path / "broken.sqlite"
    file.write_bytes(b"SQLite format 3\0" + b"x" * 5_000)

    with pytest.raises(StoreError, match="database_filepath"):
        await SqliteStore(file).open()


async def test_an_empty_file_is_taken(tmp_path):
    """As a temporary file is, that was made for the purpose."""
    file = tmp_path / "empty.sqlite"
    file.touch()

    async with SqliteStore(file) as store:
        await store.save_kernel(kernel())

    assert file.read_bytes().startswith(b"SQLite format 3\0")


async def test_a_new_file_is_a_database(file):
    """Its folder is made too."""
    async with SqliteStore(file):
        pass

    assert file.read_bytes().startswith(b"SQLite format 3\0")


async def test_a_database_that_exists_is_taken_by_a_second_store(file):
    """What the first one stored, the second one finds by its id."""
    async with SqliteStore(file) as first:
        await first.save_kernel(kernel())
        stored = await first.insert(session("a"), None)

    async with SqliteStore(file) as second:
        assert await second.get(stored.session_id) == stored
        assert await second.revision() == 1


async def test_a_store_may_be_named_by_text_or_path(file):
    """As `database_filepath` in jupyter_server is a text."""
    async with SqliteStore(str(file)) as store:
        await store.save_kernel(kernel())

    assert file.exists()


async def test_only_its_owner_can_read_it(file, store):
    """Names of documents and variables of kernels are nobody else's business."""
    await store.insert(session("a"), None)

    modes = {path.name: mode(path) for path in file.parent.iterdir()}

    assert set(modes.values()) == {0o600}
    assert set(modes) == {"sessions.sqlite", "sessions.sqlite-wal", "sessions.sqlite-shm"}
    assert mode(file.parent) == 0o700


async def test_a_database_of_a_newer_program_is_refused(file):
    """What an old program does not know it does not damage."""
    async with SqliteStore(file):
        pass
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreError, match="schema 99"):
        await SqliteStore(file).open()


async def test_a_path_that_cannot_be_made_is_told(tmp_path):
    """Whoever starts the server reads which one."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="below"):
        await SqliteStore(tmp_path / "file" / "below.sqlite").open()


async def test_a_store_in_memory_leaves_nothing_behind(tmp_path, monkeypatch):
    """Nothing of it is found when it is closed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with SqliteStore() as store:
        await store.save_kernel(kernel())
        while_open = [mode(path) for path in tmp_path.iterdir()]

    assert while_open == [0o700]
    assert list(tmp_path.iterdir()) == []


async def test_each_store_in_memory_is_one_of_its_own():
    """Two of them in one process share nothing."""
    async with SqliteStore() as one, SqliteStore(":memory:") as other:
        await one.save_kernel(kernel())

        assert await other.list_kernels() == []


def test_a_commit_waits_for_the_disk(file, store):
    """What a caller was told survives a power cut."""
    connection = store._writer._connection

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_connection_waits_for_locks_and_checks_references(file, store):
    """Both are off by default, and set for each connection anew."""
    connection = connect(file)

    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5_000,)
    connection.close()


async def test_a_closed_store_has_let_go_of_the_file(file):
    """It can be copied or moved: what SQLite keeps beside it is gone."""
    async with SqliteStore(file) as store:
        await store.save_kernel(kernel())

    assert [path.name for path in file.parent.iterdir()] == ["sessions.sqlite"]
