"""`jupyter sessions run` with real kernels: what the notebook holds in the end."""

import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.e2e.server_process import BIN

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)
SHOWS_ALL_KINDS = [
    "print('written')\nprint('more')",
    "import sys\nprint('warned', file=sys.stderr)",
    f"from IPython.display import *\ndisplay(Image(bytes.fromhex({PNG.hex()!r}), width=10))",
    "bar = display('0 %', display_id='bar')\nprint('below')",
    "bar.update('100 %')\n{'a': [1, 'b']}",
    "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
    "print('gone')\nclear_output()\ndisplay(JSON({'k': [None, 1.5]}), SVG('<svg/>'), HTML('<b>'))",
    "def divide():\n    1 / 0\n\n\ndivide()",
    "display(Markdown('*a*'), metadata={'own': {'x': 1}})\nNone",
    "input()",
    "raise SystemExit(3)",
]
NBCLIENT = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture
def write(server):
    """Writes a notebook below the server's root."""

    def write(name, *cells):
        path = server.root_dir / name
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
        return path

    return write


@pytest.fixture
def shell(server):
    """Runs a program on the server's machine."""

    def shell(*command):
        place = {"env": server.environment, "cwd": server.root_dir}
        return subprocess.run(command, capture_output=True, text=True, timeout=25, **place)

    return shell


@pytest.fixture
def run(shell):
    """Runs `jupyter sessions run` with these arguments."""
    return lambda *arguments: shell(BIN / "jupyter-sessions", "run", *arguments)


def outputs_of(path):
    """What each cell shows; text written to one stream without a break in one piece."""
    return [list(_merged(cell.outputs)) for cell in nbformat.read(path, 4).cells]


def _merged(outputs):
    for name, group in groupby(outputs, key=lambda output: output.get("name")):
        if name is None:
            yield from group
        else:
            text = "".join(output.text for output in group)
            yield {"output_type": "stream", "name": name, "text": text}


def test_outputs_are_those_nbclient_writes(run, shell, write):
    """Whoever changes from one to the other sees no difference in a diff."""
    path = write("a.ipynb", *SHOWS_ALL_KINDS)

    ours = run(path, "--allow-errors", "--output", "ours.ipynb")
    theirs = shell(sys.executable, "-c", NBCLIENT, path, "theirs.ipynb")

    assert (ours.returncode, theirs.returncode) == (0, 0), (ours.stderr, theirs.stderr)
    expected = outputs_of(path.with_name("theirs.ipynb"))
    for shown, other in zip(outputs_of(path.with_name("ours.ipynb")), expected, strict=True):
        assert shown == other
    languages = [
        nbformat.read(path.with_name(name), 4).metadata.language_info
        for name in ("ours.ipynb", "theirs.ipynb")
    ]
    assert languages[0] == languages[1]


def test_a_notebook_runs_with_parameters_past_an_error(run, write):
    """A report: numbers, a plot, and what failed."""
    path = write("b.ipynb", "n * 2", SHOWS_ALL_KINDS[2], "1 / 0", "'end'")

    ran = run("b.ipynb", "-p", "n", "21", "--allow-errors")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "b.ipynb\n", "")
    notebook = nbformat.read(path, 4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4, 5]
    _, [double], [plot], [error], [end] = (cell.outputs for cell in notebook.cells)
    assert (double.data["text/plain"], end.data["text/plain"]) == ("42", "'end'")
    assert base64.b64decode(plot.data["image/png"]) == PNG
    assert error.ename == "ZeroDivisionError"
    assert set(notebook.cells[1].metadata.execution) == {
        "iopub.execute_input",
        "shell.execute_reply",
    }


def test_a_cell_that_takes_too_long_ends_the_run(run, write):
    """What it said until then is kept; what comes after it is not run."""
    path = write("c.ipynb", "print('begun', flush=True)\nwhile True: pass", "'end'")

    ran = run("c.ipynb", "--timeout", "1", "--allow-errors")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.endswith("cell 1 failed: it ran longer than 1 s, and was interrupted\n")
    [begun, error], end = outputs_of(path)
    assert (begun["text"], error.ename, end) == ("begun\n", "KeyboardInterrupt", [])


def test_a_run_leaves_no_session_and_uses_the_one_that_is_open(run, server, write):
    """A notebook that somebody has open keeps its kernel and variables."""
    write("work/a.ipynb", "x = 1")

    with server.connect() as client:
        assert run("work/a.ipynb").returncode == 0
        assert not client.session_exists("work/a.ipynb")
        with client.open_session("work/a.ipynb") as session:
            assert run("work/a.ipynb").returncode == 0
            assert session.execute("x").value == "1"


def test_the_kernel_works_in_the_notebooks_folder(run, tmp_path):
    """Also where that is not below the server's root."""
    path = tmp_path / "b.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import os\nos.getcwd()")]), path)

    assert run(path).returncode == 0

    [[cwd]] = outputs_of(path)
    assert cwd.data["text/plain"] == repr(str(tmp_path))


def test_it_works_there_also_where_the_result_goes_elsewhere(run, write, tmp_path):
    """Data that the notebook reads is beside it."""
    path = write("work/d.ipynb", "import os\nos.getcwd()")

    assert run(path, "--output", tmp_path / "out.ipynb").returncode == 0

    [[cwd]] = outputs_of(tmp_path / "out.ipynb")
    assert cwd.data["text/plain"] == repr(str(path.parent))


def test_two_runs_of_one_notebook_do_not_mix(run, write):
    """A report for each customer, made at the same time."""
    meet = "import os, pathlib, time\npathlib.Path(f'{n}').touch()\n"
    meet += "while len(list(pathlib.Path().glob('[12]'))) < 2: time.sleep(0.01)"
    path = write("both/e.ipynb", meet, "n")

    with ThreadPoolExecutor() as threads:
        arguments = [("both/e.ipynb", "-p", "n", n, "--output", f"both/{n}.ipynb") for n in "12"]
        ran = list(threads.map(lambda each: run(*each), arguments))

    assert [(each.returncode, each.stderr) for each in ran] == [(0, ""), (0, "")]
    for n in "12":
        [value] = outputs_of(path.with_name(f"{n}.ipynb"))[-1]
        assert value.data["text/plain"] == n
