"""Setting: its names, its type, its default, and what its values may be."""

import logging
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENV_PREFIX = "JUPYTER_SESSIONS_"
MAX_PORT = 65535


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

    @property
    def shown_default(self) -> str:
        """The default as the help tells it; empty where there is nothing to tell."""
        return "" if self.default is None or self.default is False else f"{self.default}"

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

    def require_type(self, value: object, source: str) -> None:
        """Raise SettingsError unless a value of a TOML file has the setting's type."""
        if type(value) is not self.type and not (self.type is float and type(value) is int):
            message = f"{source} must be of type {self.type.__name__}"
            raise SettingsError(message)


_BOOLEANS = {
    "1": True,
    "true": True,
    "yes": True,
    "0": False,
    "false": False,
    "no": False,
    "": False,
}


def positive(values: Mapping[str, Any], name: str, where: str = "") -> Any:
    """The number, above 0; `where` says whose setting it is."""
    if not 0 < values[name] < math.inf:
        message = f"{where}{name}: {values[name]} is no number above 0"
        raise SettingsError(message)
    return values[name]


def not_negative(values: Mapping[str, Any], name: str, where: str = "") -> Any:
    """The number, 0 or above."""
    if not 0 <= values[name] < math.inf:
        message = f"{where}{name}: {values[name]} is no number of 0 or above"
        raise SettingsError(message)
    return values[name]


def port_number(values: Mapping[str, Any], name: str) -> int:
    """The port; 0 is any free one."""
    port: int = values[name]
    if not 0 <= port <= MAX_PORT:
        message = f"{name}: {port} is no port"
        raise SettingsError(message)
    return port


def log_level_of(values: Mapping[str, Any]) -> str:
    """The level, as logging names it."""
    level: str = values["log_level"].upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        message = f"log_level: {values['log_level']!r} is no level"
        raise SettingsError(message)
    return level


def log_to_stderr(level: str) -> None:
    """Log what is of this level or above."""
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
