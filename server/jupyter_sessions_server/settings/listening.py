"""What settings say of where to listen; what is not safe is refused."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_sessions_server.settings.setting import SettingsError


class Listening(NamedTuple):
    """An address, and what TLS is spoken with there, if it is."""

    host: str
    tls_cert: Path | None
    tls_key: Path | None


def listening_of(values: Mapping[str, Any]) -> Listening:
    """Where to listen; raises SettingsError that names what is wrong, or is not safe."""
    host, cert, key = values["host"], values["tls_cert"], values["tls_key"]
    if (cert is None) != (key is None):
        raise SettingsError("tls_cert and tls_key: both or neither")
    if cert is None and not _is_loopback(host) and not values["insecure_bind"]:
        message = (
            f"host: {host!r} can be reached from other machines, and without TLS anybody between "
            "could read the token and all that is run; give --tls-cert and --tls-key, or "
            "--insecure-bind if what stands in front of this server encrypts"
        )
        raise SettingsError(message)
    return Listening(host, file_of(values, "tls_cert"), file_of(values, "tls_key"))


def file_of(values: Mapping[str, Any], name: str) -> Path | None:
    """The file that a setting names; raises SettingsError if there is none."""
    if values[name] is None:
        return None
    if not Path(values[name]).is_file():
        message = f"{name}: {values[name]!r} is no file"
        raise SettingsError(message)
    return Path(values[name])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
