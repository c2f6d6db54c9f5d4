"""Settings: each is a flag, a variable and a line in a file, in this order."""

import pytest

from jupyter_sessions_server.config import (
    Config,
    GatewayConfig,
    KernelConfig,
    RpcConfig,
    SessionConfig,
)
from jupyter_sessions_server.settings import SETTINGS, SettingsError, read

VALUES = {
    "host": ("127.0.0.2", "127.0.0.3", "127.0.0.4"),
    "grpc_port": (1, 2, 3),
    "data_dir": ("/a", "/b", "/c"),
    "token": ("one", "two", "three"),
    "stream_limit": (1, 2, 3),
    "kernel_limit": (1, 2, 3),
    "session_limit": (1, 2, 3),
    "kernel_start_seconds": (1.5, 2.5, 3),
    "kernel_query_seconds": (1.5, 2.5, 3),
    "log_level": ("debug", "INFO", "error"),
    "ephemeral": (True, True, True),
    "insecure_bind": (True, True, True),
    "cull_idle_timeout": (1.5, 0, 3),
    "cull_connected": (True, False, True),
    "cull_busy": (False, True, False),
    "kernel_ttl_seconds": (1.5, 0, 3),
    "restart_limit": (1, 0, 3),
    "kernel_memory_limit": (1, 0, 3),
    "kernel_nice": (19, 0, 3),
    "warm_kernels": (1, 0, 3),
    "warm_start": (False, True, False),
    "cull_interval": (1.5, 2.5, 3),
    "usage_interval_seconds": (1.5, 2.5, 3),
    "kernel_journal_bytes": (1, 2, 3),
    "journal_bytes": (1, 2, 3),
    "retention_seconds": (1.5, 0, 3),
    "queue_limit": (1, 2, 3),
    "interrupt_grace_seconds": (1.5, 0, 3),
    "output_limit_bytes": (1, 2, 3),
    "orphan_ttl_seconds": (1.5, 2.5, 3),
    "stop_kernels": (True, False, True),
    "http": (False, True, False),
    "http_port": (1, 2, 3),
    "base_url": ("/a/", "/b/", "/c/"),
    "allow_origin": ("http://a", "*", "http://c"),
    "allow_origin_pat": ("http://a.*", "b", "c"),
    "allow_credentials": (True, False, True),
    "local_hostnames": ("a", "b", "c"),
    "kernel_env": ("A", "B", "C"),
}
"""For each setting values for its flag, its variable and its line in a file."""
POLICY = {
    "cull_idle_timeout": "idle_cull_seconds",
    "cull_connected": "cull_connected",
    "cull_busy": "cull_busy",
    "kernel_ttl_seconds": "ttl_seconds",
    "restart_limit": "restart_limit",
    "kernel_memory_limit": "memory_limit_bytes",
    "kernel_nice": "nice",
    "warm_kernels": "warm_kernels",
    "warm_start": "warm_start",
}
"""For each setting of kernels' policies its name there."""


def of_policy(field):
    return lambda settings: getattr(settings.config.kernels.policy, field)


SHOWN = {
    "host": lambda settings: settings.config.rpc.host,
    "grpc_port": lambda settings: settings.config.rpc.port,
    "root_dir": lambda settings: str(settings.config.root_dir),
    "data_dir": lambda settings: str(settings.config.data_dir),
    "token": lambda settings: settings.config.token,
    "token_file": lambda settings: settings.config.token,
    "tls_cert": lambda settings: str(settings.config.rpc.tls_cert),
    "tls_key": lambda settings: str(settings.config.rpc.tls_key),
    "stream_limit": lambda settings: settings.config.rpc.stream_limit,
    "kernel_limit": lambda settings: settings.config.kernels.kernel_limit,
    "session_limit": lambda settings: settings.config.sessions.session_limit,
    "kernel_start_seconds": lambda settings: settings.config.kernels.start_seconds,
    "kernel_query_seconds": lambda settings: settings.config.kernels.query_seconds,
    "log_level": lambda settings: settings.log_level.lower(),
    "ephemeral": lambda settings: settings.config.data_dir is None,
    "insecure_bind": lambda settings: True,  # shown by what it allows, see test_settings_safety
    **{name: of_policy(field) for name, field in POLICY.items()},
    "cull_interval": lambda settings: settings.config.kernels.cull_interval_seconds,
    "usage_interval_seconds": lambda settings: settings.config.kernels.usage_interval_seconds,
    "kernel_journal_bytes": lambda settings: settings.config.kernels.journal.kernel_bytes,
    "journal_bytes": lambda settings: settings.config.kernels.journal.total_bytes,
    "retention_seconds": lambda settings: settings.config.kernels.retention_seconds,
    "queue_limit": lambda settings: settings.config.kernels.queue_limit,
    "interrupt_grace_seconds": lambda settings: settings.config.kernels.interrupt_grace_seconds,
    "output_limit_bytes": lambda settings: settings.config.kernels.output_limit_bytes,
    "orphan_ttl_seconds": lambda settings: settings.config.kernels.orphan_ttl_seconds,
    "stop_kernels": lambda settings: settings.config.kernels.stop_kernels,
    "http": lambda settings: settings.config.gateway is not None,
    "http_port": lambda settings: settings.config.gateway.port,
    "base_url": lambda settings: settings.config.gateway.base_url,
    "allow_origin": lambda settings: settings.config.gateway.allow_origin,
    "allow_origin_pat": lambda settings: settings.config.gateway.allow_origin_pat,
    "allow_credentials": lambda settings: settings.config.gateway.allow_credentials,
    "local_hostnames": lambda settings: ",".join(settings.config.gateway.local_hostnames),
    "kernel_env": lambda settings: ",".join(sorted(settings.config.gateway.kernel_env)).lower(),
}
"""For each setting, what the program makes of it."""
BY_NAME = {setting.name: setting for setting in SETTINGS}


