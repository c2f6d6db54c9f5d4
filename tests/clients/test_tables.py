"""Tables that code showed, as data frames."""

import sys

import pandas
import pytest
from events import display, result_of, stream, value
from pandas.testing import assert_frame_equal

from jupyter_sessions.html_tables import find_tables
from jupyter_sessions.v1 import executions_pb2 as pb

PEOPLE = pandas.DataFrame({"name": ["Ada", "Alan T."], "age": [36, 41], "size": [1.5, None]})


def shown_as(mime_type, json):
    """The result of code that shows a JSON document."""
    parts = [pb.MimePart(mime_type=mime_type, json=json)]
    data = pb.DisplayData(data=pb.MimeBundle(parts=parts))
    return result_of(pb.ExecutionEvent(display_data=data))


@pytest.mark.parametrize(
    "frame",
    [
        PEOPLE,
        PEOPLE.set_index("name"),
        PEOPLE.set_index(["name", "age"]),
        PEOPLE.groupby(["name"]).agg({"age": ["min", "max"], "size": ["sum"]}),
    ],
    ids=["plain", "index with a name", "two indexes", "two rows of headings"],
)
def test_a_data_frame_comes_back_from_its_html(frame):
    """The kernel's value is gone, what it showed is enough."""
    result = result_of(value(str(frame), html=frame._repr_html_()))

    assert_frame_equal(result.to_pandas(), frame)


def test_a_long_frame_has_the_rows_that_were_shown():
    """pandas shows the first and the last ones, and a row of dots."""
    frame = pandas.DataFrame({"number": range(1_000)})

    table = result_of(value("", html=frame._repr_html_())).to_pandas()

    assert list(table["number"]) == [*map(str, range(5)), "...", *map(str, range(995, 1_000))]


def test_a_data_resource_keeps_the_types():
    """pandas shows one where the option display.html.table_schema is set."""
    frame = PEOPLE.assign(born=pandas.to_datetime(["1815-12-10", "1912-06-23"])).set_index("name")

    result = shown_as("application/vnd.dataresource+json", frame.to_json(orient="table"))

    assert_frame_equal(result.to_pandas(), frame, check_dtype=False, check_index_type=False)


def test_json_records_are_a_table():
    """A column that a record lacks is missing there."""
    table = shown_as("application/json", '[{"a": 1, "b": "x"}, {"a": 2}]').to_pandas()

    assert_frame_equal(table, pandas.DataFrame({"a": [1, 2], "b": ["x", None]}), check_dtype=False)


def test_the_last_table_counts():
    """What is shown besides does not."""
    first, second = "<table><tr><td>1</table>", "<table><tr><td>2</table>"

    result = result_of(display("", html=first), display("", html=second), value("3"), stream("4"))

    assert result.to_pandas().values.tolist() == [[2]]


def test_without_a_table_there_is_an_error():
    """A data frame that is empty would look like an answer."""
    result = result_of(value("1", html="<b>1</b>", json='{"a": 1}'), stream("2"))

    with pytest.raises(ValueError, match="nothing that was shown is a table"):
        result.to_pandas()


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    """The client needs it for nothing else."""
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(ImportError, match="pip install pandas"):
        result_of(value("1")).to_pandas()


def test_spans_are_filled_and_short_rows_too():
    """Tables are written by people, too; each row is equally long here."""
    markup = """
        <table>
          <tr><th colspan=2>ab</th><th>c<br>d</th></tr>
          <tr><td rowspan="2">1</td><td>2 <b>&lt;3</b></td><td>4</td></tr>
          <tr><td>5<table><tr><td>inner</td></tr></table></td></tr>
        </table>"""

    [table] = find_tables(markup)

    assert table.rows == [["ab", "ab", "c d"], ["1", "2 <3", "4"], ["1", "5", ""]]
    assert (table.header_rows, table.index_columns) == (1, 0)
