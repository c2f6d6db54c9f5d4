"""Settings that are refused: the message names them, so that one knows what to change."""

import pytest

from jupyter_sessions_server.settings import SETTINGS, SettingsError, read

PREFIX = "JUPYTER_SESSIONS_"
BAD_VALUES = [
    ("grpc_port", "no number"), ("grpc_port", "-1"), ("grpc_port", "65536"), ("grpc_port", "1.5"),
    ("kernel_limit", "0"), ("kernel_limit", "-3"), ("kernel_limit", "many"),
    ("session_limit", "0"), ("session_limit", ""),
    ("kernel_start_seconds", "0"), ("kernel_start_seconds", "-1"), ("kernel_start_seconds", "soon"),
    ("kernel_start_seconds", "nan"), ("kernel_start_seconds", "inf"),
    ("cull_idle_timeout", "-1"), ("cull_idle_timeout", "nan"), ("cull_idle_timeout", "inf"),
    ("kernel_ttl_seconds", "-0.5"), ("kernel_ttl_seconds", "nan"), ("restart_limit", "-1"),
    ("restart_limit", "nan"), ("kernel_memory_limit", "-1"), ("kernel_memory_limit", "4G"),
    ("kernel_nice", "-1"), ("kernel_nice", "20"), ("warm_kernels", "-1"), ("warm_start", "2"),
    ("cull_interval", "0"), ("cull_interval", "nan"), ("usage_interval_seconds", "0"),
    ("usage_interval_seconds", "inf"), ("kernel_journal_bytes", "0"), ("journal_bytes", "-1"),
    ("orphan_ttl_seconds", "0"), ("orphan_ttl_seconds", "nan"), ("cull_busy", "often"),
    ("log_level", "loud"), ("log_level", ""),
    ("ephemeral", "perhaps"), ("insecure_bind", "2"),
    ("root_dir", "/no/such/directory"), ("token_file", "/no/such/file"),
    ("token", ""), ("token", "two words"), ("token", "tökén"), ("token", "line\nbreak"),
    ("tls_cert", "/no/such/file"),
]  # fmt: skip

YES_OR_NO = {setting.name for setting in SETTINGS if setting.type is bool}


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_bad_value_of_a_variable_is_refused_by_name(name, value):
    """Whoever set it finds it again."""
    with pytest.raises(SettingsError) as raised:
        read([], {PREFIX + name.upper(): value})

    assert name in str(raised.value).lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [pair for pair in BAD_VALUES if pair[0] not in YES_OR_NO],
)
def test_a_bad_value_of_a_flag_is_refused_by_name(capsys, name, value):
    """By the parser of the command line, or after it."""
    with pytest.raises((SettingsError, SystemExit)) as raised:
        read([f"--{name.replace('_', '-')}={value}"], {})

    told = f"{raised.value} {capsys.readouterr().err}".lower()
    assert name in told.replace("-", "_")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("strange = 1", "strange"),
        ("GRPC_PORT = 1", "GRPC_PORT"),
        ('grpc_port = "1"', "grpc_port"),
        ("grpc_port = true", "grpc_port"),
        ("grpc_port = 1.5", "grpc_port"),
        ("kernel_limit = 0", "kernel_limit"),
        ("kernel_start_seconds = nan", "kernel_start_seconds"),
        ('kernel_start_seconds = "1"', "kernel_start_seconds"),
        ("ephemeral = 1", "ephemeral"),
        ("cull_idle_timeout = -1", "cull_idle_timeout"),
        ("kernel_nice = 20", "kernel_nice"),
        ("token = 5", "token"),
        ("token = []", "token"),
        ("[rpc]\nhost = 'x'", "rpc"),
        ("http_port = 70000", "http_port"),
        ('base_url = "no/path"', "base_url"),
        ('base_url = "//other.host"', "base_url"),
        ('allow_origin_pat = "("', "allow_origin_pat"),
        ("grpc_port =", "config"),
        ("grpc_port = 1\ngrpc_port = 2", "config"),
    ],
)
def test_a_bad_line_of_a_file_is_refused_by_name(tmp_path, line, named):
    """A misspelt one too: nobody believes that it counts."""
    file = tmp_path / "config.toml"
    file.write_text(line)

    with pytest.raises(SettingsError) as raised:
        read(["--config", str(file)], {})

    assert named in str(raised.value)


def test_a_bad_line_is_refused_also_where_a_flag_comes_first(tmp_path):
    """The mistake is there, and would show itself on another day."""
    file = tmp_path / "config.toml"
    file.write_text('grpc_port = "1"')

    with pytest.raises(SettingsError, match="grpc_port"):
        read(["--config", str(file), "--grpc-port", "5"], {})


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--ephemeral", "--data-dir", "/x"], ("ephemeral", "data_dir")),
        (["--token", "x", "--token-file", "/x"], ("token", "token_file")),
        (["--tls-cert", __file__], ("tls_cert", "tls_key")),
        (["--tls-key", __file__], ("tls_cert", "tls_key")),
    ],
)
def test_settings_that_contradict_are_refused_together(argv, named):
    """Both are named; which one is wrong, their author knows."""
    with pytest.raises(SettingsError) as raised:
        read(argv, {})

    assert all(name in str(raised.value) for name in named)
