"""A call: from a request to the service and back to an answer, unless the caller hangs up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from starlette.types import Receive

from jupyter_sessions_server.gateway.connect import errors
from jupyter_sessions_server.gateway.connect.body import read_body
from jupyter_sessions_server.gateway.connect.hang_up import EndedByHangUp
from jupyter_sessions_server.gateway.connect.protocol import Answer, Dialect, RequestHeaders
from jupyter_sessions_server.gateway.connect.rpcs import Rpc
from jupyter_sessions_server.gateway.service import authorized

_LASTS_AFTER_SECONDS: Final = 0.02
"""How long a unary call may take before it is looked whether its caller is still there."""


class Call:
    """One call of an RPC."""

    def __init__(
        self,
        rpc: Rpc,
        dialect: Dialect,
        headers: RequestHeaders,
        receive: Receive,
        token: str | None,
    ) -> None:
        self.rpc = rpc
        self._dialect = dialect
        self._headers = headers
        self._receive = receive
        self._metadata = authorized(token)

    async def run(self, answer: Answer, limit: int) -> None:
        """Read the request, call the service, answer; raises what the call fails with."""
        timeout = self._dialect.wire.timeout(self._headers)
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        if self.rpc.call is None:
            text = f"{self.rpc.name} takes a stream of requests: it is called by gRPC only"
            raise errors.unsupported(self.rpc.name, text)
        request = await self._request(deadline, limit)
        if deadline is not None:
            timeout = deadline - asyncio.get_running_loop().time()
            if timeout <= 0:  # a quick call could be over before anybody saw that it came too late
                raise errors.deadline_exceeded()
        call = self.rpc.call(request, metadata=self._metadata, timeout=timeout)
        answered = self._stream(call, answer) if self.rpc.streams else self._unary(call, answer)
        lasts_after_seconds = 0 if self.rpc.streams else _LASTS_AFTER_SECONDS
        async with EndedByHangUp(self._receive, after_seconds=lasts_after_seconds) as hang_up:
            await answered
        if not hang_up.happened:
            await answer.end()

    async def _request(self, deadline: float | None, limit: int) -> bytes:
        """The request, as the service takes it."""
        wire, codec = self._dialect.wire, self._dialect.codec
        most_bytes = wire.body_limit(limit)
        reading = read_body(self._receive, self._headers, most_bytes=most_bytes, limit=limit)
        body = await (reading if deadline is None else _until(deadline, reading))
        message = await wire.read(body, self._headers, limit)
        return await codec.read(self.rpc.request, message)

    async def _unary(self, call: Any, answer: Answer) -> None:
        message = await self._dialect.codec.write(self.rpc.response, await call)
        await answer.begin()
        await answer.message(message)

    async def _stream(self, call: Any, answer: Answer) -> None:
        """Each message is sent before the next is asked for: slow readers slow the service down."""
        try:
            await answer.begin()
            async for message in call:
                await answer.message(await self._dialect.codec.write(self.rpc.response, message))
                await asyncio.sleep(0)  # service and reader may both be quick; others go on, too
        finally:
            call.cancel()  # which has no effect if it has ended


async def _until(deadline: float, reading: Coroutine[None, None, bytes]) -> bytes:
    try:
        async with asyncio.timeout_at(deadline):
            return await reading
    except TimeoutError:
        raise errors.deadline_exceeded() from None
