"""KernelCuller: ends kernels that nobody uses, and those whose time is over."""

import asyncio
import enum
import logging

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.model import ExitCause, Kernel, KernelState
from jupyter_sessions_server.ports import Clock
from jupyter_sessions_server.sessions.kernel_manager import KernelManager
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor

log = logging.getLogger(__name__)


class CullReason(enum.Enum):
    """Why a kernel is culled."""

    IDLE = "IDLE"
    TTL = "TTL"


class KernelCuller:
    """Looks at all kernels now and then.

    Times are those of a clock that nobody sets: a jump of the date ends no kernel.
    """

    def __init__(
        self, *, kernel_manager: KernelManager, clock: Clock, config: KernelConfig
    ) -> None:
        self._kernels = kernel_manager
        self._clock = clock
        self._config = config

    async def run(self) -> None:
        """Cull for ever, or not at all if no policy asks for it."""
        if not any(policy.culls for policy in self._config.all_policies):
            return
        while True:
            await asyncio.sleep(self._config.cull_interval_seconds)
            await self.cull()

    async def cull(self) -> None:
        """End the kernels that are to be ended now, side by side; returns when they have."""
        async with asyncio.TaskGroup() as tasks:
            for supervisor in self._kernels.supervisors():
                if self._reason(supervisor) is not None:
                    tasks.create_task(self._end(supervisor))

    async def _end(self, supervisor: KernelSupervisor) -> None:
        reason, kernel = self._reason(supervisor), supervisor.kernel
        age = self._clock.monotonic() - supervisor.started_at

        def still_due() -> bool:  # it may have been used or restarted before its turn came
            return self._reason(supervisor) is not None

        try:
            culled = await self._kernels.end_if(supervisor, ExitCause.CULLED, still_due)
        except Exception:
            log.exception("kernel not culled", extra={"kernel_id": kernel.kernel_id})
            return
        if culled and reason is not None:
            facts = {"kernel_id": kernel.kernel_id, "reason": reason.value, "age": round(age)}
            log.info("kernel culled %(kernel_id)s %(reason)s age %(age)s s", facts, extra=facts)

    def _reason(self, supervisor: KernelSupervisor) -> CullReason | None:
        """Why it is to be ended, or None."""
        kernel, now = supervisor.kernel, self._clock.monotonic()
        policy = self._config.policy_for(kernel.kernel_name)
        if not kernel.alive:
            return None
        if 0 < policy.ttl_seconds <= now - supervisor.started_at:
            return CullReason.TTL
        quiet = 0 < policy.idle_cull_seconds <= now - supervisor.active_at
        return CullReason.IDLE if quiet and self._may_cull(kernel) else None

    def _may_cull(self, kernel: Kernel) -> bool:
        """Whether a kernel that has done nothing for long may be ended for that."""
        policy = self._config.policy_for(kernel.kernel_name)
        if not policy.cull_connected and self._kernels.users(kernel.kernel_id) > 0:
            return False
        if kernel.state is KernelState.BUSY:
            return policy.cull_busy
        return kernel.state is KernelState.IDLE
