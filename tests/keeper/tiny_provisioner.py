"""Kernel provisioners as a third party may write them."""

import os
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode


class NotingProvisioner(LocalProvisioner):
    """Starts kernels here, and notes in the file NOTES what it is asked to do."""

    greeting = Unicode(config=True)

    def _note(self, text: str) -> None:
        with Path(os.environ["NOTES"]).open("a") as notes:
            notes.write(f"{text}\n")

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start it, with the greeting in its environment."""
        self._note(f"launch {self.kernel_id}")
        kwargs["env"]["GREETING"] = self.greeting
        return await super().launch_kernel(cmd, **kwargs)

    async def send_signal(self, signum: int) -> None:
        """As asked for; terminate and kill come here too."""
        self._note(f"signal {int(signum)}")
        await super().send_signal(signum)

    async def cleanup(self, restart: bool = False) -> None:
        """Comes last."""
        self._note("cleanup")
        await super().cleanup(restart)


class FailingProvisioner(LocalProvisioner):
    """Cannot start anything."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Raises what provisioners raise."""
        raise RuntimeError("no room on the cluster")


class DistantProvisioner(LocalProvisioner):
    """As for a kernel on another machine: no process that could be watched here."""

    _distant: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start it, and hide its process."""
        info = await super().launch_kernel(cmd, **kwargs)
        self._distant, self.process = self.process, None
        return info

    @property
    def has_process(self) -> bool:
        """Until its end was seen."""
        return self._distant is not None

    async def wait(self) -> int | None:
        """How it ended it cannot tell."""
        self.process, self._distant = self._distant, None
        await super().wait()
        return None
