"""Reads the tables of HTML: their texts, how many rows are headings, how many columns an index."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile


@dataclass
class _Cell:
    is_heading: bool
    columns: int
    rows: int
    text: str = ""


@dataclass
class _Row:
    in_head: bool
    cells: list[_Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """A table: all rows, equally long, headings first; cells that span others are repeated."""

    rows: list[list[str]]
    header_rows: int
    index_columns: int


def find_tables(markup: str) -> list[HtmlTable]:
    """The tables in the markup, in order, but for those without cells or inside another."""
    reader = _TableReader()
    reader.feed(markup)
    reader.close()
    return [_to_table(rows) for rows in reader.tables if any(row.cells for row in rows)]


class _TableReader(HTMLParser):
    """Collects rows and cells; closing tags of cells and rows may be missing, as HTML allows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[_Row]] = []
        self._depth = 0  # of tables
        self._in_head = False
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
        if self._depth != 1:
            return
        if tag in ("thead", "tbody", "tfoot"):
            self._in_head = tag == "thead"
        elif tag == "tr":
            self._in_cell = False
            self.tables[-1].append(_Row(self._in_head))
        elif tag in ("td", "th"):
            self._start_cell(tag, dict(attrs))
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._depth == 1 and tag in ("table", "tr", "td", "th"):
            self._in_cell = False
        if tag == "table" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._depth == 1:
            self.tables[-1][-1].cells[-1].text += data

    def _start_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        if not self.tables[-1]:
            self.tables[-1].append(_Row(self._in_head))
        columns, rows = (_span(attributes.get(name)) for name in ("colspan", "rowspan"))
        self.tables[-1][-1].cells.append(_Cell(tag == "th", columns, rows))
        self._in_cell = True


def _span(value: str | None) -> int:
    """A span's number; 1 for what is none. HTML allows 1,000 columns at most."""
    return min(int(value), 1_000) or 1 if value and value.isdecimal() else 1


def _to_table(rows: list[_Row]) -> HtmlTable:
    rows = [row for row in rows if row.cells]
    grid = _fill_grid(rows)
    header_rows = _count_leading(row.in_head for row in rows) or _count_leading(
        all(cell.is_heading for cell in row.cells) for row in rows
    )
    columns = zip(*grid[header_rows:], strict=True)
    index_columns = _count_leading(all(cell.is_heading for cell in column) for column in columns)
    texts = [[" ".join(cell.text.split()) for cell in line] for line in grid]
    return HtmlTable(texts, header_rows, index_columns if index_columns < len(grid[0]) else 0)


def _fill_grid(rows: list[_Row]) -> list[list[_Cell]]:
    """The cell at each place; short rows are filled up with empty cells."""
    places: dict[tuple[int, int], _Cell] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row.cells:
            while (y, x) in places:
                x += 1
            for below in range(min(cell.rows, len(rows) - y)):
                places.update({(y + below, x + right): cell for right in range(cell.columns)})
            x += cell.columns
    width = 1 + max(x for _, x in places)
    empty = _Cell(is_heading=False, columns=1, rows=1)
    return [[places.get((y, x), empty) for x in range(width)] for y in range(len(rows))]


def _count_leading(facts: Iterable[bool]) -> int:
    return sum(1 for _ in takewhile(bool, facts))
