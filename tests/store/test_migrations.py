"""The schema: made from nothing, strict, and with an index for what is asked often."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_sessions_server.model import KernelStart
from jupyter_sessions_server.store import database, index, kernel_rows, request_rows, sqlite
from jupyter_sessions_server.store.database import connect, migrate

VERSION = 3
KERNEL = (
    "INSERT INTO kernel VALUES ('k1', 'n', 'o', '/', '{}', 1, 1, 1, 0, 0, NULL, NULL, 0, 0, '', "
    "0, 0, 'COLD', '', NULL)"
)
SESSION = "INSERT INTO session VALUES ('s', 'o', 'p', 'n', 't', '{}', 'k1', 1, 1, 1, 1)"
COLUMNS = {
    "session": [
        "session_id", "owner", "path", "name", "type", "labels", "kernel_id", "revision",
        "create_revision", "created_ms", "updated_ms",
    ],
    "kernel": [
        "kernel_id", "kernel_name", "owner", "cwd", "env", "created_ms", "start_ms",
        "last_activity_ms", "restarts", "kept", "exit_cause", "exit_ms", "exit_code",
        "exit_signal", "stderr_tail", "next_seq", "busy", "start_mode", "cold_reason",
        "ready_after_ms",
    ],
    "change": ["revision", "kind", "session_id", "owner", "path"],
    "request": ["owner", "request_id", "fingerprint", "session_id", "created_ms"],
    "revision_counter": ["only_row", "value"],
}  # fmt: skip


@pytest.fixture
def connection(tmp_path):
    """A database of the present version, with a kernel and a session."""
    opened = connect(tmp_path / "sessions.sqlite")
    migrate(opened)
    opened.execute(KERNEL)
    opened.execute(SESSION)
    yield opened
    opened.close()


def test_the_present_version_is_made_from_nothing(connection):
    """A first start needs no other tool."""
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert connection.execute("SELECT value FROM revision_counter").fetchall() == [(0,)]
    for table, columns in COLUMNS.items():
        told = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        assert [name for (name,) in told] == columns


def test_kernels_of_the_version_before_are_taken_over(tmp_path):
    """An upgrade forgets no kernel, and reads its journal from the beginning."""
    opened = connect(tmp_path / "sessions.sqlite")
    for statement in database._statements(database._migrations(database.MIGRATIONS)[0]):
        opened.execute(statement)
    opened.execute("PRAGMA user_version = 1")
    opened.execute(KERNEL.replace(", 0, 0, 'COLD', '', NULL)", ")"))

    migrate(opened)

    [kernel] = kernel_rows.select(opened)
    opened.close()
    assert (kernel.kernel_id, kernel.next_seq, kernel.busy) == ("k1", 0, False)
    assert kernel.start == KernelStart()


def test_sessions_and_requests_of_the_version_before_are_taken_over(tmp_path):
    """An upgrade that drops indexes drops nothing else."""
    opened = connect(tmp_path / "sessions.sqlite")
    for script in database._migrations(database.MIGRATIONS)[:2]:
        for statement in database._statements(script):
            opened.execute(statement)
    opened.execute("PRAGMA user_version = 2")
    opened.execute(KERNEL)
    opened.execute(SESSION)
    opened.execute("INSERT INTO request VALUES ('o', 'r', 'f', 's', 1)")

    migrate(opened)

    sessions = opened.execute("SELECT session_id FROM session").fetchall()
    requests = opened.execute("SELECT request_id FROM request").fetchall()
    opened.close()
    assert (sessions, requests) == ([("s",)], [("r",)])


def test_migrating_twice_changes_nothing(connection):
    """Each start of the server does it."""
    before = connection.execute("SELECT name, sql FROM sqlite_schema").fetchall()

    migrate(connection)

    assert connection.execute("SELECT name, sql FROM sqlite_schema").fetchall() == before
    assert connection.execute("SELECT count(*) FROM session").fetchone() == (1,)


def test_two_programs_that_begin_with_one_empty_file_both_get_the_schema(tmp_path):
    """Whichever of them is first."""
    connections = [connect(tmp_path / "sessions.sqlite") for _ in range(8)]

    with ThreadPoolExecutor(len(connections)) as threads:
        list(threads.map(migrate, connections))

    versions = [c.execute("PRAGMA user_version").fetchone() for c in connections]
    assert versions == [(VERSION,)] * len(connections)
    for opened in connections:
        opened.close()


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE session SET revision = ?", "text"),
        ("UPDATE session SET revision = ?", None),
        ("UPDATE session SET path = ?", b"bytes"),
        ("UPDATE session SET path = ?", None),
        ("UPDATE session SET path = ?", ""),
        ("UPDATE session SET type = ?", ""),
        ("UPDATE session SET labels = ?", "no json"),
        ("UPDATE session SET kernel_id = ?", None),
        ("UPDATE session SET kernel_id = ?", "unknown"),
        ("UPDATE kernel SET restarts = ?", 1.5),
        ("UPDATE kernel SET env = ?", "no json"),
        ("UPDATE kernel SET kept = ?", 2),
        ("UPDATE kernel SET busy = ?", 2),
        ("UPDATE kernel SET start_mode = ?", "TEPID"),
        ("UPDATE kernel SET exit_cause = ?", "LOST"),  # without a time
        ("DELETE FROM kernel WHERE kernel_id = ?", "k1"),  # a session uses it
        ("UPDATE revision_counter SET only_row = ?", 2),
        ("UPDATE change SET kind = ?", "STRANGE"),
    ],
)
def test_what_must_hold_is_held_by_the_schema(connection, statement, value):
    """A bug in the program cannot spoil the data."""
    connection.execute("INSERT INTO change VALUES (5, 'DELETED', 's', 'o', 'p')")

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement, (value,))


@pytest.mark.parametrize("table", COLUMNS)
def test_every_table_is_strict(connection, table):
    """Types are checked by SQLite, which by default takes any."""
    [(strict,)] = connection.execute(
        "SELECT strict FROM pragma_table_list WHERE name = ?", (table,)
    )

    assert strict == 1


@pytest.mark.parametrize(
    ("query", "values", "by"),
    [
        (index._CHANGED, (1,), "sqlite_autoindex_session_1 (session_id=?)"),
        (index._DELETED, (1,), "INTEGER PRIMARY KEY (rowid>?)"),
        (sqlite._REPLACE, tuple("abcdefghi"), "sqlite_autoindex_session_1 (session_id=?)"),
        (sqlite._REPLACE_KERNEL, tuple("abcdefghi"), "sqlite_autoindex_session_1 (session_id=?)"),
        (sqlite._DELETE, ("s", 1), "sqlite_autoindex_session_1 (session_id=?)"),
        (request_rows._FIND, ("o", "r", 1), "PRIMARY KEY (owner=? AND request_id=?)"),
        (sqlite._TRIM_CHANGES, (1,), "INTEGER PRIMARY KEY (rowid<?)"),
        (kernel_rows._FORGET, ("k1",), "session_kernel_id"),
    ],
)
def test_what_is_asked_often_uses_an_index(connection, query, values, by):
    """A thousand sessions do not make each request a thousand times as dear."""
    plan = connection.execute("EXPLAIN QUERY PLAN " + query, values).fetchall()

    steps = [detail for *_, detail in plan]
    assert any(by in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step]


def test_the_oldest_change_is_found_without_reading_all(connection):
    """It is the first of the primary key."""
    plan = connection.execute("EXPLAIN QUERY PLAN " + index._OLDEST_CHANGE).fetchall()

    assert [detail for *_, detail in plan] == ["SEARCH change"]
