"""Triangles between the control points of a shape that fill it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLES = 8
"""Straight pieces that stand for each cubic when inside is told from outside."""


def fill_triangles(points: Tensor, cubics: Tensor) -> Tensor:
    """The Delaunay triangles of control points that lie inside their outline.

    Args:
        points: [N, 2] in pixels.
        cubics: the outline, contours turned so that the non-zero rule fills it: indices of control points [C, 4].

    Returns:
        Corners [T, 3], int64; points in the same place are one corner.

    Source: Iluz et al., Word-As-Image for Semantic Typography, 2023, section 4.2.
    """
    places = points.detach().cpu().numpy().astype(np.float32)
    triangles = _delaunay(places)
    t = torch.linspace(0.0, 1.0, SAMPLES + 1)
    bernstein = torch.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], dim=1)
    lines = torch.einsum("tk,ckd->ctd", bernstein, points.detach().cpu()[cubics.cpu().long()]).numpy()
    starts, ends = lines[:, :-1].reshape(-1, 2), lines[:, 1:].reshape(-1, 2)
    return torch.from_numpy(triangles[_winding(places[triangles].mean(axis=1), starts, ends) != 0])


def _delaunay(places: NDArray[np.float32]) -> NDArray[np.int64]:
    low, high = places.min(axis=0) - 1, places.max(axis=0) + 1
    division = cv2.Subdiv2D((*np.floor(low).astype(int), *np.ceil(high - low + 1).astype(int)))
    numbers: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(places.tolist()):
        division.insert((x, y))
        numbers.setdefault((x, y), number)
    corners = np.asarray(division.getTriangleList()).reshape(-1, 3, 2).tolist()
    found = [[numbers.get((x, y), -1) for x, y in triangle] for triangle in corners]
    return np.array([triangle for triangle in found if min(triangle) >= 0], dtype=np.int64).reshape(-1, 3)


def _winding(places: NDArray[np.float32], starts: NDArray[np.float32], ends: NDArray[np.float32]) -> NDArray[np.int64]:
    """Winding numbers of a closed chain of lines around places [K]."""
    x, y = places[:, 0:1], places[:, 1:2]
    (ax, ay), (bx, by) = starts.T, ends.T
    right = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    up, down = (ay <= y) & (by > y) & (right < 0), (ay > y) & (by <= y) & (right > 0)
    turns: NDArray[np.int64] = up.sum(axis=1) - down.sum(axis=1)
    return turns
