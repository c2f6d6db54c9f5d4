"""Connection: one front end on one kernel's channels: a half that listens, and one that speaks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Sequence
from contextlib import aclosing

from jupyter_sessions_server.errors import KernelNotFound
from jupyter_sessions_server.model import (
    Gap,
    JournalRecord,
    Message,
    ProcessExited,
    ProcessStarted,
)
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.sessions.channel_clients import Ear
from jupyter_sessions_server.sessions.channel_events import (
    Changed,
    ChannelEvent,
    Heard,
    Missed,
    Opened,
    Opening,
    ToKernel,
)
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor
from jupyter_sessions_server.work import Work

Journal = AsyncGenerator[Sequence[JournalRecord], None]


class Connection:
    """Both halves run side by side; what the listening one has heard waits until it is taken.

    So nothing is read ahead of a slow front end, and what it sends does not wait for what it reads.
    """

    def __init__(
        self,
        host: KernelHost,
        supervisor: KernelSupervisor,
        opening: Opening,
        *,
        quiet_seconds: float,
    ) -> None:
        """After `quiet_seconds` of silence the front end is told its place."""
        self._host = host
        self._supervisor = supervisor
        self._kernel_id = supervisor.record.kernel_id
        self._opening = opening
        self._quiet_seconds = quiet_seconds
        self._next_seq = self._first_seq()
        self._heard: ChannelEvent | None = None
        self._taken = asyncio.Event()
        self._news = asyncio.Event()  # something was heard, or a half or the whole has ended
        self._halves: Sequence[Work[None]] = ()
        self._hung_up = False

    def _first_seq(self) -> int:
        """Where to begin: not beyond the journal's end, or what comes would not be heard."""
        end = self._host.next_seq(self._kernel_id)
        if self._opening.from_seq is None:
            return self._supervisor.next_seq or end
        return max(1, min(self._opening.from_seq, end))

    def hang_up(self) -> None:
        """End it well; from now on nothing is sent to the kernel."""
        self._hung_up = True
        self._news.set()
        for half in self._halves:
            half.task.cancel()

    async def events(
        self, tasks: asyncio.TaskGroup, ear: Ear, sent: AsyncIterable[ToKernel]
    ) -> AsyncGenerator[ChannelEvent, None]:
        """What the front end is told; raises what made one of the halves fail."""
        journal = self._host.read(self._kernel_id, self._next_seq)
        self._halves = [
            Work(tasks, self._listen(journal, ear)),
            Work(tasks, self._speak(sent, ear)),
        ]
        try:
            for half in self._halves:
                half.outcome.add_done_callback(lambda _: self._news.set())
            yield Opened(self._supervisor.kernel, self._opening.client_id, self._next_seq)
            async for event in self._until_the_end():
                yield event
        finally:
            for half in self._halves:
                half.task.cancel()
            await asyncio.wait([half.task for half in self._halves])

    async def _until_the_end(self) -> AsyncGenerator[ChannelEvent, None]:
        quiet_at = self._now() + self._quiet_seconds
        while True:
            event = await self._next_event(quiet_at)
            if self._hung_up:
                return
            for half in self._halves:
                if half.outcome.done():
                    half.outcome.result()
            if event is None:
                continue
            self._next_seq = event.next_seq
            if not isinstance(event, Heard) or event.messages or self._now() >= quiet_at:
                yield event
                quiet_at = self._now() + self._quiet_seconds

    async def _next_event(self, quiet_at: float) -> ChannelEvent | None:
        """What was heard; its place if it was quiet until then; None if there is other news."""
        try:
            async with asyncio.timeout_at(quiet_at):
                await self._news.wait()
        except TimeoutError:
            return Heard((), self._next_seq)
        self._news.clear()
        event, self._heard = self._heard, None
        self._taken.set()
        return event

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _listen(self, journal: Journal, ear: Ear) -> None:
        async with aclosing(journal):
            async for records in journal:
                for event in self._parts(records, ear):
                    if isinstance(event, ProcessStarted | ProcessExited):
                        await self._supervisor.applied(event.seq)
                        end = event.exit if isinstance(event, ProcessExited) else None
                        await self._tell(Changed(self._supervisor.kernel, event.seq + 1, end))
                    else:
                        await self._tell(event)
        raise KernelNotFound(self._kernel_id)  # it is forgotten, and its journal has ended

    async def _tell(self, event: ChannelEvent) -> None:
        """Return when it was taken."""
        self._heard = event
        self._taken.clear()
        self._news.set()
        await self._taken.wait()

    def _parts(
        self, records: Sequence[JournalRecord], ear: Ear
    ) -> Iterator[Heard | Missed | ProcessStarted | ProcessExited]:
        """What is there at once, in order; also where it ends, if the last part is not heard."""
        messages: list[Message] = []
        next_seq = 0
        for record in records:
            if isinstance(record, Message):
                if self._is_wanted(record) and ear.hears(record):
                    messages.append(record)
            else:
                if messages:
                    yield Heard(messages, next_seq)
                    messages = []
                yield Missed(record, record.seq + 1) if isinstance(record, Gap) else record
            next_seq = record.seq + 1
        if isinstance(records[-1], Message):
            yield Heard(messages, next_seq)

    def _is_wanted(self, message: Message) -> bool:
        channels = self._opening.channels
        return not channels or message.channel in channels

    async def _speak(self, sent: AsyncIterable[ToKernel], ear: Ear) -> None:
        """Hand on what comes, one after the other.

        A kernel that starts, or is too busy to take more, lets all of it wait: in the network.
        """
        async for message in sent:
            await self._supervisor.settled()
            self._supervisor.require_alive()
            ear.expect(message.session)
            await self._host.pass_on(self._kernel_id, message.channel, message.request)
