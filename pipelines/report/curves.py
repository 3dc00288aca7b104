"""Loss curves as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 400, 160
LEFT, BOTTOM, TOP, RIGHT = 46, 22, 10, 8
POINTS = 250
"""Points of a curve at most: more would say no more."""

Points = list[tuple[int, float]]


def curves(metrics: Sequence[dict[str, Any]]) -> str:
    """One plot for the eval losses, one for each loss; each has a line for every candidate.

    Args:
        metrics: lines of a metrics file.
    """
    plots: dict[str, list[Points]] = {}
    for line in metrics:
        if "eval_loss" in line:
            by_clip = " by clip" if line.get("judge") == "clip" else ""
            _add(plots, f"eval loss{by_clip}, without augmentation", line["step"], line["eval_loss"])
        for name, values in line.get("losses", {}).items():
            _add(plots, name, line["step"], values)
    return "\n".join(_plot(name, lines) for name, lines in plots.items())


def _add(plots: dict[str, list[Points]], name: str, step: int, values: list[float | None]) -> None:
    lines = plots.setdefault(name, [[] for _ in values])
    for points, value in zip(lines, values, strict=False):
        if value is not None:
            points.append((step, value))


def _plot(name: str, lines: list[Points]) -> str:
    lines = [_averaged(points) if points else [] for points in lines]
    values = [value for points in lines for _, value in points]
    if not values:
        return ""
    last = max(points[-1][0] for points in lines if points) or 1
    ticks = _ticks(min(values), max(values))
    low, high = min(ticks[0], min(values)), max(ticks[-1], max(values))

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / last

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    marks = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y(tick) + 3.5:.1f}" text-anchor="end">{tick:.4g}</text>'
        for tick in ticks
    ]
    marks += [
        f'<text x="{x(step):.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{step:.0f}</text>'
        for step, anchor in ((0, "start"), (last / 2, "middle"), (last, "end"))
    ]
    paths = [
        f'<polyline class="c{number % 6}" points="{" ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in points)}"/>'
        for number, points in enumerate(lines)
        if points
    ]
    title = html.escape(name)
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">{"".join(marks + paths)}</svg></figure>'
    )


def _averaged(points: Points) -> Points:
    """At most `POINTS` points, each the mean of its neighbours."""
    width = math.ceil(len(points) / POINTS)
    groups = [points[start : start + width] for start in range(0, len(points), width)]
    return [
        (group[len(group) // 2][0] if width > 1 else group[0][0], sum(v for _, v in group) / len(group))
        for group in groups
    ]


def _ticks(low: float, high: float) -> list[float]:
    """Three to five round numbers across a range."""
    span = (high - low) or abs(high) or 1.0
    rough = span / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)] if last > first else [low, low + span]
