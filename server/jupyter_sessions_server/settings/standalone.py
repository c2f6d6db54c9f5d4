"""From settings to a gateway that is a process of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.settings import sources
from jupyter_sessions_server.settings.gateway import gateway_config
from jupyter_sessions_server.settings.listening import file_of, listening_of
from jupyter_sessions_server.settings.setting import log_level_of
from jupyter_sessions_server.settings.table import GATEWAY


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What the gateway needs, and the server that it stands in front of."""

    config: GatewayConfig
    target: str | None
    """None: the one that runs on this machine."""
    target_tls: bool | None
    """None: as the server on this machine says."""
    target_ca: Path | None
    data_dir: Path
    log_level: str


def read_gateway(argv: Sequence[str], environ: Mapping[str, str]) -> GatewaySettings:
    """From flags, else variables, else the file, else defaults; raises SettingsError."""
    values, _ = sources.values(argv, environ, GATEWAY)
    data_dir = Path(values["data_dir"] or Path(jupyter_data_dir()) / "jupyter_sessions_gateway")
    target_ca = file_of(values, "target_ca")
    return GatewaySettings(
        config=gateway_config(values, listening_of(values), root_dir=None),
        target=values["target"],
        target_tls=values["target_tls"] or target_ca is not None or None,
        target_ca=target_ca,
        data_dir=data_dir.expanduser().absolute(),
        log_level=log_level_of(values),
    )
