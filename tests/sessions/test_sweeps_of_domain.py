"""What the server does from time to time, without being asked."""

from dataclasses import replace

import pytest

from jupyter_sessions_server.config import KernelConfig, KernelPolicy
from jupyter_sessions_server.model import Owner
from tests.waiting import until

ME = Owner("me")


@pytest.fixture
def config(config):
    """All that is done from time to time is done all the time."""
    kernels = KernelConfig(
        policy=KernelPolicy(idle_cull_seconds=3600),
        cull_interval_seconds=0.001,
        usage_interval_seconds=0.001,
    )
    return replace(config, kernels=kernels)


async def test_kernels_are_culled(kernel_manager, kernels, clock):
    """The setting alone is enough."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, "k1")

    clock.go_on(3600)

    await until(lambda: not kernels.alive)


async def test_kernels_are_measured(kernel_manager, kernels):
    """By default, too: it is shown with each kernel."""
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)

    await until(lambda: kernel_manager.kernel("k1").usage is not None)
