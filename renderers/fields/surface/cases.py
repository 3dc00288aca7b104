"""Cases: how a surface cuts a cube, for each of the 256 sets of corners that may lie inside.

Corner c is at (c & 1, c >> 1 & 1, c >> 2 & 1); bit c of a case says that it is inside. Edge 4 a + k runs along axis a.
The surface crosses the edges between inside and outside, and its crossings form loops, counter-clockwise seen from
outside. On a side of the cube whose inside corners are two opposite ones, each is cut off alone, so that cubes that
share the side agree.

Source: Lorensen and Cline 1987, "Marching cubes"; Nielson 2004, "Dual marching cubes". The tables are worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

Loop = tuple[int, ...]

AXES = (0, 1, 2)
EDGES = tuple((a, c) for a in AXES for c in range(8) if not c >> a & 1)
"""Axis, and first corner, of every edge."""

_NUMBER = {frozenset((c, c | 1 << a)): number for number, (a, c) in enumerate(EDGES)}


def _side(axis: int, far: int) -> tuple[int, int, int, int]:
    """Corners of a side of the cube, counter-clockwise seen from outside."""
    u, v, base = 1 << (axis + 1) % 3, 1 << (axis + 2) % 3, far << axis
    around = (base, base | u, base | u | v, base | v)
    return around if far else around[::-1]


SIDES = tuple(_side(axis, far) for axis in AXES for far in (0, 1))
_EDGES_OF_SIDE = [{_NUMBER[frozenset(pair)] for pair in pairwise((*side, side[0]))} for side in SIDES]


def _segments(case: int, side: tuple[int, ...]) -> list[tuple[int, int]]:
    """The lines of the surface on a side of the cube: edges where they begin and end."""
    inside = [case >> corner & 1 for corner in side]
    found = []
    for enter in range(4):
        if not inside[enter] and inside[(enter + 1) % 4]:
            leave = next(i % 4 for i in range(enter + 1, enter + 4) if not inside[(i + 1) % 4])
            found.append(tuple(_NUMBER[frozenset((side[i], side[(i + 1) % 4]))] for i in (enter, leave)))
    return found  # type: ignore[return-value]


def loops(case: int) -> list[Loop]:
    """The loops of crossed edges of a case, each counter-clockwise seen from outside."""
    following = dict(segment for side in SIDES for segment in _segments(case, side))
    found = []
    while following:
        start, edge = following.popitem()
        loop = [start]
        while edge != start:
            loop.append(edge)
            edge = following.pop(edge)
        found.append(tuple(loop))
    return sorted(found, key=min)


def _triangles(loop: Loop) -> list[tuple[int, int, int]]:
    """A loop cut into triangles: with the fewest inner edges on a side of the cube, then the shortest."""
    return min(_cuts(loop), key=lambda cut: sum(_cost(a, b) for t in cut for a, b in pairwise((*t, t[0]))))


def _cuts(loop: Loop) -> list[list[tuple[int, int, int]]]:
    if len(loop) < 3:
        return [[]]
    first, last = loop[0], loop[-1]
    return [
        [*left, (first, loop[i], last), *right]
        for i in range(1, len(loop) - 1)
        for left in _cuts(loop[: i + 1])
        for right in _cuts(loop[i:])
    ]


@cache
def _cost(a: int, b: int) -> float:
    """Of an edge between the middles of two edges of the cube."""
    shared = any(a in edges and b in edges for edges in _EDGES_OF_SIDE)
    middles = [[(corner >> k & 1) + (k == axis) / 2 for k in AXES] for axis, corner in (EDGES[a], EDGES[b])]
    apart: float = sum((p - q) ** 2 for p, q in zip(*middles, strict=True))
    return 100.0 * shared + apart


def _touching(case: int) -> int:
    """The side that one loop crosses twice, -1 for none."""
    for number, side in enumerate(SIDES):
        starts = [start for start, _ in _segments(case, side)]
        if len(starts) == 2 and any(set(starts) <= set(loop) for loop in loops(case)):
            return number
    return -1


@dataclass(frozen=True)
class Cases:
    """What follows from the loops, as tables.

    Args:
        first_triangle: of each case, and their number at the end [257].
        triangles: edges of the cube [n, 3].
        loop_of_edge: the number of the loop that an edge is on, -1 for none [256, 12].
        loops: how many a case has [256].
        touching: the side of the cube that one loop crosses twice, -1 for none [256].
    """

    first_triangle: Tensor
    triangles: Tensor
    loop_of_edge: Tensor
    loops: Tensor
    touching: Tensor


@cache
def cases(device: torch.device) -> Cases:
    """The tables of all cases, int64, on a device."""
    if device.type != "cpu":
        made = cases(torch.device("cpu"))
        return Cases(*(getattr(made, field.name).to(device) for field in fields(Cases)))
    every = [loops(case) for case in range(256)]
    cut = [[triangle for loop in found for triangle in _triangles(loop)] for found in every]
    owner = [[next((i for i, loop in enumerate(found) if e in loop), -1) for e in range(12)] for found in every]
    return Cases(
        torch.tensor([0, *map(len, cut)]).cumsum(0),
        torch.tensor([triangle for found in cut for triangle in found]),
        torch.tensor(owner),
        torch.tensor([len(found) for found in every]),
        torch.tensor([_touching(case) for case in range(256)]),
    )
