"""How many files and sockets a server may have open."""

import resource
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from jupyter_sessions_server.descriptors import allow_many_descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
allow_many_descriptors()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@pytest.mark.parametrize(("soft", "hard"), [(256, 4096), (4096, 4096), (1024, HARD)])
def test_as_many_as_the_system_lets_it_have(soft, hard):
    """The usual limit of 1,024 is enough for a hundred kernels."""
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    assert told.split() == [str(most), str(hard)]
