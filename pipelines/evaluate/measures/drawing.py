"""Drawings: how many strokes and shapes an SVG has, and how long its lines are."""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from renderers.strokes.scene import Scene
from renderers.strokes.svg.read import read_svg

NODES, WEIGHTS = (
    torch.tensor([0.0, 0.5384693101056831, -0.5384693101056831, 0.9061798459386640, -0.9061798459386640]),
    torch.tensor([0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.2369268850561891, 0.2369268850561891]),
)
"""Of Gauss-Legendre quadrature on -1..1."""

PIECES = 8
"""Of each cubic."""


def curve_lengths(cubics: Tensor) -> Tensor:
    """Arc lengths of cubics, by Gauss-Legendre quadrature in eight pieces.

    Args:
        cubics: control points [..., 4, 2].

    Returns:
        [...].
    """
    edges = 3.0 * cubics.float().diff(dim=-2)
    t = ((torch.arange(PIECES)[:, None] + (NODES + 1) / 2) / PIECES).flatten()
    basis = torch.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2])
    speed = torch.einsum("...kd,kt->...td", edges, basis).norm(dim=-1)
    lengths: Tensor = (speed * (WEIGHTS / (2 * PIECES)).repeat(PIECES)).sum(dim=-1)
    return lengths


def drawing_facts(scene: Scene) -> dict[str, float]:
    """Facts of a drawing of one candidate.

    Returns:
        ``strokes`` and ``shapes`` (paths with a stroke and with a fill), ``segments`` (cubics), ``points`` (control
        points), and ``length``: of all lines, in longer sides of the canvas.
    """
    total, segments = 0.0, 0
    for path, start in zip(scene.topology.paths, scene.topology.path_starts, strict=True):
        for subpath in path.subpaths:
            points = scene.points[0, start : start + subpath.points]
            start += subpath.points
            points = torch.cat([points, points[:1]]) if subpath.closed else points
            segments += subpath.segments
            if path.stroked:
                total += float(curve_lengths(points.unfold(0, 4, 3).transpose(-1, -2)).sum())
    return {
        "strokes": float(sum(path.stroked for path in scene.topology.paths)),
        "shapes": float(sum(path.filled for path in scene.topology.paths)),
        "segments": float(segments),
        "points": float(scene.topology.points),
        "length": total / max(scene.size),
    }


class DrawingFacts(Measure):
    """How many strokes, shapes and points an SVG has, and how long its lines are, in longer sides of the canvas."""

    kinds = frozenset({"drawing"})

    def of(self, subject: Subject) -> Reading:
        """See `drawing_facts`."""
        return {f"drawing_{name}": value for name, value in drawing_facts(read_svg(subject.main.path).scene).items()}
