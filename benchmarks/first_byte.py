"""How long after a running cell has printed something a client has it.

The cell prints what time it is, and the client, on the same machine, looks at the same clock.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

from benchmarks.bare_kernel import BareKernel, bare_kernel
from benchmarks.clients import Opened, Peer, running_both, sharing_a_kernel
from benchmarks.measure import Scale, interleaved
from benchmarks.messages import Execution
from benchmarks.processes import calm, kernel_state
from benchmarks.servers import BOTH
from benchmarks.table import FLOOR, OURS, Row

_PRINTS = 20
_CODE = f"""
import time
for _ in range({_PRINTS}):
    time.sleep(0.01)
    print(time.time_ns(), flush=True)
"""


async def measure(scale: Scale) -> list[Row]:
    """Milliseconds; of each round the median of its prints."""
    async with running_both(BOTH) as peers:
        sessions = {name: await _new_session(peers[name]) for name in peers}
        state = kernel_state(peers[OURS].server, sessions[OURS].kernel_id)
        with bare_kernel(state.kernel["connection"]) as kernel:
            delays: dict[str, Callable[[], Awaitable[float]]] = {
                name: partial(_delay, peers[name], sessions[name]) for name in peers
            }
            delays[FLOOR] = partial(_delay_of_bare, kernel)
            await interleaved(1, delays)  # warm up
            figures = await interleaved(max(scale.rounds // 3, scale.crowds), delays)
    return [Row("a running cell's print to its client", "wall, ms", figures)]


async def _new_session(peer: Peer) -> Opened:
    (session,) = await sharing_a_kernel(peer, range(1))
    await calm(peer.server, kernels=1)
    return session


class Delays:
    """How late each print was."""

    def __init__(self) -> None:
        self._ms: list[float] = []

    def heard(self, text: str) -> None:
        """Take what was printed, now that it is here."""
        now = time.time_ns()
        self._ms += [(now - int(line)) / 1e6 for line in text.split()]

    @property
    def median(self) -> float:
        """In milliseconds."""
        if len(self._ms) != _PRINTS:
            message = f"{len(self._ms)} prints of {_PRINTS} came"
            raise AssertionError(message)
        return statistics.median(self._ms)


async def _delay(peer: Peer, session: Opened) -> float:
    delays = Delays()
    await peer.client.hear(session, _CODE, delays.heard)
    return delays.median


async def _delay_of_bare(kernel: BareKernel) -> float:
    """A client that does nothing else, without an event loop."""
    delays = Delays()
    kernel.carry_out(Execution(_CODE, delays.heard))
    return delays.median
