"""Notebook files: which can be run, and how they are written."""

import json
import os
import sys
from pathlib import Path

import pytest
from notebooks import code, read, write

from jupyter_sessions.cli.notebook_file import (
    NotebookUnusable,
    check_writable,
    read_notebook,
    write_notebook,
)
from jupyter_sessions.cli.notebook_run import MAX_CODE_BYTES
from jupyter_sessions_server.rpc import check

VALID = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
CELL = {"cell_type": "code", "source": [], "metadata": {}, "outputs": [], "execution_count": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# A", "is not a notebook: it is not JSON"),
        ("[]", "is not a notebook: it is JSON, but tells no nbformat"),
        ('{"nbformat": 3, "worksheets": []}', "version 3, and only 4 can be run; convert it"),
        ('{"nbformat": 4}', "is not a valid notebook: The notebook is invalid and is missing"),
        (json.dumps(VALID | {"cells": [{}]}), "is not a valid notebook: "),
        (json.dumps(VALID | {"cells": 1}), "is not a valid notebook: "),
        (json.dumps(VALID | {"cells": [CELL | {"execution_count": "x"}]}), "'x' is not of type"),
    ],
)
async def test_what_is_no_notebook_is_refused(run, fake, tmp_path, text, message):
    """In one line, before a kernel is started."""
    path = tmp_path / "a.ipynb"
    path.write_text(text)

    exit_code, out, err = await run("run", str(path))

    assert (exit_code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert fake.requests["CreateSession"] == []


async def test_a_file_that_is_missing_is_told(run, fake):
    """By its name."""
    exit_code, _out, err = await run("run", "/nowhere/a.ipynb")

    assert exit_code == 2
    assert "'/nowhere/a.ipynb'" in err


async def test_without_nbformat_the_message_says_what_to_install(run, path, monkeypatch):
    """The client alone is a small package."""
    monkeypatch.setitem(sys.modules, "nbformat", None)

    exit_code, _out, err = await run("run", str(path))

    assert exit_code == 2
    assert "pip install 'jupyter-sessions[notebook]'" in err


@pytest.fixture
def path(tmp_path):
    """A notebook."""
    return write(tmp_path / "a.ipynb", code("1"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("#" * (MAX_CODE_BYTES + 1), f"cell 2 is longer than {MAX_CODE_BYTES} bytes"),
        ("'\ud800'", "cell 2 holds what is no text: surrogates not allowed"),
    ],
)
async def test_a_cell_that_no_kernel_would_get_is_told_before_any_is_run(
    run, fake, tmp_path, source, message
):
    """With its number; the notebook stays as it is."""
    cells = [CELL | {"source": "1", "id": "a"}, CELL | {"source": source, "id": "b"}]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(VALID | {"cells": cells}))

    exit_code, _out, err = await run("run", str(path))

    assert (exit_code, err) == (2, f"jupyter-sessions: {message}\n")
    assert fake.requests["CreateSession"] == []


def test_the_longest_cell_is_as_long_as_the_server_takes():
    """A notebook is refused for what the server would refuse, and for nothing else."""
    assert MAX_CODE_BYTES == check.MAX_CODE_BYTES


async def test_a_long_cell_that_is_not_run_may_be(run, fake, tmp_path):
    """Nobody sends it."""
    path = write(tmp_path / "a.ipynb", code("#" * (MAX_CODE_BYTES + 1), "skip-execution"))

    assert (await run("run", str(path)))[0] == 0


def test_a_device_is_not_replaced():
    """Who runs as root could do without it for a while."""
    with pytest.raises(NotebookUnusable, match="could not be saved: it is a device"):
        check_writable(Path(os.devnull))


def test_cells_without_ids_get_some(path):
    """As front ends do; many programs forget them."""
    path.write_text(json.dumps(VALID | {"cells": [CELL, CELL]}))

    first, second = read_notebook(path).cells

    assert first.id != second.id


def test_an_unchanged_notebook_is_written_as_it_was(path):
    """A version control system shows what a run changed, and nothing else."""
    before = path.read_text()

    write_notebook(read_notebook(path), path)

    assert path.read_text() == before


def test_a_link_stays_one_and_permissions_stay(path, tmp_path):
    """The file behind it is what is replaced."""
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)

    write_notebook(read_notebook(link), link)

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_the_file_whole(path):
    """And no half of a new one beside it."""
    notebook = read_notebook(path)
    notebook.metadata["bad"] = object()

    with pytest.raises(TypeError):
        write_notebook(notebook, path)

    assert read(path).cells[0].source == "1"
    assert list(path.parent.iterdir()) == [path]
