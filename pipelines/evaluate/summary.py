"""Summary: each number of an evaluation in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from pipelines.evaluate.evaluate import Evaluation
from pipelines.evaluate.retrieval import standard_error


@dataclass(frozen=True)
class Summary:
    """A number of several results.

    Args:
        count: of the results that have it.
        mean: of them.
        error: standard error of the mean, sd / sqrt(count) with the sample's standard deviation; nan for one.
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


def summaries(found: Evaluation) -> dict[str, Summary]:
    """The summary of each number."""
    columns = {name: [value for value in column if value is not None] for name, column in found.numbers().items()}
    return {name: Summary.of(values) for name, values in columns.items()}


def summary_lines(found: Evaluation) -> list[str]:
    """A table: of one result its numbers and words, of several the means and their standard errors."""
    if len(found.subjects) == 1:
        pairs = {k: v for reading in found.readings[0].values() for k, v in reading.items()}
        rows = [[name, value if isinstance(value, str) else f"{value:.4g}"] for name, value in pairs.items()]
        return table([["measure", "value"], *rows])
    rows = [["measure", "results", "mean", "se", "least", "median", "most", "better"]]
    for name, each in summaries(found).items():
        numbers = (each.mean, each.error, each.least, each.median, each.most)
        rows.append([name, str(each.count), *(f"{n:.4g}" for n in numbers), found.better.get(name, "")])
    lines = table(rows)
    together = [
        [name, f"{v:.4g}" if not isinstance(v, str) else v] for r in found.together.values() for name, v in r.items()
    ]
    return [*lines, "", *table([["of all together", "value"], *together])] if together else lines


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns; the first is words, the others numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]
