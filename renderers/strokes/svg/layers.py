"""Layers: paths that are painted one after the other and belong together, as drawing tools list them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from renderers.strokes.scene import Path, Scene

MOST = 12
"""Layers that are told apart by their pens, at most. A drawing with more pens, or with a pen for nearly every path, has
one layer of each kind of path."""


@dataclass(frozen=True)
class Layer:
    """Some paths.

    Args:
        label: its name, such as "Strokes" or "Strokes #ff0000, 3 px".
        identity: the same as an identity in XML, unique in the document.
        paths: their numbers, one after the other.
    """

    label: str
    identity: str
    paths: list[int]


def layers_of(scene: Scene) -> list[Layer]:
    """The layers of one candidate, bottom first."""
    numbers = range(len(scene.topology.paths))
    runs = [(key, list(run)) for key, run in groupby(numbers, lambda index: _pen(scene, index))]
    if len(runs) > min(MOST, len(scene.topology.paths) // 2):
        runs = [((kind, ""), list(run)) for kind, run in groupby(numbers, lambda n: _kind(scene.topology.paths[n]))]
    often = Counter(kind for (kind, _), _ in runs)
    labels = [f"{kind} {pen}" if pen and often[kind] > 1 else kind for (kind, pen), _ in runs]
    again: Counter[str] = Counter()
    found = []
    for label, (_, paths) in zip(labels, runs, strict=True):
        plain = re.sub(r"[^\w.]+", "-", label).strip("-").lower()
        again[plain] += 1
        found.append(Layer(label, plain if again[plain] == 1 else f"{plain}-{again[plain]}", paths))
    return found


def identities(scene: Scene) -> list[str]:
    """The identity of each path: ``stroke-01``, ``shape-01``."""
    kinds = ["shape" if path.filled else "stroke" for path in scene.topology.paths]
    digits, counts = max(2, len(str(len(kinds)))), Counter[str]()
    found = []
    for kind in kinds:
        counts[kind] += 1
        found.append(f"{kind}-{counts[kind]:0{digits}}")
    return found


def _kind(path: Path) -> str:
    return path.layer or ("Shapes" if path.filled else "Strokes")


def _pen(scene: Scene, index: int) -> tuple[str, str]:
    """The kind of a path and the pen that draws it; a fill has none."""
    path = scene.topology.paths[index]
    if path.filled:
        return _kind(path), ""
    red, green, blue = (round(255 * value) for value in scene.stroke_colours[0, index, :3].clamp(0, 1).tolist())
    return _kind(path), f"#{red:02x}{green:02x}{blue:02x}, {float(scene.widths[0, index]):.3g} px"
