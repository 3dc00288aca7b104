"""Polygons become triangles."""

from __future__ import annotations

import mapbox_earcut
import numpy as np

from renderers.mesh.read.part import Floats, Integers

FLAT = 1e-12  # share of the polygon's area by which a triangle of a fan may lie on the wrong side


def triangulate(points: Floats, corners: Integers, sizes: Integers) -> tuple[Integers, Integers]:
    """Cuts polygons into triangles: a fan around the first corner where that covers the polygon, else by ear clipping.

    Polygons need not be flat; they are cut as seen along their mean normal.

    Args:
        points: of all polygons [P, 3].
        corners: the points of one polygon after the other [C].
        sizes: how many corners each polygon has, from 3 [N].

    Returns:
        Places in ``corners`` [T, 3], in the order of the polygons, at most n - 2 for a polygon of n corners; the polygon
        of each triangle [T].

    Source: github.com/mapbox/earcut; the mean normal is Newell's (Sutherland, Sproull and Schumacker 1974).
    """
    starts = sizes.cumsum() - sizes
    owner = np.repeat(np.arange(len(sizes)), sizes - 2)
    step = np.arange(len(owner)) - np.repeat((sizes - 2).cumsum() - (sizes - 2), sizes - 2)
    first = starts[owner]
    triangles = np.stack([first, first + step + 1, first + step + 2], 1)
    if (sizes == 3).all():
        return triangles, owner
    a, b, c = (points[corners[triangles[:, corner]]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    mean = np.zeros((len(sizes), 3))
    np.add.at(mean, owner, normals)
    length = np.linalg.norm(mean, axis=1)
    along = np.einsum("tk,tk->t", normals, mean[owner])
    wrong = np.unique(owner[along < -FLAT * length[owner] ** 2])
    kept, firsts = np.ones(len(owner), bool), (sizes - 2).cumsum() - (sizes - 2)
    for index in wrong[length[wrong] > 0]:
        start, size = starts[index], sizes[index]
        cut = _ears(points[corners[start : start + size]], mean[index] / length[index])
        rows = slice(firsts[index], firsts[index] + size - 2)
        triangles[rows][: len(cut)] = start + cut[: size - 2]
        kept[rows][len(cut) :] = False
    return triangles[kept], owner[kept]


def _ears(points: Floats, normal: Floats) -> Integers:
    """Triangles of one polygon [t, 3], whose corners go around its normal."""
    axis = np.eye(3)[np.abs(normal).argmin()]
    across = np.cross(normal, axis)
    flat = (points - points[0]) @ np.stack([across, np.cross(normal, across)], 1)
    flat = flat / max(float(np.abs(flat).max()), 1e-300)
    cut: Integers = mapbox_earcut.triangulate_float64(flat, np.array([len(flat)], np.uint32)).astype(np.int64)
    cut = cut.reshape(-1, 3)
    a, b, c = (flat[cut[:, corner]] for corner in range(3))
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    cut[turn < 0] = cut[turn < 0][:, ::-1]
    return cut
