"""Summary: each number of an evaluation in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from pipelines.evaluate.compare import Comparison
from pipelines.evaluate.evaluate import Evaluation
from pipelines.evaluate.retrieval import standard_error

Table = list[list[str]]
"""Rows of cells; the first row names the columns, the first column says what a row is about."""


@dataclass(frozen=True)
class Summary:
    """A number of several results.

    Args:
        count: of the results that have it.
        mean: of them.
        error: standard error of the mean; nan for one.
        least: the least.
        median: the one in the middle.
        most: the greatest.
    """

    count: int
    mean: float
    error: float
    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary:
        """The summary of one value or more."""
        return cls(len(values), mean(values), standard_error(values), min(values), median(values), max(values))


def summaries(found: Evaluation, batch: range) -> dict[str, Summary]:
    """The summary of each number of the results of a batch."""
    columns = {name: [v for n in batch if (v := column[n]) is not None] for name, column in found.numbers().items()}
    return {name: Summary.of(values) for name, values in columns.items() if values}


def summary_table(found: Evaluation, batch: range) -> Table:
    """Means of a batch and their standard errors."""
    rows = [["measure", "results", "mean", "se", "least", "median", "most", "better"]]
    for name, each in summaries(found, batch).items():
        numbers = (each.mean, each.error, each.least, each.median, each.most)
        rows.append([name, str(each.count), *map(shown, numbers), found.better.get(name, "")])
    return rows


def together_table(found: Evaluation) -> Table:
    """What was measured of each batch as a whole; the heading alone where there is nothing."""
    names = dict.fromkeys(name for each in found.together for name in each)
    rows = [[name, *(shown(each.get(name, "")) for each in found.together)] for name in names]
    return [["of all together", *(["value"] if len(found.together) == 1 else ["first", "second"])], *rows]


def comparison_table(compared: Mapping[str, Comparison]) -> Table:
    """The difference of two batches in each number."""
    rows = [["first - second", "pairs", "first", "second", "difference", "95 % interval", "effect", "p"]]
    for name, each in compared.items():
        interval = f"{shown(each.low)} .. {shown(each.high)}"
        means = map(shown, (each.mean, each.other, each.difference))
        rows.append([name, str(each.pairs), *means, interval, shown(each.effect), shown(each.p)])
    return rows


def single_table(found: Evaluation) -> Table:
    """All that was measured of the only result."""
    return [["measure", "value"], *([name, shown(value)] for name, value in found.row(0).items())]


def shown(value: float | str) -> str:
    """A number in four digits; nothing where it is none."""
    return value if isinstance(value, str) else "" if value != value else f"{value:.4g}"


def lines(table: Table) -> list[str]:
    """A table in aligned columns."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    cells = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in table
    ]
    return ["  ".join(row).rstrip() for row in cells]
