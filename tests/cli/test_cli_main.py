"""The command line as a whole: help, versions, servers, tokens, pipes."""

import subprocess
import sys
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from jupyter_sessions.cli import main


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
        ["run", "a.ipynb", "--timeout", "0"],
        ["run", "a.ipynb", "--output", "b.ipynb", "--inplace"],
        ["run", "a.ipynb", "-p", "name"],
    ],
)
def test_what_cannot_be_understood_is_2(argv, capsys):
    """As argparse has it, with the usage."""
    with pytest.raises(SystemExit, match="2"):
        main(argv)

    assert "usage: jupyter-sessions" in capsys.readouterr().err


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


async def test_a_closed_pipe_ends_the_command_in_silence(start, fake):
    """`ls | head` is no error."""
    fake.add_session("x" * 1_000_000)
    command = await start("ls")

    command.stdout._transport.close()

    assert await command.stderr.read() == b""
    assert await command.wait() == 141
