"""Readiness: asks a process that was started until it has answered, and is heard."""

import asyncio

from jupyter_sessions_server.model import Channel, KernelId, Message
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.messages import UNTRACKED_TYPES

_ASK_AGAIN_SECONDS = 1.0
_ASK_AGAIN_SOON_SECONDS = 0.05


class Readiness:
    """What the present process of a kernel has shown of itself."""

    def __init__(self, kernel_id: KernelId, host: KernelHost) -> None:
        self._kernel_id = kernel_id
        self._host = host
        self._answered = asyncio.Event()  # a kernel_info_request, or has begun with other work
        self._heard = asyncio.Event()  # on iopub
        self.answered_ms = 0
        """When it answered first."""

    def begin_anew(self) -> None:
        """Forget what an earlier process has shown."""
        self._answered.clear()
        self._heard.clear()

    @property
    def reached(self) -> bool:
        """Whether it has answered, and is heard on iopub.

        Its answer may come before its iopub reaches us, so both are needed.
        """
        return self._answered.is_set() and self._heard.is_set()

    def note(self, message: Message) -> None:
        """Learn from what the process says.

        Work for a caller that came before our question, and may take long, is an answer as well.
        """
        if message.channel is Channel.IOPUB:
            self._heard.set()
            answers = bool(message.parent_type) and message.parent_type not in UNTRACKED_TYPES
        else:
            answers = message.msg_type == "kernel_info_reply"
        if answers and not self._answered.is_set():
            self.answered_ms = message.time_ms
            self._answered.set()

    async def ask(self) -> None:
        """Ask for its kernel_info until it is reached."""
        while not self.reached:
            question = request("kernel_info_request", {})
            await self._host.send(self._kernel_id, Channel.SHELL, question)
            if self._answered.is_set():
                missing, pause = self._heard, _ASK_AGAIN_SOON_SECONDS
            else:
                missing, pause = self._answered, _ASK_AGAIN_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await missing.wait()
            except TimeoutError:
                continue  # ask again
