"""JupyterKernelSpecs: the kernelspecs that are installed where Jupyter looks for them."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel
from jupyter_client.kernelspec import KernelSpec as JupyterSpec
from traitlets import TraitError

from jupyter_sessions_server.errors import KernelspecNotFound, KernelspecResourceNotFound
from jupyter_sessions_server.model import KernelSpec

_NOT_RESOURCES = frozenset({"kernel.json"})
_UNREADABLE = (NoSuchKernel, OSError, RecursionError, TraitError, TypeError, ValueError)
"""What comes of a kernel.json that is missing, is not JSON, or says what a kernelspec cannot."""


class JupyterKernelSpecs:
    """KernelSpecs over jupyter_client's kernelspec manager; the disk is read on a thread."""

    def __init__(self) -> None:
        self.manager = KernelSpecManager()
        self.default_name: str = NATIVE_KERNEL_NAME

    async def find(self, kernel_name: str) -> KernelSpec | None:
        """The kernelspec of this name; 'python' is another name for the server's own Python."""
        return await asyncio.to_thread(self._find, kernel_name)

    async def list_all(self) -> Sequence[KernelSpec]:
        """All kernelspecs that can be read, ordered by name."""
        return await asyncio.to_thread(self._list_all)

    async def read_resource(self, kernel_name: str, resource_name: str) -> bytes:
        """A file of the kernelspec's folder; only those it lists."""
        spec = await self.find(kernel_name)
        if spec is None:
            raise KernelspecNotFound(kernel_name)
        if resource_name not in spec.resource_names:
            raise KernelspecResourceNotFound(kernel_name, resource_name)
        return await asyncio.to_thread(self._read, spec.kernel_name, resource_name)

    def _find(self, kernel_name: str) -> KernelSpec | None:
        name = NATIVE_KERNEL_NAME if kernel_name == "python" else kernel_name.lower()
        try:
            return _spec_from_jupyter(name, self.manager.get_kernel_spec(name))
        except _UNREADABLE:
            return None

    def _list_all(self) -> list[KernelSpec]:
        found = (self._find(name) for name in sorted(self.manager.find_kernel_specs()))
        return [spec for spec in found if spec is not None]

    def _read(self, kernel_name: str, resource_name: str) -> bytes:
        folder = Path(self.manager.get_kernel_spec(kernel_name).resource_dir)
        try:
            return (folder / resource_name).read_bytes()
        except OSError as error:
            raise KernelspecResourceNotFound(kernel_name, resource_name) from error


def _spec_from_jupyter(name: str, spec: JupyterSpec) -> KernelSpec:
    if not all(isinstance(argument, str) for argument in spec.argv):
        message = f"argv of kernelspec {name!r} holds what is no text"
        raise TypeError(message)
    return KernelSpec(
        kernel_name=name,
        display_name=spec.display_name,
        language=spec.language,
        argv=list(spec.argv),
        env={key: str(value) for key, value in spec.env.items()},
        interrupt_by_message=spec.interrupt_mode == "message",
        metadata_json=json.dumps(spec.metadata),
        resource_names=_resource_names(spec.resource_dir),
    )


def _resource_names(resource_dir: str) -> list[str]:
    folder = Path(resource_dir)
    if not resource_dir or not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir() if entry.is_file())
    return sorted(name for name in names if name not in _NOT_RESOURCES)
