"""The package: what it exports, and that importing it is cheap."""

import subprocess
import sys

import pytest

import jupyter_sessions


def test_each_exported_name_is_there():
    """They are loaded when they are first used."""
    for name in jupyter_sessions.__all__:
        assert getattr(jupyter_sessions, name) is not None


def test_completion_shows_what_is_exported():
    """Names that were not loaded yet included."""
    assert dir(jupyter_sessions) == sorted(jupyter_sessions.__all__)


def test_a_name_that_is_missing_is_an_attribute_error():
    """As for any other module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        jupyter_sessions.nonsense  # noqa: B018


@pytest.mark.parametrize("module", ["jupyter_sessions", "jupyter_sessions.errors"])
def test_importing_loads_no_grpc(module):
    """Programs that may need the client pay for it when they do."""
    code = f"import sys, {module}; sys.exit('grpc' in sys.modules or 'google' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
