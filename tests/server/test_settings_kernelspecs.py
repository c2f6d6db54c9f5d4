"""Settings of single kernelspecs: tables of the configuration file."""

import pytest

from jupyter_sessions_server.config import KernelPolicy
from jupyter_sessions_server.settings import SettingsError, read


@pytest.fixture
def kernels_of(tmp_path):
    """What is made of a configuration file, as far as kernels go."""

    def kernels_of(text, *argv):
        file = tmp_path / "config.toml"
        file.write_text(text)
        return read(["--config", str(file), *argv], {}).config.kernels

    return kernels_of


def test_a_kernelspec_may_have_limits_of_its_own(kernels_of):
    """One language needs more memory, or is slower to start again, than the others."""
    kernels = kernels_of(
        "[kernelspec.ir]\n"
        "cull_idle_timeout = 5\ncull_connected = true\ncull_busy = true\nkernel_ttl_seconds = 6\n"
        "restart_limit = 7\nkernel_memory_limit = 8\nkernel_nice = 9\nwarm_kernels = 10\n"
        "warm_start = false\n"
    )

    assert kernels.policy_for("ir") == KernelPolicy(5, True, True, 6, 7, 8, 9, 10, False)
    assert kernels.policy_for("python3") == KernelPolicy()


def test_what_a_kernelspec_does_not_say_is_as_for_all(kernels_of):
    """Also where a flag says it."""
    kernels = kernels_of("restart_limit = 2\n[kernelspec.ir]\nkernel_nice = 3", "--cull-busy")

    assert kernels.policy_for("ir") == KernelPolicy(restart_limit=2, nice=3, cull_busy=True)


def test_a_kernelspec_comes_before_all_that_is_said_of_all(kernels_of):
    """The exception would not be one if the rule were stronger."""
    kernels = kernels_of("[kernelspec.ir]\ncull_idle_timeout = 0", "--cull-idle-timeout", "9")

    assert kernels.policy_for("ir").idle_cull_seconds == 0
    assert kernels.policy_for("python3").idle_cull_seconds == 9


def test_a_name_with_a_dot_is_quoted(kernels_of):
    """As TOML has it."""
    kernels = kernels_of('[kernelspec."python3.13"]\nwarm_kernels = 4')

    assert kernels.policy_for("python3.13").warm_kernels == 4


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[kernelspec.ir]\nstrange = 1", "kernelspec.ir.strange"),
        ("[kernelspec.ir]\nkernel_limit = 1", "kernelspec.ir.kernel_limit"),
        ("[kernelspec.ir]\ncull_busy = 1", "kernelspec.ir.cull_busy"),
        ('[kernelspec.ir]\nkernel_nice = "5"', "kernelspec.ir.kernel_nice"),
        ("[kernelspec.ir]\nkernel_nice = 1.5", "kernelspec.ir.kernel_nice"),
        ("[kernelspec.ir]\nkernel_nice = -5", "kernelspec.ir.kernel_nice"),
        ("[kernelspec.ir]\nkernel_ttl_seconds = nan", "kernelspec.ir.kernel_ttl_seconds"),
        ("[kernelspec.python3.13]\nwarm_kernels = 4", "kernelspec.python3.13"),
        ("[kernelspec]\nir = 5", "kernelspec.ir"),
        ("kernelspec = 5", "kernelspec"),
        ("kernelspec = []", "kernelspec"),
    ],
)
def test_what_is_wrong_with_a_kernelspec_is_refused_by_name(kernels_of, text, named):
    """Of many tables, one sees which line to mend."""
    with pytest.raises(SettingsError) as raised:
        kernels_of(text)

    assert named in str(raised.value)
