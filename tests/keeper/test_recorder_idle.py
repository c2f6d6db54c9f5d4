"""What a recorder costs while its kernel does nothing: there is one for each such kernel."""

import psutil
import pytest

from tests.keeper.recorded_kernel import TINY, recorded
from tests.waiting import until

MEBIBYTE = 1024 * 1024


async def test_an_idle_recorder_takes_no_cpu() -> None:
    """It waits for what it records and for signals, and looks after nothing on its own."""
    with recorded(TINY) as kernel:
        kernel.ask("")
        await kernel.message("execute_reply")
        recorder = psutil.Process(kernel.process.pid)
        await until(lambda: recorder.status() == psutil.STATUS_SLEEPING)
        before = recorder.num_ctx_switches(), recorder.cpu_times()
        looks = iter(range(200))

        await until(lambda: next(looks, None) is None)

        assert (recorder.num_ctx_switches(), recorder.cpu_times()) == before


@pytest.mark.skipif(not psutil.LINUX, reason="what counts as a process's memory differs")
async def test_a_recorder_is_small() -> None:
    """It imports neither jupyter_client nor ipykernel; either alone would double it."""
    with recorded(TINY) as kernel:
        kernel.ask("")
        await kernel.message("execute_reply")

        memory = psutil.Process(kernel.process.pid).memory_full_info()

        assert memory.uss < 30 * MEBIBYTE
