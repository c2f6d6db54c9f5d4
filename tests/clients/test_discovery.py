"""Discovery: how a running server is found on its own machine."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jupyter_core.paths
import pytest

from jupyter_sessions.discovery import (
    ServerInfo,
    find_server,
    jupyter_runtime_dir,
    list_servers,
    remove_server_file,
    write_server_file,
)
from jupyter_sessions.errors import NoServerFound, SeveralServersFound

SERVER = ServerInfo(
    pid=os.getpid(),
    target="127.0.0.1:8890",
    token="secret",
    tls=False,
    version="0.1.0",
    root_dir="/home/me",
    data_dir="/home/me/.local/share/jupyter-sessions",
    start_time=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
)


@pytest.fixture
def other():
    """A second server, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    later = SERVER.start_time + timedelta(hours=1)
    yield replace(SERVER, pid=process.pid, target="127.0.0.1:9000", start_time=later)
    process.communicate()


def test_a_server_is_found_by_the_file_it_wrote():
    """Nobody has to copy a token from a log."""
    write_server_file(SERVER)

    assert find_server() == SERVER


def test_the_file_is_for_its_owner_alone():
    """It holds the token."""
    path = write_server_file(SERVER)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [f"jpsessions-{os.getpid()}.json"]


def test_the_token_is_not_in_the_repr():
    """A repr ends in logs."""
    assert "secret" not in repr(SERVER)


def test_times_are_written_as_rfc_3339():
    """Programs in other languages read the file, too."""
    path = write_server_file(SERVER)

    assert json.loads(path.read_text())["start_time"] == "2026-11-22T12:00:00+00:00"


def test_a_server_that_stopped_is_not_found():
    """Removing the file twice does no harm."""
    write_server_file(SERVER)

    remove_server_file(SERVER.pid)
    remove_server_file(SERVER.pid)

    with pytest.raises(NoServerFound, match="no server runs here"):
        find_server()


def test_what_a_killed_server_left_behind_is_skipped(other):
    """It could not remove its file."""
    write_server_file(replace(SERVER, pid=2**22 + 1))  # above any pid Linux gives
    write_server_file(other)

    assert list_servers() == [other]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', "\x00", '{"pid": null}'])
def test_a_broken_file_is_skipped(content):
    """One of them must not hide the others."""
    path = write_server_file(SERVER)
    path.with_name("jpsessions-1.json").write_text(content)

    assert list_servers() == [SERVER]


def test_fields_of_newer_servers_are_skipped():
    """A client is not always as new as the server."""
    path = write_server_file(SERVER)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"new": 1}))

    assert list_servers() == [SERVER]


def test_of_several_servers_one_must_be_chosen(other):
    """Running code in the wrong place is worse than asking."""
    write_server_file(other)
    write_server_file(SERVER)

    with pytest.raises(SeveralServersFound, match=r"127\.0\.0\.1:8890, 127\.0\.0\.1:9000"):
        find_server()

    assert find_server("127.0.0.1:9000") == other


def test_a_target_that_no_server_has_is_not_found():
    """The address asked for is in the message."""
    write_server_file(SERVER)

    with pytest.raises(NoServerFound, match=r"127\.0\.0\.1:1 "):
        find_server("127.0.0.1:1")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"JUPYTER_RUNTIME_DIR": "/run/jupyter"},
        {"JUPYTER_DATA_DIR": "/data/jupyter"},
        {"XDG_DATA_HOME": "/data"},
        {"XDG_DATA_HOME": ""},
        {"APPDATA": "/data"},
    ],
)
def test_the_folder_is_the_one_jupyter_core_names(monkeypatch, variables):
    """Where jupyter_core is not installed, its rules hold all the same."""
    for name in ["JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "XDG_DATA_HOME", "APPDATA"]:
        monkeypatch.delenv(name, raising=False)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    assert jupyter_runtime_dir() == Path(jupyter_core.paths.jupyter_runtime_dir())


def test_an_unfinished_file_is_not_left_behind(tmp_path):
    """A token must not lie around either."""
    with pytest.raises(TypeError):
        write_server_file(replace(SERVER, version=object()))

    assert list(jupyter_runtime_dir().iterdir()) == []
