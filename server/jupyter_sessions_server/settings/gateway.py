"""What settings say of the gateway."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.settings.listening import Listening
from jupyter_sessions_server.settings.setting import SettingsError, port_number

_BASE_URL = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?")


def gateway_config(
    values: Mapping[str, Any], listening: Listening, root_dir: Path | None
) -> GatewayConfig:
    """The configuration of the gateway; raises SettingsError that names what is wrong.

    In a server it listens at the same address as gRPC, and has the same certificate.
    """
    return GatewayConfig(
        host=listening.host,
        port=port_number(values, "http_port"),
        base_url=_base_url(values["base_url"]),
        tls_cert=listening.tls_cert,
        tls_key=listening.tls_key,
        allow_origin=values["allow_origin"] or "",
        allow_origin_pat=_pattern(values["allow_origin_pat"] or ""),
        allow_credentials=values["allow_credentials"],
        local_hostnames=tuple(_names(values["local_hostnames"])),
        root_dir=root_dir,
        kernel_env=frozenset(_names(values["kernel_env"] or "")),
    )


def _base_url(value: str) -> str:
    if not _BASE_URL.fullmatch(value):
        message = f"base_url: {value!r} is no path that begins with '/'"
        raise SettingsError(message)
    return value.rstrip("/") + "/"


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        message = f"allow_origin_pat: {value!r} is no regular expression: {error}"
        raise SettingsError(message) from error
    return value


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]
