"""Where settings come from: the command line, the environment, a TOML file."""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_sessions_server.settings.setting import ENV_PREFIX, Setting, SettingsError
from jupyter_sessions_server.settings.table import POLICY_SETTINGS, Program

KERNELSPEC = "kernelspec"
"""The table of a TOML file that holds a table for each kernelspec: `[kernelspec.ir]`."""

Values = dict[str, Any]


def values(
    argv: Sequence[str], environ: Mapping[str, str], program: Program
) -> tuple[Values, Mapping[str, Values]]:
    """Each setting's value, and what kernelspecs have of their own; raises SettingsError."""
    flags = vars(_parser(program).parse_args(argv))
    file = flags["config"] or environ.get(ENV_PREFIX + "CONFIG")
    in_file, by_kernelspec = _read_file(Path(file), program) if file else ({}, {})
    chosen: Values = {}
    for setting in program.settings:
        value = flags[setting.name]
        if value is None and setting.variable in environ:
            value = setting.parse(environ[setting.variable], setting.variable)
        if value is None:
            value = in_file.get(setting.name, setting.default)
        chosen[setting.name] = value
    return chosen, by_kernelspec


def _parser(program: Program) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program.name,
        description=f"{program.purpose} Each flag is also a variable "
        f"{ENV_PREFIX}NAME and a line `name = value` of the configuration file.",
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings")
    for setting in program.settings:
        told = setting.help
        if setting.shown_default:
            told += f" (default: {setting.shown_default})"
        if setting.type is bool:
            parser.add_argument(setting.flag, action=argparse.BooleanOptionalAction, help=told)
        else:
            parser.add_argument(
                setting.flag,
                type=setting.type,
                metavar=setting.type.__name__.upper(),
                help=told,
            )
    return parser


def _read_file(file: Path, program: Program) -> tuple[Values, dict[str, Values]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"config: {file}: {error}"
        raise SettingsError(message) from error
    tables = content.pop(KERNELSPEC, {}) if program.has_kernels else {}
    _require_known(content, program.settings, f"config: {file}: ")
    if not isinstance(tables, dict):
        message = f"config: {file}: {KERNELSPEC} must be a table of tables"
        raise SettingsError(message)
    for kernel_name, table in tables.items():
        where = f"config: {file}: {KERNELSPEC}.{kernel_name}"
        if not isinstance(table, dict):
            message = f"{where} must be a table"
            raise SettingsError(message)
        _require_known(table, POLICY_SETTINGS, f"{where}.")
    return content, tables


def _require_known(table: Values, settings: Sequence[Setting], where: str) -> None:
    """Raise unless these settings have all names that are in the table, and their types."""
    by_name = {setting.name: setting for setting in settings}
    for name, value in table.items():
        if name not in by_name:
            message = f"{where}{name}: there is no such setting"
            raise SettingsError(message)
        by_name[name].require_type(value, f"{where}{name}")
