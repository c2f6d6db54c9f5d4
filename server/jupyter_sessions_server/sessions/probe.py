"""KernelProbe: asks a kernel, to learn from its answer that all is over that it got before."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from jupyter_sessions_server.model import Channel, KernelId, Message
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.messages import execution_state

_ASK_AGAIN_SECONDS = 5.0
_TIMES = 2
"""A kernel may take turns between its connections: it may come to that of an earlier server, and
what waits there, only after the first question of this one."""


class KernelProbe:
    """Is told what the kernel says, and wakes those who wait for it to say something."""

    def __init__(self, kernel_id: KernelId, host: KernelHost) -> None:
        self._kernel_id = kernel_id
        self._host = host
        self._question = ""  # the id of the request that is yet to be answered
        self._news = asyncio.Event()

    def hear(self, message: Message) -> None:
        """Learn from what the kernel says; its channels keep their order."""
        if message.parent_id == self._question and execution_state(message) == "idle":
            self._question = ""
        self.wake()

    def process_ended(self) -> None:
        """All is over."""
        self._question = ""
        self.wake()

    def wake(self) -> None:
        """Something has changed that somebody may wait for."""
        self._news.set()

    async def ask_until(self, known: Callable[[], bool]) -> None:
        """Ask until that is known, or the kernel has answered."""
        for _ in range(_TIMES):
            self._question = "yet to be asked"
            while not self._is_answered(known):
                question = request("kernel_info_request", {})
                self._question = question.msg_id
                await self._host.send(self._kernel_id, Channel.SHELL, question)
                with suppress(TimeoutError):  # ask again
                    async with asyncio.timeout(_ASK_AGAIN_SECONDS):
                        await self._answer(known)

    async def _answer(self, known: Callable[[], bool]) -> None:
        while not self._is_answered(known):
            self._news.clear()
            await self._news.wait()

    def _is_answered(self, known: Callable[[], bool]) -> bool:
        return known() or not self._question
