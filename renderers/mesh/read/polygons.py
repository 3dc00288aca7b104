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
        Places in ``corners`` [T, 3], in the order of the polygons, at most n - 2 for a polygon of n corners; the
        polygon of each triangle [T]. Polygons that cross themselves stay fans.

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
    firsts = (sizes - 2).cumsum() - (sizes - 2)
    wrong = wrong[length[wrong] > 0]
    _other_diagonal(triangles, firsts[wrong[sizes[wrong] == 4]], points, corners, mean[wrong[sizes[wrong] == 4]])
    kept = np.ones(len(owner), bool)
    for index in wrong[sizes[wrong] > 4]:
        start, size = starts[index], sizes[index]
        cut = _ears(points[corners[start : start + size]], mean[index])
        if cut is not None:
            rows = slice(firsts[index], firsts[index] + size - 2)
            triangles[rows][: len(cut)] = start + cut
            kept[rows][len(cut) :] = False
    return triangles[kept], owner[kept]


def _other_diagonal(triangles: Integers, rows: Integers, points: Floats, corners: Integers, mean: Floats) -> None:
    """Cuts polygons of four corners, whose two triangles begin at ``rows``, along the diagonal inside them."""
    a, b, c, d = (*triangles[rows].T, triangles[rows + 1, 2])
    least = []
    for cut in (((a, b, c), (a, c, d)), ((b, c, d), (b, d, a))):
        corner = points[corners[np.array(cut)]]
        areas = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        least.append(np.einsum("tqk,qk->tq", areas, mean).min(0))
    turn = least[1] > least[0]
    triangles[rows[turn]] = np.stack([b, c, d], 1)[turn]
    triangles[rows[turn] + 1] = np.stack([b, d, a], 1)[turn]


def _ears(points: Floats, mean: Floats) -> Integers | None:
    """Triangles of one polygon [t, 3], which go around its mean normal; None if it crosses itself."""
    axis = np.eye(3)[np.abs(mean).argmin()]
    across = np.cross(mean, axis)
    across = across / np.linalg.norm(across)
    flat = (points - points[0]) @ np.stack([across, np.cross(mean, across) / np.linalg.norm(mean)], 1)
    flat = flat / max(float(np.abs(flat).max()), 1e-300)
    cut: Integers = mapbox_earcut.triangulate_float64(flat, np.array([len(flat)], np.uint32)).astype(np.int64)
    cut = cut.reshape(-1, 3)
    turn = _turn(*(flat[cut[:, corner]] for corner in range(3)))
    cut[turn < 0] = cut[turn < 0][:, ::-1]
    whole = abs(_turn(flat[0], flat[:-1], flat[1:]).sum())
    if abs(np.abs(turn).sum() - whole) > 1e-6 * whole or len(cut) > len(flat) - 2:
        return None
    # Corners on a straight line may be left out, but only where the polygon is flat there.
    rises = np.abs((points - points[0]) @ mean).max() > 1e-3 * np.linalg.norm(mean) * np.ptp(points)
    return None if rises and len(cut) < len(flat) - 2 else cut


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Twice the signed area of flat triangles."""
    turn: Floats = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    return turn
