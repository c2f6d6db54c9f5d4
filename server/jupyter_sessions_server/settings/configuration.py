"""From settings to the server's configuration."""

import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_sessions_server.config import Config, RpcConfig, SessionConfig
from jupyter_sessions_server.settings import sources
from jupyter_sessions_server.settings.gateway import gateway_config
from jupyter_sessions_server.settings.kernels import kernel_config
from jupyter_sessions_server.settings.setting import SettingsError, port_number, positive


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value, and the server's configuration made of them."""

    config: Config
    log_level: str


def read(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """From flags, else variables, else the file, else defaults; raises SettingsError."""
    values, by_kernelspec = sources.values(argv, environ)
    if values["log_level"].upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        message = f"log_level: {values['log_level']!r} is no level"
        raise SettingsError(message)
    root_dir, rpc = _root_dir(values["root_dir"]), _rpc(values)
    config = Config(
        token=_token(values),
        root_dir=root_dir,
        data_dir=_data_dir(values),
        rpc=rpc,
        gateway=gateway_config(values, rpc, root_dir) if values["http"] else None,
        kernels=kernel_config(values, by_kernelspec),
        sessions=SessionConfig(session_limit=positive(values, "session_limit")),
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
    host, port = values["host"], port_number(values, "grpc_port")
    cert, key = values["tls_cert"], values["tls_key"]
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
