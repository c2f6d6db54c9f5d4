"""The command line as a whole: help, versions, servers, tokens, pipes."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_sessions.cli import main
from jupyter_sessions.requests import LONGEST_TIMEOUT
from jupyter_sessions_server.rpc import check


@pytest.mark.parametrize(
    "argv", [["--help"], ["exec", "--help"], ["ls", "--help"], ["run", "--help"]]
)
def test_help_loads_no_grpc(argv):
    """It has to answer in a moment; gRPC alone takes longer to load."""
    code = (
        "import atexit, sys; from jupyter_sessions.cli import main\n"
        "slow = {'grpc', 'google', 'nbformat'}\n"
        "atexit.register(lambda: print('LOADED', bool(slow & set(sys.modules))))"
        f"\nmain({argv})"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "usage: jupyter-sessions" in done.stdout
    assert "LOADED False" in done.stdout


def test_the_version_is_the_packages(capsys):
    """One fact, one place: pyproject.toml."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert capsys.readouterr().out == f"jupyter-sessions {version('jupyter-sessions')}\n"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["new", "a.ipynb", "--env", "A"],
        ["ls", "--state", "tired"],
        ["run"],
        ["run", "a.ipynb", "--output", "b.ipynb", "--inplace"],
        ["run", "a.ipynb", "-p", "name"],
    ],
)
def test_what_cannot_be_understood_is_2(argv, capsys):
    """As argparse has it, with the usage."""
    with pytest.raises(SystemExit, match="2"):
        main(argv)

    assert "usage: jupyter-sessions" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "0.0001", "-1", "nan", "inf", "1e300", "31622401", "soon"])
def test_a_timeout_that_cannot_be_is_told_with_its_bounds(text, capsys):
    """Before anything is run."""
    with pytest.raises(SystemExit, match="2"):
        main(["run", "a.ipynb", f"--timeout={text}"])

    assert capsys.readouterr().err.endswith(
        f"argument --timeout: {text!r} is not a number of seconds from 0.001 to 31622400\n"
    )


def test_the_longest_timeout_is_the_servers():
    """One fact: the server refuses longer ones."""
    assert LONGEST_TIMEOUT * 1000 == check.MAX_TIMEOUT_MS


def test_serve_passes_on_its_arguments(monkeypatch):
    """They are the server's own, --help included."""
    server = SimpleNamespace(main=lambda argv: len(argv))
    monkeypatch.setitem(sys.modules, "jupyter_sessions_server.__main__", server)

    assert main(["serve", "--help", "--grpc-port", "0"]) == 3


def test_serve_without_the_server_says_what_to_install(monkeypatch, capsys):
    """The client alone is a small package."""
    monkeypatch.setitem(sys.modules, "jupyter_sessions_server", None)

    assert main(["serve"]) == 2
    assert "pip install 'jupyter-sessions[server]'" in capsys.readouterr().err


async def test_without_a_server_the_message_says_how_to_start_one(run):
    """It is the first thing a new user meets."""
    code, out, err = await run("ls")

    assert (code, out) == (2, "")
    assert err.startswith("jupyter-sessions: no server runs here")
    assert err.endswith("; start one: jupyter sessions serve\n")
    assert err.count("\n") == 1


async def test_the_token_comes_from_a_file(run, fake, tmp_path):
    """What stands in a process list is no secret."""
    (tmp_path / "token").write_text("secret\n")

    await run("--target", fake.target, "--token-file", str(tmp_path / "token"), "ls")

    assert fake.tokens == ["Bearer secret"]


async def test_the_token_comes_from_the_environment_or_the_command_line(run, fake, monkeypatch):
    """The latter for convenience; it wins."""
    monkeypatch.setenv("JUPYTER_SESSIONS_TOKEN", "secret")

    await run("ls")
    await run("--token", "other", "ls")

    assert fake.tokens == ["Bearer secret", "Bearer other"]


async def test_a_file_that_is_missing_is_named(run, fake):
    """In one line, as all failures are."""
    code, _out, err = await run("--token-file", "/nowhere/token", "ls")

    assert code == 2
    assert "'/nowhere/token'" in err
    assert "Traceback" not in err


async def test_what_a_terminal_cannot_show_is_replaced(start, fake, monkeypatch):
    """Better a table with a "?" in it than none."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    fake.add_session("Größe.ipynb")
    command = await start("show", "Größe.ipynb")

    out, err = await command.communicate()

    assert (command.returncode, err) == (0, b"")
    assert out.startswith(b"path:          Gr??e.ipynb\n")


async def test_a_closed_standard_output_is_told(start, fake):
    """Before the command does anything."""
    command = await start("new", "a.ipynb", within='exec "$@" >&-')

    _out, err = await command.communicate()

    assert (command.returncode, err) == (2, b"jupyter-sessions: standard output is closed\n")
    assert fake.sessions == {}


async def test_a_closed_standard_error_changes_nothing_else(start):
    """Failures have their exit code, and are not written where answers are."""
    command = await start("show", "a.ipynb", within='exec "$@" 2>&-')

    out, _err = await command.communicate()

    assert (command.returncode, out) == (2, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
async def test_a_full_disk_is_told(start, fake):
    """Whoever reads the file would take it for whole."""
    command = await start("ls", within='exec "$@" >/dev/full')

    _out, err = await command.communicate()

    assert command.returncode == 2
    assert err == b"jupyter-sessions: [Errno 28] No space left on device\n"


async def test_a_closed_pipe_ends_the_command_in_silence(start, fake):
    """`ls | head` is no error."""
    fake.add_session("x" * 1_000_000)
    command = await start("ls")

    command.stdout._transport.close()

    assert await command.stderr.read() == b""
    assert await command.wait() == 141
