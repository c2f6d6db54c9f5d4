"""What requests bring, checked: whatever is malformed is refused by the name of its field."""

import math
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper.launch import Launch, Provisioner
from jupyter_sessions_server.keeper.protocol import Cause, ErrorCode, RequestRefused

_LOCAL_PROVISIONER = "local-provisioner"
"""jupyter_client's name for plain processes."""
_SIGNALS = frozenset({0, *map(int, signal.valid_signals())})
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")  # it names files


class Fields:
    """The fields of one request."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A string without NUL, which no system call takes."""
        value = self._values.get(name)
        if not isinstance(value, str) or "\0" in value:
            raise _invalid(name, "a string is needed")
        return value

    def optional_text(self, name: str) -> str | None:
        """The same, or None if it is null or not there."""
        return None if self._values.get(name) is None else self.text(name)

    def kernel_id(self) -> str:
        """The kernel the request is about."""
        value = self.text("kernel_id")
        if not _ID.fullmatch(value):
            raise _invalid("kernel_id", "up to 128 letters, digits, '.', '_' and '-' are needed")
        return value

    def whole(self, name: str, *, least: int | None = None) -> int:
        """An integer."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _invalid(name, "an integer is needed")
        if least is not None and value < least:
            raise _invalid(name, f"at least {least} is needed")
        return value

    def seconds(self, name: str, default: float) -> float:
        """A number of seconds, the default if it is not there."""
        value = self._values.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _invalid(name, "a number is needed")
        if not math.isfinite(value) or value < 0:
            raise _invalid(name, "seconds cannot be negative or without end")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise _invalid(name, "true or false is needed")
        return value

    def argv(self) -> tuple[str, ...]:
        """A command line, with placeholders."""
        value = self._values.get("argv")
        if not isinstance(value, list) or not value or not all(map(_is_argument, value)):
            raise _invalid("argv", "a list of strings is needed, not empty")
        return tuple(value)

    def env(self) -> dict[str, str]:
        """A whole environment."""
        value = self._values.get("env")
        if not isinstance(value, dict) or not all(map(_is_variable, value.items())):
            raise _invalid("env", "an object of strings is needed")
        return value

    def provisioner(self) -> Provisioner | None:
        """What runs the kernel; None for a plain process."""
        value = self._values.get("provisioner")
        if value is None:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("config", {}), dict):
            raise _invalid("provisioner", "null or an object with name and config is needed")
        told = Fields(value)
        name = told.text("name")
        if name == _LOCAL_PROVISIONER:
            return None
        return Provisioner(name, value.get("config", {}), told.text("kernel_name"))

    def cause(self) -> Cause:
        """Why a process is made to end."""
        value = self.text("cause")
        if value not in set(Cause):
            raise _invalid("cause", f"one of {', '.join(Cause)} is needed")
        return Cause(value)

    def signal(self) -> int:
        """A signal of this system; 0 does nothing."""
        value = self.whole("signal")
        if value not in _SIGNALS:
            raise _invalid("signal", "this system has no such signal")
        return value

    def limits(self, default: Limits) -> Limits:
        """How much journals may keep, the default if it is not there."""
        value = self._values.get("limits")
        if value is None:
            return default
        if (
            not isinstance(value, list)
            or len(value) != len(default)
            or not all(map(_is_size, value))
        ):
            raise _invalid("limits", f"{len(default)} positive integers are needed")
        return Limits(*value)

    def object(self, name: str) -> "Fields":
        """The fields of an object; none if it is null or not there."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise _invalid(name, "an object is needed")
        return Fields(value or {})


def launch(fields: Fields, *, folder: Path, journals: Path, limits: Limits) -> Launch:
    """The launch that a start asks for; `journals` is where each kernel's has its folder."""
    kernel_id = fields.kernel_id()
    return Launch(
        kernel_id=kernel_id,
        argv=fields.argv(),
        cwd=fields.text("cwd"),
        env=fields.env(),
        warm=fields.flag("warm", default=False),
        pool=fields.whole("pool", least=0),
        nice=fields.whole("nice"),
        provisioner=fields.provisioner(),
        folder=folder,
        journal=journals / kernel_id,
        limits=limits,
        resource_dir=fields.optional_text("resource_dir"),
        interrupt_by_message=fields.flag("interrupt_by_message", default=False),
    )


def _invalid(name: str, why: str) -> RequestRefused:
    return RequestRefused(ErrorCode.INVALID, f"{name}: {why}")


def _is_argument(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_variable(item: tuple[str, object]) -> bool:
    name, value = item
    return bool(name) and "=" not in name and "\0" not in name and _is_argument(value)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
