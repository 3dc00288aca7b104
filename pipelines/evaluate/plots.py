"""Plots of an evaluation as SVG: distributions of numbers, and differences of two batches."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from pipelines.evaluate.compare import Comparison
from pipelines.evaluate.summary import shown
from pipelines.report.curves import BOTTOM, HEIGHT, RIGHT, TOP, WIDTH

BINS = 20
"""Bars of a distribution at most."""

SIDE = 12
"""Left and right of the bars."""

NAMES = 170
"""Room for names beside intervals."""


def histogram(title: str, batches: Sequence[Sequence[float]]) -> str:
    """How many results have which value; two batches stand side by side.

    Args:
        title: of the figure.
        batches: values of one or two batches, not all the same.
    """
    values = [value for batch in batches for value in batch]
    low, high = min(values), max(values)
    bins = min(BINS, len(set(values)), 2 * round(len(values) ** 0.5))
    counts = [[0] * bins for _ in batches]
    for number, batch in enumerate(batches):
        for value in batch:
            counts[number][min(bins - 1, int((value - low) / (high - low) * bins))] += 1
    most = max(max(row) for row in counts)
    step = (WIDTH - 2 * SIDE) / bins
    wide = (step - 2) / len(batches)
    bars = "".join(
        f'<rect class="f{number}" x="{SIDE + place * step + number * wide + 1:.1f}" width="{wide:.1f}" '
        f'y="{HEIGHT - BOTTOM - tall:.1f}" height="{tall:.1f}"><title>{count}</title></rect>'
        for number, row in enumerate(counts)
        for place, count in enumerate(row)
        if (tall := (HEIGHT - TOP - BOTTOM) * count / most)
    )
    marks = "".join(
        f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{shown(value)}</text>'
        for x, anchor, value in ((SIDE, "start", low), (WIDTH - SIDE, "end", high))
    )
    return _figure(title, HEIGHT, bars + marks)


def intervals(title: str, compared: Mapping[str, Comparison]) -> str:
    """Differences and their confidence intervals, each in units of the standard deviation of its differences.

    Args:
        title: of the figure.
        compared: those whose differences do not vary are left out.
    """
    scaled = {
        name: (each.low / unit, each.effect, each.high / unit)
        for name, each in compared.items()
        if each.effect and (unit := each.difference / each.effect) == unit
    }
    reach = max(0.5, *(abs(value) for values in scaled.values() for value in values))

    def x(value: float) -> float:
        return NAMES + (WIDTH - NAMES - RIGHT) * (value / reach + 1) / 2

    height = 20 * len(scaled) + TOP + BOTTOM
    rows = "".join(
        f'<text x="{NAMES - 8}" y="{y + 4}" text-anchor="end">{html.escape(name)}</text>'
        f'<line class="c1" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>'
        f'<circle class="f1" cx="{x(middle):.1f}" cy="{y}" r="3.5"/>'
        for y, (name, (low, middle, high)) in zip(range(TOP + 10, height, 20), scaled.items(), strict=False)
    )
    nought = f'<line class="grid" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
    marks = "".join(
        f'<text x="{x(value):.1f}" y="{height - 6}" text-anchor="{anchor}">{shown(value)}</text>'
        for value, anchor in ((-reach, "start"), (0.0, "middle"), (reach, "end"))
    )
    return _figure(title, height, nought + rows + marks)


def _figure(title: str, height: int, content: str) -> str:
    title = html.escape(title)
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{content}</svg></figure>'
    )
