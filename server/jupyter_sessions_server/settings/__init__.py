"""Settings: each is a flag, an environment variable and a line in a TOML file, in this order."""

from jupyter_sessions_server.settings.configuration import Settings, read
from jupyter_sessions_server.settings.setting import Setting, SettingsError, log_to_stderr
from jupyter_sessions_server.settings.standalone import GatewaySettings, read_gateway
from jupyter_sessions_server.settings.table import SETTINGS

__all__ = [
    "SETTINGS",
    "GatewaySettings",
    "Setting",
    "Settings",
    "SettingsError",
    "log_to_stderr",
    "read",
    "read_gateway",
]
