"""What the README promises a newcomer: two commands, and code has run."""

import subprocess
import sys
from pathlib import Path

import pytest

import jupyter_sessions
from tests.e2e.processes import wait_until
from tests.e2e.server_process import BIN, new_server

pytestmark = pytest.mark.e2e

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def home_server():
    """A server in a fresh home, started by the command of the README, without any variable set."""
    with new_server() as server:
        for name in [name for name in server.environment if name.startswith(("JUPYTER", "IPY"))]:
            del server.environment[name]
        data = "Library/Jupyter" if sys.platform == "darwin" else ".local/share/jupyter"
        server.runtime_dir = Path(server.environment["HOME"]) / data / "runtime"
        server.command = [str(BIN / "jupyter"), "sessions", "serve"]
        server.flags = ["--grpc-port", "0", "--http-port", "0"]
        yield server.start()


@pytest.fixture
def shell(home_server):
    """Runs a shell command in that home; returns what it wrote, and its exit code."""

    def run(command, stdin=""):
        return subprocess.run(  # noqa: S602 - a user's shell is what is tested
            command,
            shell=True,
            env=home_server.environment,
            cwd=home_server.root_dir,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=20,
        )

    return run


def test_two_commands_after_the_start_code_has_run(shell):
    """I follow the README, and see 42."""
    ran = shell("jupyter sessions new demo.ipynb && jupyter sessions exec demo.ipynb 'print(6*7)'")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("demo.ipynb: python3, idle, session ")
    assert ran.stdout.splitlines()[1:] == ["42"]


def test_a_session_is_listed_renamed_restarted_and_removed_by_commands(shell):
    """I look after my sessions without writing a program."""
    shell("jupyter sessions new my/a.ipynb && jupyter sessions exec my/a.ipynb x=1")

    renamed = shell("jupyter sessions rename my/a.ipynb my/b.ipynb")
    restarted = shell("jupyter sessions restart my/b.ipynb")
    listed = shell("jupyter sessions ls --path-prefix my/")
    lost = shell("jupyter sessions exec my/b.ipynb x")
    removed = shell("jupyter sessions rm my/b.ipynb")

    assert [renamed.returncode, restarted.returncode, removed.returncode] == [0, 0, 0]
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["PATH", "my/b.ipynb"]
    assert "NameError" in lost.stderr
    assert len(shell("jupyter sessions ls --path-prefix my/").stdout.splitlines()) == 1


def test_the_interrupt_command_stops_what_another_command_runs(home_server, shell):
    """My cell never ends; I stop it from another terminal and keep its variables."""
    shell("jupyter sessions new loop.ipynb")
    loop = "x = 1; open('began', 'w').close()\nwhile True: pass"
    command = [BIN / "jupyter", "sessions", "exec", "loop.ipynb", loop]
    place = {"env": home_server.environment, "cwd": home_server.root_dir}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **place) as running:
        wait_until((home_server.root_dir / "began").exists, "the loop begins")

        shell("jupyter sessions interrupt loop.ipynb")

        assert "KeyboardInterrupt" in running.communicate(timeout=20)[1]
    assert running.returncode == 1
    assert shell("jupyter sessions exec loop.ipynb x").stdout == "1\n"


def test_code_that_raises_gives_exit_code_1_and_its_traceback(shell):
    """In a script, a failed cell must fail the script, and its log must say why."""
    shell("jupyter sessions new fails.ipynb")

    ran = shell("jupyter sessions exec fails.ipynb 'print(1); 1/0; print(2)'")

    assert ran.returncode == 1
    assert ran.stdout == "1\n"
    assert ran.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "Traceback" in ran.stderr


def test_a_dash_reads_the_code_from_standard_input(shell):
    """I pipe a file into a kernel."""
    shell("jupyter sessions new dash.ipynb")

    ran = shell("jupyter sessions exec dash.ipynb -", stdin="for i in range(3):\n    print(i)\n")

    assert ran.stdout == "0\n1\n2\n"


def test_an_image_is_saved_and_its_path_printed(home_server, shell):
    """My plot is of use in a terminal too."""
    shell("jupyter sessions new image.ipynb")
    show = f"from IPython.display import Image; Image(bytes.fromhex('{PNG.hex()}'))"

    ran = shell("jupyter sessions exec --images . image.ipynb -", stdin=show)

    file = home_server.root_dir / ran.stdout.splitlines()[-1]
    assert file.suffix == ".png"
    assert file.read_bytes() == PNG


async def test_a_program_runs_code_in_three_lines(server):
    """The example of the README, with asyncio."""
    async with (
        jupyter_sessions.connect(server.target, server.token) as client,
        client.open_session("a.ipynb", delete_on_exit=True) as session,
    ):
        assert (await session.execute("1+1")).value == "2"


def test_a_program_runs_code_in_three_lines_without_asyncio(server):
    """The same in a plain script."""
    with (
        jupyter_sessions.sync.connect(server.target, server.token) as client,
        client.open_session("a.ipynb", delete_on_exit=True) as session,
    ):
        assert session.execute("1+1").value == "2"
