"""What keeps others out: the address, TLS and the token."""

import pytest

from jupyter_sessions_server.settings import SettingsError, read

HERE = ["127.0.0.1", "127.1.2.3", "localhost", "::1"]
BEYOND = ["0.0.0.0", "::", "192.168.1.1", "example.org", "2001:db8::1", "", "127.0.0.1.example.org"]  # noqa: S104


@pytest.mark.parametrize("host", HERE)
def test_an_address_of_this_machine_needs_nothing(host):
    """Nobody else can reach it."""
    assert read(["--host", host], {}).config.rpc.host == host


@pytest.mark.parametrize("host", BEYOND)
def test_an_address_beyond_is_refused_without_tls(host):
    """Else everybody on the way could read the token; and the message says what to do."""
    with pytest.raises(SettingsError) as raised:
        read([f"--host={host}"], {})

    told = str(raised.value)
    assert told.startswith("host")
    assert "--tls-cert" in told
    assert "--insecure-bind" in told


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org"])  # noqa: S104
def test_an_address_beyond_is_taken_with_tls(host):
    """What is said is encrypted."""
    config = read(["--host", host, "--tls-cert", __file__, "--tls-key", __file__], {}).config

    assert config.rpc.host == host
    assert str(config.rpc.tls_cert) == __file__


def test_an_address_beyond_is_taken_if_it_is_insisted_on():
    """In front of the server there may be something that encrypts."""
    settings = read(["--host", "0.0.0.0", "--insecure-bind"], {})  # noqa: S104

    assert settings.config.rpc.host == "0.0.0.0"  # noqa: S104


def test_without_a_token_the_kept_one_is_meant():
    """It is in the data folder, which is not looked at here."""
    assert read([], {}).config.token is None


def test_an_empty_token_is_not_no_token():
    """A variable that was meant to hold it, and does not, opens no door."""
    with pytest.raises(SettingsError, match="token"):
        read([], {"JUPYTER_SESSIONS_TOKEN": ""})


@pytest.mark.parametrize("content", ["secret", "secret\n", "  secret\r\n"])
def test_a_token_file_holds_the_token_and_perhaps_a_line_end(tmp_path, content):
    """As editors and `echo` write it."""
    file = tmp_path / "token"
    file.write_text(content)

    assert read(["--token-file", str(file)], {}).config.token == "secret"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xfe", "tökén".encode()])
def test_a_token_file_without_a_token_is_refused(tmp_path, content):
    """The server does not start with a token that nobody can send."""
    file = tmp_path / "token"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match="token"):
        read(["--token-file", str(file)], {})


def test_no_message_tells_the_token():
    """What is refused is named, not shown."""
    with pytest.raises(SettingsError) as raised:
        read(["--token", "my secret"], {})

    assert "secret" not in str(raised.value)
