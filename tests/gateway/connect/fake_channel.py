"""FakeChannel: what grpc.aio channels do, for the one call that a test is about."""

import asyncio


class FakeChannel:
    """All its RPCs do the same; `calls` are those that were made."""

    def __init__(self):
        self.calls = []
        self.answer = b""
        """Of a unary call; None: it never comes."""
        self.error = None
        """What a call ends with, after its messages."""
        self.messages = []
        """Of a stream: any iterable."""
        self.stays_open = False
        """Whether a stream goes on after them."""

    def unary_unary(self, path, **_):
        return lambda request, **options: self._called(FakeCall(self, path, request, options))

    def unary_stream(self, path, **_):
        return lambda request, **options: self._called(FakeCall(self, path, request, options))

    def _called(self, call):
        self.calls.append(call)
        return call

    @property
    def call(self):
        """The one call."""
        [call] = self.calls
        return call


class FakeCall:
    """A call, unary or not."""

    def __init__(self, channel, path, request, options):
        self._channel = channel
        self.path, self.request = path, request
        self.metadata, self.timeout = options["metadata"], options["timeout"]
        self.taken = 0
        """How many messages were asked for."""
        self.ended = asyncio.Event()
        """When it is cancelled, and when it is over."""

    def cancel(self):
        self.ended.set()
        return True

    def __await__(self):
        return self._answer().__await__()

    async def _answer(self):
        try:
            if self._channel.error is not None:
                raise self._channel.error
            while self._channel.answer is None:
                await asyncio.Event().wait()
            return self._channel.answer
        finally:
            self.ended.set()

    async def __aiter__(self):
        for message in self._channel.messages:
            self.taken += 1
            yield message
        if self._channel.error is not None:
            raise self._channel.error
        while self._channel.stays_open:
            await asyncio.Event().wait()
