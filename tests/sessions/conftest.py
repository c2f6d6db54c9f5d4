"""What tests of the domain are given besides."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from jupyter_sessions_server.app import Domain
from tests.fakes import FakeClock, FakeKernels
from tests.sessions.servers import Servers


@pytest.fixture
def new_server(
    tmp_path: Path, kernels: FakeKernels, clock: FakeClock
) -> Callable[..., AbstractAsyncContextManager[Domain]]:
    """Starts servers, one after the other; see Servers.start."""
    return Servers(tmp_path, kernels, clock).start
