"""From settings to the server's configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_sessions_server.config import Config, RpcConfig, SessionConfig
from jupyter_sessions_server.settings import sources
from jupyter_sessions_server.settings.gateway import gateway_config
from jupyter_sessions_server.settings.kernels import kernel_config
from jupyter_sessions_server.settings.listening import Listening, listening_of
from jupyter_sessions_server.settings.setting import (
    SettingsError,
    log_level_of,
    port_number,
    positive,
)
from jupyter_sessions_server.settings.table import SERVE


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value, and the server's configuration made of them."""

    config: Config
    log_level: str


def read(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """From flags, else variables, else the file, else defaults; raises SettingsError."""
    values, by_kernelspec = sources.values(argv, environ, SERVE)
    root_dir, listening = _root_dir(values["root_dir"]), listening_of(values)
    config = Config(
        token=_token(values),
        root_dir=root_dir,
        data_dir=_data_dir(values),
        rpc=_rpc(values, listening),
        gateway=gateway_config(values, listening, root_dir) if values["http"] else None,
        kernels=kernel_config(values, by_kernelspec),
        sessions=SessionConfig(session_limit=positive(values, "session_limit")),
    )
    return Settings(config, log_level_of(values))


def _token(values: Mapping[str, Any]) -> str | None:
    """The token given, if one is."""
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
        return None
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


def _rpc(values: Mapping[str, Any], listening: Listening) -> RpcConfig:
    return RpcConfig(
        host=listening.host,
        port=port_number(values, "grpc_port"),
        tls_cert=listening.tls_cert,
        tls_key=listening.tls_key,
        stream_limit=positive(values, "stream_limit"),
    )
