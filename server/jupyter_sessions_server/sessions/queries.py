"""KernelQueries: asks kernels what editors and consoles want to know, and answers in time."""

import asyncio
from typing import TypeVar

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import KernelBusy, KernelDead
from jupyter_sessions_server.model import Channel, Kernel, KernelId, KernelState, Owner
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.conversation import Conversation
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.questions import Content, Question
from jupyter_sessions_server.sessions.subshells import Subshells

Answer = TypeVar("Answer")

_FAILED = ("error", "aborted", "abort")


class KernelQueries:
    """A question waits in the kernel behind the code that runs, unless a subshell can answer."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        kernel_manager: KernelManager,
        config: KernelConfig | None = None,
    ) -> None:
        self._host = host
        self._kernels = kernel_manager
        self._seconds = (config or KernelConfig()).query_seconds
        self._subshells = Subshells(tasks, kernel_manager)

    async def ask(
        self,
        owner: Owner,
        kernel_id: KernelId,
        question: Question[Answer],
        seconds: float | None = None,
    ) -> Answer:
        """What the kernel answers; a STARTING one is waited for.

        `seconds`: how long the caller waits, if that is less than the server lets a kernel take.
        Raises KernelNotFound, KernelDead, KernelBusy.
        """
        self._kernels.require_alive(owner, kernel_id)
        most = self._seconds if seconds is None else min(seconds, self._seconds)
        try:
            async with asyncio.timeout(most):
                with self._kernels.used(kernel_id):
                    kernel = await self._kernels.settled(owner, kernel_id)
                    reply = await self._reply(kernel, question)
        except TimeoutError as error:
            raise KernelBusy(kernel_id, most) from error
        return question.answer({} if reply.get("status") in _FAILED else reply)

    async def _reply(self, kernel: Kernel, question: Question[object]) -> Content:
        """The reply, from the first shell or from a subshell.

        A kernel may be busy and not known to be: then it tells so before it replies.
        """
        if kernel.exit is not None:  # it may be forgotten already
            raise KernelDead(kernel.kernel_id, kernel.exit.cause)
        conversation = self._conversation(kernel)
        message = request(question.msg_type, question.content())
        sent = kernel.state is not KernelState.BUSY
        if sent:
            await conversation.send(Channel.SHELL, message)
            reply = await conversation.reply_unless("busy", message)
            if reply is not None:
                return reply
        reply = await self._reply_of_subshell(kernel, conversation, question)
        if reply is not None:
            return reply
        if not sent:
            await conversation.send(Channel.SHELL, message)
        return await conversation.reply(message)

    def _conversation(self, kernel: Kernel) -> Conversation:
        from_seq = self._kernels.next_seq(kernel.kernel_id)
        return Conversation(self._host, kernel.kernel_id, from_seq)

    async def _reply_of_subshell(
        self, kernel: Kernel, conversation: Conversation, question: Question[object]
    ) -> Content | None:
        subshell_id = await self._subshells.find(kernel, conversation)
        if subshell_id is None:
            return None
        message = request(question.msg_type, question.content(), subshell_id=subshell_id)
        reply = await conversation.ask(Channel.SHELL, message)
        if reply.get("ename") == "UnknownSubshellError":  # somebody has deleted it
            self._subshells.forget(kernel.kernel_id)
            return None
        return reply
