"""Rows, and the table made of them."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

OURS, FLOOR, THEIRS = "jupyter_sessions", "floor", "jupyter_server"

_HEAD = ("what", "unit", OURS, FLOOR, THEIRS, "÷ floor", f"÷ {THEIRS}", "target", "met")


@dataclass(frozen=True, slots=True)
class Target:
    """What our figure is at most: a multiple of another one, or with `of` None a number."""

    limit: float
    of: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, of each server once per round."""

    what: str
    unit: str
    figures: Mapping[str, Sequence[float]]
    target: Target | None = None

    def median(self, name: str) -> float | None:
        """The figure of this server, if it has one."""
        figures = self.figures.get(name)
        return statistics.median(figures) if figures else None

    def ratio(self, name: str) -> float | None:
        """Ours divided by this one: the median of the rounds' ratios.

        Both figures of a round were taken at about the same time, at the same pace of the machine.
        """
        pairs = list(zip(self.figures.get(OURS, ()), self.figures.get(name, ()), strict=False))
        if not pairs or any(other == 0 for _, other in pairs):
            return None
        return statistics.median(ours / other for ours, other in pairs)

    def met(self) -> bool | None:
        """Whether the target is met; None if there is none."""
        if self.target is None:
            return None
        ours = self.median(OURS) if self.target.of is None else self.ratio(self.target.of)
        return ours is not None and ours <= self.target.limit


def markdown(rows: Iterable[Row]) -> str:
    """The table."""
    lines = [_HEAD, tuple("---" if n < 2 or n > 6 else "---:" for n in range(len(_HEAD)))]
    lines += [tuple(_cells(row)) for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> Iterator[str]:
    yield row.what
    yield row.unit
    for name in (OURS, FLOOR, THEIRS):
        yield _figures(row.figures.get(name, ()))
    for name in (FLOOR, THEIRS):
        ratio = row.ratio(name)
        yield "" if ratio is None else _short(ratio)
    yield row.target.text if row.target else ""
    yield {None: "", True: "yes", False: "**no**"}[row.met()]


def _figures(figures: Sequence[float]) -> str:
    """The median, and between what the middle half of them is."""
    if len(figures) < 2:
        return "".join(map(_short, figures))
    low, median, high = map(_short, statistics.quantiles(figures, n=4, method="inclusive"))
    return f"{median} ({low} to {high})"


def _short(number: float) -> str:
    """With three digits that count."""
    return f"{number:,.0f}" if abs(number) >= 999.5 else f"{number:.3g}"
