"""Which commands are an ipykernel's, and which interpreters are the same."""

import sys
from pathlib import Path

import pytest

from jupyter_sessions_server.journal.format import Limits
from jupyter_sessions_server.keeper import launcher
from jupyter_sessions_server.keeper.interpreters import (
    IpykernelCommand,
    find_interpreter,
    ipykernel_command,
    launcher_command,
    likeness,
)
from jupyter_sessions_server.keeper.launch import Launch

PLAIN = ("/env/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}")


def command(argv: tuple[str, ...] = PLAIN) -> IpykernelCommand:
    """The parts of an argv that is an ipykernel's."""
    found = ipykernel_command(argv)
    assert found is not None
    return found


def launch(tmp_path: Path, *argv: str) -> Launch:
    """A start of this command."""
    return Launch(
        kernel_id="k1",
        argv=argv,
        cwd="/",
        env={},
        warm=True,
        pool=0,
        nice=0,
        provisioner=None,
        folder=tmp_path / "start",
        journal=tmp_path / "journal",
        limits=Limits(1, 2, 3),
        resource_dir="/resources",
    )


@pytest.mark.parametrize(
    ("argv", "flags", "more"),
    [
        (PLAIN, (), ()),
        (("python3.11", "-Xfrozen_modules=off", *PLAIN[1:]), ("-Xfrozen_modules=off",), ()),
        (("python", "-X", "dev", "-W", "error", *PLAIN[1:]), ("-X", "dev", "-W", "error"), ()),
        (("python", "-I", "-B", "-Werror", *PLAIN[1:]), ("-I", "-B", "-Werror"), ()),
        ((*PLAIN, "--no-stderr", "{resource_dir}"), (), ("--no-stderr", "{resource_dir}")),
        (("python", "-m", "ipykernel", *PLAIN[3:]), (), ()),
    ],
)
def test_an_ipykernels_command_is_recognised(
    argv: tuple[str, ...], flags: tuple[str, ...], more: tuple[str, ...]
) -> None:
    """Whatever flags and arguments a kernelspec gives it."""
    assert (command(argv).flags, command(argv).more) == (flags, more)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("python",),
        ("python", "-m"),
        ("python", "-m", "bash_kernel", "-f", "{connection_file}"),
        ("python", "-c", "import x", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        ("python", "kernel.py", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        ("python", "-m", "ipykernel_launcher", "--f={connection_file}"),
        ("python", "-m", "ipykernel_launcher"),
        ("conda", "run", "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        ("docker", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
    ],
)
def test_other_commands_are_not(argv: tuple[str, ...]) -> None:
    """They are started as they are, and recorded."""
    assert ipykernel_command(argv) is None


def test_the_launcher_takes_the_place_of_the_module(tmp_path: Path) -> None:
    """In the same interpreter, with the same flags and arguments."""
    started = launch(tmp_path, "python", "-B", *PLAIN[1:], "--config={resource_dir}/x")

    assert launcher_command(started) == [
        "python",
        "-B",
        launcher.__file__,
        f'{{"module": "ipykernel_launcher", "journal": "{tmp_path}/journal", "limits": [1, 2, 3]}}',
        "-f",
        f"{tmp_path}/start/connection.json",
        "--config=/resources/x",
    ]


def test_the_launcher_starts_nothing_else(tmp_path: Path) -> None:
    """Then a recorder is needed."""
    assert launcher_command(launch(tmp_path, "R", "{connection_file}")) is None


@pytest.mark.parametrize(
    "name", ["PYTHONPATH", "LD_PRELOAD", "OMP_NUM_THREADS", "LC_ALL", "TZ", "MALLOC_ARENA_MAX"]
)
def test_a_variable_that_is_read_at_the_start_makes_another_interpreter(name: str) -> None:
    """It cannot be changed any more in one that runs."""
    plain = find_interpreter(command(), {"PATH": "/bin"})

    assert find_interpreter(command(), {"PATH": "/bin", name: "1"}).key != plain.key


def test_other_variables_do_not(tmp_path: Path) -> None:
    """Each session has its own."""
    keys = {find_interpreter(command(), {"SESSION": each}).key for each in ("a", "b")}

    assert len(keys) == 1


def test_flags_make_another_interpreter() -> None:
    """They too are read at the start."""
    optimised = command(("/env/bin/python", "-O", *PLAIN[1:]))

    assert find_interpreter(optimised, {}).key != find_interpreter(command(), {}).key


def test_an_interpreter_is_looked_for_where_the_kernel_would_find_it(tmp_path: Path) -> None:
    """On the launch's path, not on the keeper's."""
    (tmp_path / "python").symlink_to(sys.executable)

    found = find_interpreter(command(("python", *PLAIN[1:])), {"PATH": str(tmp_path)})

    assert found.python == str(tmp_path / "python")


def test_frozen_modules_are_switched_off_unless_the_kernelspec_says_otherwise() -> None:
    """A debugger cannot see into them."""
    as_it_is = command(("/env/bin/python", "-Xfrozen_modules=on", *PLAIN[1:]))

    commands = [find_interpreter(each, {}).command for each in (command(), as_it_is)]

    assert commands == [
        ["/env/bin/python", "-Xfrozen_modules=off"],
        ["/env/bin/python", "-Xfrozen_modules=on"],
    ]


@pytest.mark.parametrize("name", ["IPYTHONDIR", "JUPYTER_CONFIG_DIR", "XDG_DATA_HOME", "USER"])
def test_kernels_that_read_other_variables_before_they_are_parked_are_not_alike(name: str) -> None:
    """One cannot stand in for the other."""
    assert likeness(command(), {name: "a"}) != likeness(command(), {name: "b"})


def test_kernels_with_other_arguments_are_not_alike() -> None:
    """They were read when the kernel was made."""
    quiet = command((*PLAIN, "--quiet"))

    assert likeness(quiet, {}) != likeness(command(), {})


@pytest.mark.parametrize(
    "argv", [(*PLAIN, "{resource_dir}"), ("python", "-m", "ipykernel", *PLAIN[3:])]
)
def test_a_kernel_that_depends_on_its_folders_is_not_parked(argv: tuple[str, ...]) -> None:
    """Of `-m ipykernel` the working folder is in sys.path."""
    assert not command(argv).can_be_parked
    assert command().can_be_parked
