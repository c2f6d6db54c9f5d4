"""Tables that code showed, as pandas data frames; pandas is imported when one is asked for."""

import csv
import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_sessions.html_tables import HtmlTable, find_tables
from jupyter_sessions.outputs import DisplayData, ExecuteResult, Json, Output, Shown

if TYPE_CHECKING:
    import pandas

DATA_RESOURCE = "application/vnd.dataresource+json"  # a Frictionless tabular data resource


def data_frame_of(outputs: Iterable[Output]) -> "pandas.DataFrame":
    """The last output that is a table; raises ValueError if none is."""
    try:
        import pandas  # noqa: F401 - told before anything else
    except ImportError as error:
        message = "a data frame needs pandas, which is not installed: pip install pandas"
        raise ImportError(message) from error
    for output in reversed(list(outputs)):
        if isinstance(output, DisplayData | ExecuteResult):
            table = _table_of(output)
            if table is not None:
                return table
    message = "nothing that was shown is a table: neither JSON records nor a table in HTML"
    raise ValueError(message)


def _table_of(output: Shown) -> "pandas.DataFrame | None":
    """The table in the representation that keeps most of it."""
    if _is_data_resource(resource := output.data.get(DATA_RESOURCE)):
        return _from_data_resource(resource)
    if _is_records(records := output.data.get("application/json")):
        return _from_records(records)
    markup = output.data.get("text/html")
    tables = find_tables(markup) if isinstance(markup, str) else []
    return _from_html(tables[0]) if tables else None


def _is_data_resource(content: object) -> bool:
    if not isinstance(content, dict) or not _is_records(content.get("data")):
        return False
    schema = content.get("schema")
    return isinstance(schema, dict) and isinstance(schema.get("fields"), list)


def _is_records(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(record, dict) for record in content)


def _from_data_resource(resource: object) -> "pandas.DataFrame":
    import pandas

    return pandas.read_json(io.StringIO(json.dumps(resource)), orient="table")


def _from_records(records: "Json | bytes") -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame(records)


def _from_html(table: HtmlTable) -> "pandas.DataFrame":
    heads, body = table.rows[: table.header_rows], table.rows[table.header_rows :]
    index = list(range(table.index_columns))
    index_names = _take_index_names(heads, len(index))
    frame = _typed(body, columns=len(table.rows[0]))
    if index:
        frame = frame.set_index(index).rename_axis(index=index_names)
    if heads:
        labels = [list(column) for column in zip(*heads, strict=True)][len(index) :]
        frame.columns = _labels(labels)
    return frame


def _take_index_names(heads: list[list[str]], index_columns: int) -> list[str | None]:
    """Remove the row that names the index, which pandas puts last, and return its names."""
    names: list[str | None] = [None] * index_columns
    if index_columns and len(heads) > 1 and not any(heads[-1][index_columns:]):
        names = [name or None for name in heads.pop()[:index_columns]]
    return names


def _typed(rows: list[list[str]], columns: int) -> "pandas.DataFrame":
    """The rows, read as if they were CSV, so that columns get the types their texts have."""
    import pandas

    if not rows:
        return pandas.DataFrame(columns=range(columns))
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    text.seek(0)
    return pandas.read_csv(text, header=None, skip_blank_lines=False)


def _labels(columns: list[list[str]]) -> "pandas.Index[Any]":
    import pandas

    if len(columns[0]) == 1:
        return pandas.Index([label for [label] in columns])
    return pandas.MultiIndex.from_tuples([tuple(column) for column in columns])
