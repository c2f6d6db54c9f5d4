"""How a server is set up: by flags and variables, privately, and never unsafely by accident."""

import shutil
import socket
import subprocess

import grpc
import pytest

from jupyter_sessions import sync
from jupyter_sessions.errors import TokenInvalid

pytestmark = pytest.mark.e2e


def test_a_second_server_on_the_same_data_is_refused(make_server):
    """Two servers would undo each other's work; the second one says which folder is in use."""
    first, second = make_server().start(), make_server()
    second.flags = first.flags

    message = second.refusal()

    assert message == (
        f"jupyter-sessions serve: data_dir: another server uses {str(first.folder / 'data')!r}"
    )
    with first.connect() as client:
        assert list(client.list_sessions()) == []


def test_a_port_in_use_is_refused(make_server):
    """I am told the port, not shown a stack; callers are not shared out between two servers."""
    first, second = make_server().start(), make_server()
    second.flags += ["--grpc-port", first.target.rpartition(":")[2]]

    message = second.refusal()

    told = f"jupyter-sessions serve: cannot listen on {first.target}: is it in use?"
    assert message.splitlines()[-1] == told


def test_other_machines_may_not_connect_without_tls(own_server):
    """I did not mean to send my token through the network in clear."""
    own_server.flags += ["--host", "0.0.0.0"]  # noqa: S104 - it is refused

    message = own_server.refusal()

    assert message.startswith("jupyter-sessions serve: host: '0.0.0.0' can be reached from other")
    assert "--tls-cert" in message


@pytest.fixture
def certificate(tmp_path):
    """The files of a self-signed certificate for this machine, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
        timeout=20,
    )
    return cert, key


def test_with_a_certificate_it_speaks_tls(own_server, certificate):
    """Callers of other machines know whom they speak to, and nobody listens."""
    cert, key = certificate
    own_server.flags += ["--tls-cert", str(cert), "--tls-key", str(key)]
    own_server.start()

    trusted = grpc.ssl_channel_credentials(cert.read_bytes())
    with sync.connect(own_server.target, own_server.token, tls=trusted) as client:
        assert list(client.list_sessions()) == []

    assert own_server.info["tls"] is True


def test_a_certificate_that_is_none_is_refused(own_server, certificate):
    """I mixed up two files, and am told which settings to look at."""
    cert, key = certificate
    own_server.flags += ["--tls-cert", str(key), "--tls-key", str(cert)]

    assert own_server.refusal().startswith("jupyter-sessions serve: tls_cert and tls_key: not a")


def test_an_ipv6_address_is_told_as_clients_need_it(own_server):
    """On a machine with IPv6 alone the clients find it too."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    own_server.flags += ["--host", "::1"]

    with own_server.start().connect() as client:
        assert list(client.list_sessions()) == []

    assert own_server.target.startswith("[::1]:")


def test_folders_are_told_in_full_wherever_it_was_started(own_server):
    """I look at the runtime file from another directory."""
    own_server.flags = [
        "--grpc-port",
        "0",
        "--http-port",
        "0",
        "--root-dir",
        ".",
        "--data-dir",
        "relative",
    ]

    info = own_server.start().info

    assert info["root_dir"] == str(own_server.root_dir.resolve())
    assert info["data_dir"] == str(own_server.root_dir.resolve() / "relative")


def test_the_command_line_trusts_a_certificate_it_is_given(own_server, certificate):
    """The same from a terminal."""
    cert, key = certificate
    own_server.flags += ["--tls-cert", str(cert), "--tls-key", str(key)]
    own_server.start()

    ran = subprocess.run(
        ["jupyter-sessions", "--tls-ca", str(cert), "ls"],  # noqa: S607 - in the environment's PATH
        env=own_server.environment,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("PATH")


def test_the_token_is_read_from_a_file(own_server):
    """My secret stands in no process list."""
    file = own_server.folder / "token"
    file.write_text("from-a-file\n")
    own_server.flags += ["--token-file", str(file)]
    own_server.start()

    with sync.connect(own_server.target, "from-a-file") as client:
        assert list(client.list_sessions()) == []
    with sync.connect(own_server.target, "another") as client, pytest.raises(TokenInvalid):
        list(client.list_sessions())


def test_variables_are_settings_too(own_server):
    """I configure a container without touching its command."""
    data_dir, root_dir = own_server.folder / "from-variable", own_server.folder / "documents"
    root_dir.mkdir()
    own_server.flags = []
    own_server.environment |= {
        "JUPYTER_SESSIONS_GRPC_PORT": "0",
        "JUPYTER_SESSIONS_HTTP_PORT": "0",
        "JUPYTER_SESSIONS_TOKEN": "from-a-variable",
        "JUPYTER_SESSIONS_DATA_DIR": str(data_dir),
        "JUPYTER_SESSIONS_ROOT_DIR": str(root_dir),
    }

    info = own_server.start().info

    assert (info["token"], info["data_dir"]) == ("from-a-variable", str(data_dir))
    assert info["root_dir"] == str(root_dir.resolve())
    assert (data_dir / "sessions.sqlite").exists()


def test_nobody_else_can_read_what_it_writes(own_server):
    """The token, my documents' names, my kernels' sockets and what they said are mine alone."""
    own_server.start()

    with own_server.connect() as client:
        client.create_session("a.ipynb", wait_ready=True)
        data = own_server.folder / "data"
        private = [own_server.runtime_file, data / "sessions.sqlite", *data.rglob("*.journal")]
        folders = [data, *(folder for folder in data.rglob("*") if folder.is_dir())]
        modes = {file.stat().st_mode & 0o777 for file in private}
        folder_modes = {folder.stat().st_mode & 0o777 for folder in folders}

    assert len(private) == 3
    assert {folder.name for folder in folders} >= {"data", "run", "journals"}
    assert modes == {0o600}
    assert folder_modes == {0o700}


def test_a_kernel_limit_is_kept(own_server):
    """One user cannot take all the memory of the machine."""
    own_server.flags += ["--kernel-limit", "1"]

    with own_server.start().connect() as client:
        client.create_session("a.ipynb")
        with pytest.raises(Exception, match="kernel_limit: 1 kernels run"):
            client.create_session("b.ipynb")

    assert len(own_server.kernel_processes()) == 1


def test_it_prints_where_it_is_and_what_to_try(own_server):
    """I start it for the first time, and know what to do next."""
    own_server.start()

    for told in (own_server.target, own_server.token, str(own_server.root_dir.resolve())):
        assert told in own_server.stdout
    assert "jupyter sessions new demo.ipynb" in own_server.stdout
