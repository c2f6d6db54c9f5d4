"""Settings: each is a flag, an environment variable and a line in a TOML file, in this order."""

import argparse
import ipaddress
import math
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_sessions_server.config import Config, KernelConfig, RpcConfig, SessionConfig

ENV_PREFIX = "JUPYTER_SESSIONS_"


class SettingsError(Exception):
    """A setting is missing, malformed or not safe; the message names it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `--grpc-port`, JUPYTER_SESSIONS_GRPC_PORT, `grpc_port = …`."""

    name: str
    type: type
    default: object
    help: str

    @property
    def flag(self) -> str:
        """As on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """As in the environment."""
        return ENV_PREFIX + self.name.upper()

    def parse(self, text: str, source: str) -> object:
        """The value of a text; raises SettingsError that names the source."""
        if self.type is bool:
            if text.lower() not in _BOOLEANS:
                message = f"{source}: {text!r} is neither true nor false"
                raise SettingsError(message)
            return _BOOLEANS[text.lower()]
        try:
            return self.type(text)
        except ValueError as error:
            message = f"{source}: {text!r} is no {self.type.__name__}"
            raise SettingsError(message) from error


_BOOLEANS = {
    "1": True,
    "true": True,
    "yes": True,
    "0": False,
    "false": False,
    "no": False,
    "": False,
}

_RPC, _KERNELS, _SESSIONS = RpcConfig(), KernelConfig(), SessionConfig()

SETTINGS = (
    Setting("host", str, _RPC.host, "address to listen on"),
    Setting("grpc_port", int, _RPC.port, "port to listen on; 0: any free one"),
    Setting("root_dir", str, ".", "directory that documents' paths are relative to"),
    Setting(
        "data_dir", str, None, "directory of the database (default: in Jupyter's data directory)"
    ),
    Setting("ephemeral", bool, False, "keep the database in a temporary directory"),
    Setting("token", str, None, "token that callers send; other users can see it here"),
    Setting("token_file", str, None, "file that holds the token (default: a new token each time)"),
    Setting("tls_cert", str, None, "PEM file of a certificate; with a key, speak TLS"),
    Setting("tls_key", str, None, "PEM file of the certificate's key"),
    Setting("insecure_bind", bool, False, "allow to listen beyond this machine without TLS"),
    Setting("kernel_limit", int, _KERNELS.kernel_limit, "how many kernels may run at once"),
    Setting("session_limit", int, _SESSIONS.session_limit, "how many sessions may exist"),
    Setting("kernel_start_seconds", float, _KERNELS.start_seconds, "how long a start may take"),
    Setting("log_level", str, "warning", "debug, info, warning or error"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value, and the server's configuration made of them."""

    config: Config
    log_level: str


def read(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """From flags, else variables, else the file, else defaults; raises SettingsError."""
    flags = vars(_parser().parse_args(argv))
    file = flags["config"] or environ.get(ENV_PREFIX + "CONFIG")
    in_file = _read_file(Path(file)) if file else {}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        value = flags[setting.name]
        if value is None and setting.variable in environ:
            value = setting.parse(environ[setting.variable], setting.variable)
        if value is None:
            value = in_file.get(setting.name, setting.default)
        values[setting.name] = value
    return _settings(values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyter-sessions serve",
        description="Serve Jupyter sessions over gRPC. Each flag is also a variable "
        f"{ENV_PREFIX}NAME and a line `name = value` of the configuration file.",
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings")
    for setting in SETTINGS:
        default = "" if setting.default in (None, False) else f" (default: {setting.default})"
        if setting.type is bool:
            parser.add_argument(setting.flag, action="store_true", default=None, help=setting.help)
        else:
            parser.add_argument(
                setting.flag,
                type=setting.type,
                metavar=setting.type.__name__.upper(),
                help=setting.help + default,
            )
    return parser


def _read_file(file: Path) -> dict[str, object]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"config: {file}: {error}"
        raise SettingsError(message) from error
    types = {setting.name: setting.type for setting in SETTINGS}
    for name, value in values.items():
        if name not in types:
            message = f"config: {file}: there is no setting {name!r}"
            raise SettingsError(message)
        wanted = types[name]
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            message = f"config: {file}: {name} must be of type {wanted.__name__}"
            raise SettingsError(message)
    return values


def _settings(values: Mapping[str, Any]) -> Settings:
    if values["log_level"].upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        message = f"log_level: {values['log_level']!r} is no level"
        raise SettingsError(message)
    config = Config(
        token=_token(values),
        root_dir=_root_dir(values["root_dir"]),
        data_dir=_data_dir(values),
        rpc=_rpc(values),
        kernels=KernelConfig(
            start_seconds=_positive(values, "kernel_start_seconds"),
            kernel_limit=_positive(values, "kernel_limit"),
        ),
        sessions=SessionConfig(session_limit=_positive(values, "session_limit")),
    )
    return Settings(config, values["log_level"].upper())


def _token(values: Mapping[str, Any]) -> str:
    """The token given, or a new one: 192 random bits."""
    token: str = values["token"] or ""
    if values["token_file"] and values["token"] is not None:
        raise SettingsError("token and token_file: only one of them can be given")
    if values["token_file"]:
        try:
            token = Path(values["token_file"]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            message = f"token_file: {error}"
            raise SettingsError(message) from error
    elif values["token"] is None:
        return secrets.token_hex(24)
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError("token: is empty, or has characters that no header can hold")
    return token


def _root_dir(value: str) -> Path:
    root_dir = Path(value).expanduser().resolve()
    if not root_dir.is_dir():
        message = f"root_dir: {value!r} is no directory"
        raise SettingsError(message)
    return root_dir


def _data_dir(values: Mapping[str, Any]) -> Path | None:
    if values["ephemeral"] and values["data_dir"]:
        raise SettingsError("ephemeral and data_dir: only one of them can be given")
    if values["ephemeral"]:
        return None
    chosen = Path(values["data_dir"] or Path(jupyter_data_dir()) / "jupyter_sessions")
    return chosen.expanduser().absolute()


def _rpc(values: Mapping[str, Any]) -> RpcConfig:
    host, port = values["host"], values["grpc_port"]
    cert, key = values["tls_cert"], values["tls_key"]
    if not 0 <= port <= 65535:
        message = f"grpc_port: {port} is no port"
        raise SettingsError(message)
    if (cert is None) != (key is None):
        raise SettingsError("tls_cert and tls_key: both or neither")
    for name in ("tls_cert", "tls_key"):
        if values[name] is not None and not Path(values[name]).is_file():
            message = f"{name}: {values[name]!r} is no file"
            raise SettingsError(message)
    if cert is None and not _is_loopback(host) and not values["insecure_bind"]:
        message = (
            f"host: {host!r} can be reached from other machines, and without TLS anybody between "
            "could read the token and all that is run; give --tls-cert and --tls-key, or "
            "--insecure-bind if what stands in front of this server encrypts"
        )
        raise SettingsError(message)
    return RpcConfig(
        host=host,
        port=port,
        tls_cert=None if cert is None else Path(cert),
        tls_key=None if key is None else Path(key),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _positive(values: Mapping[str, Any], name: str) -> Any:
    if not 0 < values[name] < math.inf:
        message = f"{name}: {values[name]} is no number above 0"
        raise SettingsError(message)
    return values[name]
