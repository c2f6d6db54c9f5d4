"""Fixtures: a gateway with real kernels, and the clients of others that are tested with it."""

from collections.abc import Iterator

import pytest

from tests.e2e.gateway import node_programs
from tests.e2e.gateway.peers import Gateway, new_gateway
from tests.installed import require_node_packages


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """A gateway that the tests of a file share."""
    with new_gateway() as opened:
        yield opened


@pytest.fixture(scope="session")
def node() -> None:
    """Node, with the packages that its programs need."""
    require_node_packages(node_programs.FOLDER)
