"""Notebook files: which can be run, and how they are written."""

import json
import sys

import pytest
from notebooks import code, read, write

from jupyter_sessions.cli.notebook_file import read_notebook, write_notebook

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
