"""Which command, in which environment, starts a kernel of a kernelspec: as in jupyter_client."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from jupyter_client.kernelspec import KernelSpec

LOCAL_PROVISIONER = "local-provisioner"
"""jupyter_client's name for plain processes."""

_SECRETS = frozenset({"JUPYTER_SESSIONS_TOKEN"})
_OWN_PYTHON = frozenset(
    {"python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info[:2])}
)
"""In a kernelspec these mean the interpreter that reads it (KernelManager.format_kernel_cmd)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its environment; `{connection_file}` is not yet filled in."""

    argv: list[str]
    env: dict[str, str]
    resource_dir: str
    provisioner: dict[str, Any] | None
    """What is to run it, if that is no plain process."""


def command_of(kernel_name: str, spec: KernelSpec, env: Mapping[str, str]) -> Command:
    """`env` goes over the kernelspec's variables, and those over this process's own.

    A kernelspec's may refer to this process's as `$NAME`; `env` is taken as it is.
    """
    own = without_secrets(os.environ)
    own.pop("PYTHONEXECUTABLE", None)  # jupyter_client: it misleads virtual environments on macOS
    from_spec = {name: Template(value).safe_substitute(own) for name, value in spec.env.items()}
    argv = list(spec.argv)
    if argv and argv[0] in _OWN_PYTHON:
        argv[0] = sys.executable
    return Command(
        argv=argv,
        env={**own, **from_spec, **env},
        resource_dir=spec.resource_dir,
        provisioner=_provisioner(kernel_name, spec),
    )


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The variables but those that open this service."""
    return {name: value for name, value in env.items() if name not in _SECRETS}


def _provisioner(kernel_name: str, spec: KernelSpec) -> dict[str, Any] | None:
    default = os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME", LOCAL_PROVISIONER)
    told = spec.metadata.get("kernel_provisioner") or {}
    name = told.get("provisioner_name", default)
    if name == LOCAL_PROVISIONER:
        return None
    return {"name": name, "config": told.get("config", {}), "kernel_name": kernel_name}
