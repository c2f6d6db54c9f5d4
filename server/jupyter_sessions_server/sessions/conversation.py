"""Conversation: requests to one kernel, and their replies in its journal."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from jupyter_sessions_server.errors import KernelDead, KernelNotFound
from jupyter_sessions_server.model import Channel, KernelId, Message, ProcessExited, Request
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.sessions.messages import main_shell_state, parse_json
from jupyter_sessions_server.sessions.questions import Content

_REPLY_CHANNELS = (Channel.SHELL, Channel.CONTROL)


class Conversation:
    """Waits for replies without end, unless the kernel dies: callers set the time.

    It is begun before anything is sent, so that no reply, and no end of the process, is missed.
    """

    def __init__(self, host: KernelHost, kernel_id: KernelId, from_seq: int) -> None:
        """`from_seq` is where replies may begin in the journal."""
        self._host = host
        self.kernel_id = kernel_id
        self._from_seq = from_seq

    async def send(self, channel: Channel, request: Request) -> None:
        """Send a request."""
        await self._host.send(self.kernel_id, channel, request)

    async def ask(self, channel: Channel, request: Request) -> Content:
        """Send a request, and wait for its reply."""
        await self.send(channel, request)
        return await self.reply(request)

    async def reply(self, request: Request) -> Content:
        """The content of the reply; raises KernelDead, KernelNotFound."""
        reply = await self.reply_unless(None, request)
        return {} if reply is None else reply

    async def reply_unless(self, state: str | None, request: Request) -> Content | None:
        """The same; None if the kernel tells first that another request has made it this."""
        async with aclosing(self._messages()) as messages:
            async for message in messages:
                if message.parent_id != request.msg_id:
                    if state is not None and main_shell_state(message) == state:
                        return None
                elif message.channel in _REPLY_CHANNELS:
                    return parse_json(message.content)
        raise KernelNotFound(self.kernel_id)  # its journal has ended: it is forgotten

    async def _messages(self) -> AsyncGenerator[Message, None]:
        async with aclosing(self._host.read(self.kernel_id, self._from_seq)) as journal:
            async for records in journal:
                for record in records:
                    if isinstance(record, ProcessExited):
                        raise KernelDead(self.kernel_id, record.exit.cause)
                    if isinstance(record, Message):
                        yield record
