"""connect(): where it connects to, and as whom, when that is not said."""

import os
from datetime import UTC, datetime

import grpc
import pytest

from jupyter_sessions.channel import MAX_RECEIVE_BYTES, channel_options, find_endpoint
from jupyter_sessions.discovery import ServerInfo, write_server_file
from jupyter_sessions.errors import NoServerFound


@pytest.fixture
def running():
    """A server runs on this machine."""
    server = ServerInfo(
        pid=os.getpid(),
        target="127.0.0.1:8890",
        token="its own",
        tls=False,
        version="0.1.0",
        root_dir="/",
        data_dir="/",
        start_time=datetime.now(UTC),
    )
    write_server_file(server)
    return server


def test_the_running_server_is_the_default(running):
    """`connect()` is all that a notebook needs."""
    endpoint = find_endpoint(None, None, None)

    assert (endpoint.target, endpoint.token) == (running.target, "its own")
    assert endpoint.credentials is None


def test_without_a_server_there_is_an_error():
    """And not a connection to some default port, where somebody else may listen."""
    with pytest.raises(NoServerFound):
        find_endpoint(None, None, None)


def test_the_environment_comes_before_the_running_server(running, monkeypatch):
    """It was set for this program; the server may be another's."""
    monkeypatch.setenv("JUPYTER_SESSIONS_TARGET", "far.example:443")
    monkeypatch.setenv("JUPYTER_SESSIONS_TOKEN", "from outside")

    endpoint = find_endpoint(None, None, None)

    assert (endpoint.target, endpoint.token) == ("far.example:443", "from outside")


def test_arguments_come_first(running, monkeypatch):
    """What is said in the code is meant."""
    monkeypatch.setenv("JUPYTER_SESSIONS_TARGET", "far.example:443")
    monkeypatch.setenv("JUPYTER_SESSIONS_TOKEN", "from outside")

    endpoint = find_endpoint("near.example:443", "said", None)

    assert (endpoint.target, endpoint.token) == ("near.example:443", "said")


def test_a_local_servers_token_is_found_by_its_target(running):
    """Where several servers run, its target is all one has to type."""
    assert find_endpoint(running.target, None, None).token == "its own"


def test_a_servers_token_is_sent_to_that_server_alone(running):
    """Another one would learn it."""
    assert find_endpoint("far.example:443", None, None).token == ""


def test_the_token_is_not_in_the_repr(running):
    """A repr ends in logs."""
    assert "its own" not in repr(find_endpoint(None, None, None))


def test_tls_is_used_when_asked_for():
    """With the usual authorities, or with credentials of one's own."""
    own = grpc.ssl_channel_credentials()

    assert find_endpoint("far.example:443", None, True).credentials is not None
    assert find_endpoint("far.example:443", None, own).credentials is own
    assert find_endpoint("far.example:443", None, None).credentials is None


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("127.0.0.1:8890", True),
        ("localhost:8890", True),
        ("[::1]:8890", True),
        ("unix:/run/sessions.sock", True),
        ("far.example:443", False),
    ],
)
def test_a_proxy_is_not_asked_for_this_machine(target, local):
    """gRPC would send even loopback connections to $http_proxy."""
    assert (("grpc.enable_http_proxy", 0) in channel_options(target)) is local


def test_large_outputs_fit_into_a_message():
    """gRPC's own limit is 4 MiB, less than many a plot."""
    assert dict(channel_options("far.example:443"))["grpc.max_receive_message_length"] == (
        MAX_RECEIVE_BYTES
    )
    assert MAX_RECEIVE_BYTES == 67_108_864
