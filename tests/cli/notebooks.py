"""Notebook files for tests of `run`."""

import nbformat
from nbformat.v4 import new_code_cell, new_notebook


def code(source, *tags, **fields):
    """A code cell."""
    metadata = {"tags": list(tags)} if tags else {}
    return nbformat.from_dict(new_code_cell(source, metadata=metadata, **fields))


def write(path, *cells, minor=5, kernel="python3"):
    """Write a notebook with these cells, for a kernel of that kernelspec; returns its path."""
    spec = {"kernelspec": {"name": kernel, "display_name": kernel}} if kernel else {}
    if minor < 5:
        for cell in cells:
            del cell["id"]
    nbformat.write(new_notebook(cells=list(cells), metadata=spec, nbformat_minor=minor), path)
    return path


def read(path):
    """The notebook in a file."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def sources(path):
    """What is in the cells of a notebook file."""
    return [cell.source for cell in read(path).cells]
