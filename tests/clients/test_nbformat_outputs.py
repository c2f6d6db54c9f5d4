"""Outputs in notebooks: what becomes of them there, and that nothing is lost on the way."""

import base64
import json

import nbformat
import pytest
from events import PNG, TRACEBACK, display, ended, error, error_output, result_of, stream, value
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions.nbformat_outputs import from_nbformat, to_nbformat
from jupyter_sessions.outputs import DisplayData, ErrorOutput, ExecuteResult, StreamOutput

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
json_objects = st.dictionaries(st.text(), json_values, max_size=3)
bundles = st.fixed_dictionaries(
    {},
    optional={
        "text/plain": st.text(),
        "text/html": st.text(),
        "image/svg+xml": st.text(),
        "application/javascript": st.text(),
        "image/png": st.binary(),
        "application/pdf": st.binary(),
        "application/json": json_values,
        "application/vnd.own+json": json_values,
    },
)
outputs = st.one_of(
    st.builds(StreamOutput, st.sampled_from(["stdout", "stderr"]), st.text()),
    st.builds(DisplayData, bundles, json_objects, st.just("")),
    st.builds(ExecuteResult, bundles, json_objects, st.integers(0, 2**31 - 1)),
    st.builds(ErrorOutput, st.text(), st.text(), st.lists(st.text()).map(tuple)),
)


def notebook_of(*outputs):
    """A notebook whose only cell has these outputs."""
    cell = nbformat.v4.new_code_cell(outputs=nbformat.from_dict(list(outputs)))
    return nbformat.v4.new_notebook(cells=[cell])


@given(st.lists(outputs, max_size=4))
def test_a_notebook_file_keeps_outputs_as_they_are(shown):
    """Written to a file by nbformat, where text is split into lines, and read from it."""
    text = nbformat.writes(notebook_of(*to_nbformat(shown)))

    [cell] = json.loads(text)["cells"]

    assert list(from_nbformat(cell["outputs"])) == shown


@given(st.lists(outputs, max_size=4))
def test_what_comes_from_a_notebook_goes_back_into_it(shown):
    """Saving a notebook that nobody ran changes nothing in it."""
    saved = to_nbformat(shown)

    assert to_nbformat(from_nbformat(saved)) == saved


@given(st.lists(outputs, max_size=4))
def test_outputs_are_valid_in_a_notebook(shown):
    """nbformat itself says so."""
    nbformat.validate(notebook_of(*to_nbformat(shown)))


def test_a_result_becomes_the_outputs_of_a_cell():
    """Streams in one piece, images in base64, JSON as objects, errors with their colours."""
    result = result_of(
        stream("a"),
        stream("b\n"),
        display("<Figure>", png=PNG, display_id="d"),
        value("{}", json='{"a": [1]}'),
        error(),
        execution=ended("FAILED", error=error_output()),
    )

    assert result.to_nbformat() == [
        {"output_type": "stream", "name": "stdout", "text": "ab\n"},
        {
            "output_type": "display_data",
            "data": {"text/plain": "<Figure>", "image/png": base64.b64encode(PNG).decode()},
            "metadata": {},
        },
        {
            "output_type": "execute_result",
            "data": {"text/plain": "{}", "application/json": {"a": [1]}},
            "metadata": {},
            "execution_count": 3,
        },
        {
            "output_type": "error",
            "ename": "ZeroDivisionError",
            "evalue": "division by zero",
            "traceback": TRACEBACK,
        },
    ]


def test_a_kernels_own_type_of_text_stays_text():
    """Although it might be base64 by chance."""
    output = {"output_type": "display_data", "data": {"x/own": "some text here"}, "metadata": {}}

    [shown] = from_nbformat([output])

    assert shown.data == {"x/own": "some text here"}


def test_an_output_of_an_unknown_type_is_refused():
    """A notebook of another version may have one."""
    with pytest.raises(ValueError, match="'pyout'"):
        from_nbformat([{"output_type": "pyout"}])