def flag(name, value):
    if isinstance(value, bool):
        return [BY_NAME[name].flag if value else BY_NAME[name].flag.replace("--", "--no-", 1)]
    return [BY_NAME[name].flag, str(value)]


def toml(value):
    return str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'


def lower(value):
    return value.lower() if isinstance(value, str) else value


@pytest.fixture
def write_file(tmp_path):
    """Writes a configuration file, and tells the flags that name it."""

    def write_file(text):
        file = tmp_path / "config.toml"
        file.write_text(text)
        return ["--config", str(file)]

    return write_file


def test_every_setting_is_tested_here():
    """A new one gets its lines above."""
    assert set(SHOWN) == set(BY_NAME)
    assert set(VALUES) == set(BY_NAME) - {"root_dir", "token_file", "tls_cert", "tls_key"}


@pytest.mark.parametrize("name", VALUES)
def test_a_flag_comes_before_a_variable_before_a_line_in_a_file(write_file, name):
    """What is said nearest to the start of the program counts."""
    by_flag, by_variable, by_line = VALUES[name]
    file = write_file(f"{name} = {toml(by_line)}")
    environ = {BY_NAME[name].variable: str(by_variable)}

    all_three = read([*file, *flag(name, by_flag)], environ)
    two = read(file, environ)
    one = read(file, {})

    told = [SHOWN[name](settings) for settings in (all_three, two, one)]
    assert told == [lower(by_flag), lower(by_variable), lower(by_line)]


@pytest.mark.parametrize("name", ["root_dir", "token_file", "tls_cert", "tls_key"])
def test_so_do_flags_variables_and_lines_that_name_files(tmp_path, write_file, name):
    """The same for what has to exist."""
    for number in range(3):
        (tmp_path / f"dir{number}").mkdir()
        (tmp_path / f"file{number}").write_text(f"token{number}\n")
    kind = "dir" if name == "root_dir" else "file"
    paths = [str(tmp_path / f"{kind}{number}") for number in range(3)]
    other = {"tls_cert": ["--tls-key", paths[0]], "tls_key": ["--tls-cert", paths[0]]}
    file = [*write_file(f"{name} = {toml(paths[2])}"), *other.get(name, [])]
    environ = {BY_NAME[name].variable: paths[1]}

    settings = [read([*file, *flag(name, paths[0])], environ), read(file, environ), read(file, {})]

    expected = ["token0", "token1", "token2"] if name == "token_file" else paths
    assert [SHOWN[name](each) for each in settings] == expected


def test_without_any_the_defaults_count(tmp_path, monkeypatch):
    """The server starts with no setting at all, on this machine, where one is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "share"))

    settings = read([], {})

    assert settings.config == Config(
        token=settings.config.token,
        root_dir=tmp_path,
        data_dir=tmp_path / "share" / "jupyter_sessions",
        rpc=RpcConfig(),
        gateway=GatewayConfig(root_dir=tmp_path),
        kernels=KernelConfig(),
        sessions=SessionConfig(),
    )
    assert settings.config.rpc.host == "127.0.0.1"
    assert settings.log_level == "WARNING"


def test_the_file_may_be_named_by_a_variable(write_file):
    """As for every flag, there is one."""
    _, file = write_file("grpc_port = 7")

    settings = read([], {"JUPYTER_SESSIONS_CONFIG": file})

    assert settings.config.rpc.port == 7


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_every_setting_is_in_the_help(capsys, name):
    """With its meaning, and its default if it has one."""
    with pytest.raises(SystemExit) as raised:
        read(["--help"], {})

    told = " ".join(capsys.readouterr().out.split())
    setting = BY_NAME[name]
    assert raised.value.code == 0
    assert setting.flag in told
    assert setting.help in told
    silent = setting.default is None or setting.default is False
    assert silent or f"(default: {setting.default})" in told


def test_a_home_is_known_by_its_sign(monkeypatch, tmp_path):
    """Also where no shell has replaced it, as in a file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()

    settings = read(["--root-dir", "~/notebooks", "--data-dir", "~/data"], {})

    assert settings.config.root_dir == tmp_path / "notebooks"
    assert settings.config.data_dir == tmp_path / "data"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("", False)],
)
def test_a_variable_that_is_yes_or_no_is_read_as_people_write_it(text, value):
    """And nothing else is taken for either."""
    settings = read(["--data-dir", "/x"] if not value else [], {"JUPYTER_SESSIONS_EPHEMERAL": text})

    assert (settings.config.data_dir is None) is value


def test_variables_of_others_are_left_alone():
    """The environment is full of them, and clients have some of the same prefix."""
    read([], {"JUPYTER_SESSIONS_TARGET": "x", "JUPYTER_SESSIONS_STRANGE": "y", "PATH": "z"})


def test_a_command_line_of_strange_flags_is_refused(capsys):
    """With the usage, and the exit code of such mistakes."""
    with pytest.raises(SystemExit) as raised:
        read(["--strange"], {})

    assert raised.value.code == 2
    assert "--strange" in capsys.readouterr().err


def test_settings_do_not_show_the_token():
    """A log or a traceback that shows them tells nobody."""
    settings = read(["--token", "geheim"], {})

    assert "geheim" not in repr(settings)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """It was named, so it is wanted."""
    with pytest.raises(SettingsError, match="config"):
        read(["--config", str(tmp_path / "missing.toml")], {})
