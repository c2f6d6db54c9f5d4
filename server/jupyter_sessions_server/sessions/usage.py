"""UsageSweep: what kernels take of the machine, and the end of those that take too much."""

import asyncio
import logging

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.model import ExitCause, KernelUsage
from jupyter_sessions_server.ports import KernelHost
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor

log = logging.getLogger(__name__)

LIMIT_INTERVAL_SECONDS = 1.0
"""How often kernels with a memory limit are measured."""


class UsageSweep:
    """Measures all kernels together.

    A memory limit is held by looking, not by the system's own (RLIMIT_AS): that one counts
    addresses, of which programs take far more than memory, and makes allocations fail inside C
    code, which crashes and tells no cause.
    """

    def __init__(
        self, *, kernel_manager: KernelManager, host: KernelHost, config: KernelConfig
    ) -> None:
        self._kernels = kernel_manager
        self._host = host
        self._config = config

    async def run(self) -> None:
        """Measure for ever: seldom, or each second while a kernel with a memory limit lives."""
        limited = any(policy.memory_limit_bytes for policy in self._config.all_policies)
        every = self._config.usage_interval_seconds
        tick = min(every, LIMIT_INTERVAL_SECONDS) if limited else every
        since_last = 0.0
        while True:
            await asyncio.sleep(tick)
            since_last += tick
            if since_last >= every or self._limited_lives():
                since_last = 0.0
                await self.sweep()

    def _limited_lives(self) -> bool:
        return any(each.kernel.alive and self._limit(each) for each in self._kernels.supervisors())

    def _limit(self, supervisor: KernelSupervisor) -> int:
        return self._config.policy_for(supervisor.record.kernel_name).memory_limit_bytes

    async def sweep(self) -> None:
        """Measure the kernels that live, and end those that are over their limit."""
        measured = {each: each.process for each in self._kernels.supervisors() if each.kernel.alive}
        if not measured:
            return
        try:
            usages = await self._host.usage()
        except Exception:
            log.exception("kernels not measured")
            return
        async with asyncio.TaskGroup() as tasks:
            for supervisor, process in measured.items():
                usage = usages.get(supervisor.record.kernel_id)
                if usage is not None and supervisor.process == process:
                    supervisor.set_usage(usage)
                    if 0 < self._limit(supervisor) < usage.memory_bytes:
                        tasks.create_task(self._end(supervisor, process, usage))

    async def _end(self, supervisor: KernelSupervisor, process: int, usage: KernelUsage) -> None:
        facts = {
            "kernel_id": supervisor.record.kernel_id,
            "memory_bytes": usage.memory_bytes,
            "limit": self._limit(supervisor),
        }
        log.warning(
            "kernel over its memory limit %(kernel_id)s %(memory_bytes)s of %(limit)s bytes",
            facts,
            extra=facts,
        )
        try:
            await supervisor.kill(process, ExitCause.OUT_OF_MEMORY)
        except Exception:
            log.exception("kernel not ended", extra={"kernel_id": supervisor.record.kernel_id})
