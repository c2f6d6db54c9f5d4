"""Requests: carries out what servers ask for; one connection's do not wait for each other."""

import os
from collections.abc import Awaitable, Callable, Mapping
from importlib import metadata
from typing import Any

from jupyter_sessions_server.keeper.fields import Fields
from jupyter_sessions_server.keeper.kernels import Kernels
from jupyter_sessions_server.keeper.lifetime import Lifetime
from jupyter_sessions_server.keeper.protocol import (
    VERSION,
    ErrorCode,
    Hello,
    Op,
    RequestRefused,
)

SHUTDOWN_GRACE_SECONDS = 5.0

Result = Mapping[str, Any]


class Requests:
    """All that a keeper can be asked."""

    def __init__(self, kernels: Kernels, lifetime: Lifetime) -> None:
        self._kernels = kernels
        self._lifetime = lifetime
        self._version = metadata.version("jupyter-sessions")
        self._ops: Mapping[str, Callable[[Fields], Awaitable[Result]]] = {
            Op.HELLO: self._hello,
            Op.START: self._start,
            Op.PREPARE: self._prepare,
            Op.SIGNAL: self._signal,
            Op.STOP: self._stop,
            Op.LIST: self._list,
            Op.FORGET: self._forget,
            Op.SHUTDOWN: self._shutdown,
        }

    async def carry_out(self, op: object, request: Fields) -> Result:
        """Do it; raises RequestRefused."""
        if not isinstance(op, str) or op not in self._ops:
            known = ", ".join(self._ops)
            raise RequestRefused(ErrorCode.UNKNOWN_OP, f"op {op!r} is none of {known}")
        return await self._ops[op](request)

    async def _hello(self, request: Fields) -> Result:
        """Take a server's settings; its version is for the server to compare."""
        request.whole("version")
        settings = request.object("settings")
        lifetime = self._lifetime
        limits = settings.limits(self._kernels.limits)
        ttl = settings.seconds("orphan_ttl_seconds", lifetime.orphan_ttl_seconds)
        linger = settings.seconds("linger_seconds", lifetime.linger_seconds)
        self._kernels.limits = limits
        lifetime.orphan_ttl_seconds, lifetime.linger_seconds = ttl, linger
        return Hello(
            version=VERSION, ops=list(self._ops), pid=os.getpid(), software_version=self._version
        )

    async def _start(self, request: Fields) -> Result:
        return await self._kernels.start(request)

    async def _prepare(self, request: Fields) -> Result:
        self._kernels.prepare(request)
        return {}

    async def _signal(self, request: Fields) -> Result:
        self._kernels.signal(request.kernel_id(), request.signal())
        return {}

    async def _stop(self, request: Fields) -> Result:
        grace = request.seconds("grace_seconds", 0)
        await self._kernels.stop(request.kernel_id(), request.cause(), grace)
        return {}

    async def _list(self, _: Fields) -> Result:
        return {"kernels": self._kernels.running()}

    async def _forget(self, request: Fields) -> Result:
        await self._kernels.forget(request.kernel_id())
        return {}

    async def _shutdown(self, request: Fields) -> Result:
        await self._kernels.shut_down(request.seconds("grace_seconds", SHUTDOWN_GRACE_SECONDS))
        return {}
