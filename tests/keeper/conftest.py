"""What tests of the keeper are given."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.keeper.keeper_program import Keepers


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="jps-") as folder:
        yield Path(folder)


@pytest.fixture
async def keepers(run_dir: Path) -> AsyncIterator[Keepers]:
    """Starts keepers there; what they leave is ended with the test."""
    async with Keepers(run_dir) as programs:
        yield programs
