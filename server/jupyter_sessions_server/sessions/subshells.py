"""Subshells: second shells of kernels that have them, which answer while the first one is busy.

The protocol tells of them in Jupyter's enhancement proposal 91.
"""

import asyncio
from typing import NamedTuple

from jupyter_sessions_server.model import Channel, Kernel, KernelId
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.conversation import Conversation
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.questions import Content
from jupyter_sessions_server.work import SharedWork


class _Process(NamedTuple):
    """What tells a kernel's processes apart, also those of another kernel with the same id."""

    created_ms: int
    restarts: int


class Subshells:
    """One for each process that was asked something while it was busy, made when first needed."""

    def __init__(self, tasks: asyncio.TaskGroup, kernel_manager: KernelManager) -> None:
        self._kernels = kernel_manager
        self._making: SharedWork[str | None] = SharedWork(tasks)
        self._known: dict[KernelId, tuple[_Process, str | None]] = {}

    async def find(self, kernel: Kernel, conversation: Conversation) -> str | None:
        """The id of the kernel's subshell; None if it has none, or is not busy any more."""
        process = _Process(kernel.created_ms, kernel.restarts)
        known = self._known.get(kernel.kernel_id)
        if known is not None and known[0] == process:
            return known[1]
        return await self._making.run(
            kernel.kernel_id, process, lambda: self._make(process, conversation)
        )

    def forget(self, kernel_id: KernelId) -> None:
        """Make another one next time: the kernel does not know it any more."""
        self._known.pop(kernel_id, None)

    async def _make(self, process: _Process, conversation: Conversation) -> str | None:
        question = request("kernel_info_request", {})
        await conversation.send(Channel.CONTROL, question)
        info = await conversation.reply_unless("idle", question)
        if info is None:
            return None
        subshell_id = None
        if _has_subshells(info):
            made = await conversation.ask(Channel.CONTROL, request("create_subshell_request", {}))
            subshell_id = made.get("subshell_id")
        self._forget_dead()
        found = subshell_id if isinstance(subshell_id, str) else None
        self._known[conversation.kernel_id] = process, found
        return found

    def _forget_dead(self) -> None:
        for kernel_id in [each for each in self._known if each not in self._kernels]:
            del self._known[kernel_id]


def _has_subshells(info: Content) -> bool:
    """Whether a kernel_info reply says so, for code that may run in several threads at once.

    Wrapper kernels, such as the one for bash, inherit the claim from ipykernel; but they have one
    interpreter, and to ask it while it runs a cell would disturb the cell.
    """
    features = info.get("supported_features")
    claims = isinstance(features, list) and "kernel subshells" in features
    return claims and info.get("implementation") == "ipython"
