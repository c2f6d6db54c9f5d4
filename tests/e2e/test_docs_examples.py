"""The examples of the README and the guides do what the pages say."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.e2e.markdown import blocks, shell_examples

pytestmark = pytest.mark.e2e

RAISED = 1


@pytest.fixture
def run(own_server):
    """Runs a program on the machine of a server that was just started, where a notebook is."""
    own_server.start()
    notebook = new_notebook(cells=[new_code_cell("rows = 5"), new_code_cell("print(rows)")])
    nbformat.write(notebook, own_server.root_dir / "report.ipynb")

    def run(*command, **options):
        place = {"env": own_server.environment, "cwd": own_server.root_dir}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=20, **place, **options
        )

    return run


@pytest.mark.parametrize("page", ["README.md", "docs/guides/command-line.md"])
def test_the_commands_of_a_page_work_in_its_order(page, run):
    """I paste one command after the other, and none is refused."""
    examples = [e for e in shell_examples(page) if "jupyter sessions" in e.command]

    assert examples
    for example in examples:
        ran = run("/bin/sh", "-c", example.command)
        expected = {0, RAISED} if " exec " in example.command else {0}
        assert ran.returncode in expected, f"{example.command}\n{ran.stderr}"
        example.check(ran.stdout)


@pytest.mark.parametrize("page", ["README.md", "docs/guides/python.md"])
def test_the_programs_of_a_page_print_what_their_comments_say(page, run):
    """I copy a program, and it finds the server and prints what the page promises."""
    programs = blocks(page, "python")

    assert programs
    for program in programs:
        ran = run(sys.executable, "-c", program)
        promised = re.findall(r"print\(.*\)  # (.*)$", program, re.MULTILINE)
        assert ran.returncode == 0, f"{program}\n{ran.stderr}"
        assert not promised or ran.stdout.splitlines() == promised
