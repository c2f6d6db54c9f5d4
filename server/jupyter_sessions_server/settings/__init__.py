"""Settings: each is a flag, an environment variable and a line in a TOML file, in this order."""

from jupyter_sessions_server.settings.configuration import Settings, read
from jupyter_sessions_server.settings.setting import Setting, SettingsError
from jupyter_sessions_server.settings.table import SETTINGS

__all__ = ["SETTINGS", "Setting", "Settings", "SettingsError", "read"]
