"""Whether outlines cross themselves, by a finer division and other arithmetic than the engine's."""

from __future__ import annotations

import torch

from renderers.strokes import Scene

LINES = 40
"""That stand for each cubic."""


def self_crossings(scene: Scene) -> list[int]:
    """The numbers of filled paths of the first candidate whose outline crosses itself."""
    t = torch.arange(LINES, dtype=torch.float64)[:, None] / LINES
    weights = torch.cat([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], dim=1)
    found = []
    for number, (path, start) in enumerate(zip(scene.topology.paths, scene.topology.path_starts, strict=True)):
        if not path.filled:
            continue
        own = scene.points[0, start : start + path.points].detach().double()
        cubics = own[(torch.arange(path.points // 3)[:, None] * 3 + torch.arange(4)) % path.points]
        starts = torch.einsum("tk,ckd->ctd", weights, cubics).flatten(0, 1)
        ends = starts.roll(-1, 0)
        apart = _sides(starts, ends, starts) * _sides(starts, ends, ends)
        if bool(((apart < 0) & (apart.T < 0)).any()):
            found.append(number)
    return found


def _sides(starts: torch.Tensor, ends: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """On which side of each line [L] each place [M] lies [L, M]."""
    along, there = (ends - starts)[:, None], places[None] - starts[:, None]
    return along[..., 0] * there[..., 1] - along[..., 1] * there[..., 0]
