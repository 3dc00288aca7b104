"""Outlines that cross themselves, and how they are kept from it."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from limn.launch import arrays, launch, launch_sliced
from renderers.strokes.scene import Topology
from renderers.strokes.tables import STROKE, running_total, subdivisions, tables_of

CLOSE = 0.01
"""How far in pixels the straight lines that are tested may lie from their curves."""

FEWEST = 8
"""Lines that stand for a cubic, however small it is."""

GRID = 1000
"""Places in a pixel that a written file can tell apart; what is tested is what is written."""

GRAIN = 64
"""Least outlines for a slice of its own."""

RELAXED = 0.2
"""How far the handles of a cubic that crosses go towards a straight line."""

ROUNDS = 3
"""How often only what still crosses goes back, before its whole path does."""


@torch.no_grad()
def crossing(topology: Topology, points: Tensor) -> Tensor:
    """Which filled paths have an outline that crosses itself, or turns back by more than 160 degrees.

    Args:
        topology: of the paths, of which those that are filled have one subpath.
        points: control points in pixels [S, N, 2].

    Returns:
        Bool [S, P]; False for paths that are not filled.
    """
    return _of_paths(topology, _crossing_cubics(topology, points))


@torch.no_grad()
def uncrossed(topology: Topology, points: Tensor, before: Tensor) -> Tensor:
    """Moves those control points that a step made cross: the handles of a cubic straighten; if that is not enough, the
    cubic goes back, and at last its path.

    Args:
        topology: see `crossing`.
        points: after a step [S, N, 2].
        before: it, where no path crosses itself [S, N, 2].

    Returns:
        [S, N, 2], ``points`` itself where nothing crosses.
    """
    tables, wanted = tables_of(topology, points.device), None
    for done in range(ROUNDS + 2):
        cubics = _crossing_cubics(topology, points, wanted)
        if not cubics.any():
            break
        wanted = _of_paths(topology, cubics)
        if done > ROUNDS:
            cubics = wanted[:, _owners(topology, points.device)]
        row, cubic = torch.nonzero(cubics, as_tuple=True)
        places = row[:, None], tables.cubics[cubic].long()
        points = points.clone()
        if done == 0:
            corners = points[places]
            thirds = torch.lerp(corners[:, :1], corners[:, 3:], torch.tensor([[1 / 3], [2 / 3]]).to(points))
            points[row[:, None], places[1][:, 1:3]] = torch.lerp(corners[:, 1:3], thirds, RELAXED)
        else:
            points[places] = before[places]
    return points


def _crossing_cubics(topology: Topology, points: Tensor, wanted: Tensor | None = None) -> Tensor:
    """Bool [S, C]; ``wanted`` says which paths are looked at [S, P], all if None."""
    from renderers.strokes import kernels

    tables, device = tables_of(topology, points.device), points.device
    paths, loops = _loops(topology, device)
    candidates, count = points.shape[0], len(tables.cubics)
    points = (points * GRID).round() / GRID
    line_ends, line_count = running_total(subdivisions(points, tables.cubics, CLOSE).clamp_min_(FEWEST).flatten())
    lines = points.new_empty(line_count, 4)
    flattened = (*arrays(points.flatten(0, 1), tables.cubics, line_ends), points.shape[1], count, *arrays(lines))
    launch(kernels.flatten, candidates * count, flattened, device)
    corners = points[:, tables.cubics.long()]
    # A cubic all of whose legs run along its chord does not meet itself.
    legs = corners.diff(dim=2)
    tangents = torch.cat([legs[:, :, 0], legs[:, :, 2]], dim=-1).flatten(0, 1)
    along = (legs * (corners[:, :, 3:] - corners[:, :, :1])).sum(dim=-1)
    bent = (along <= 0).any(dim=2).int().flatten()
    boxes = torch.cat([corners.amin(dim=2), corners.amax(dim=2)], dim=-1).flatten(0, 1)
    looked = torch.ones(candidates, len(paths)) if wanted is None else wanted[:, paths]
    looked = looked.to(device, torch.int32).flatten()
    crossed = torch.zeros(candidates * count, dtype=torch.int32, device=device)
    tested = (*arrays(lines, line_ends, tangents, boxes, bent, loops, looked), count, *arrays(crossed))
    launch_sliced(kernels.crossings, len(looked), GRAIN, tested, device)
    return crossed.view(candidates, count) > 0


def _of_paths(topology: Topology, cubics: Tensor) -> Tensor:
    """Paths [S, P] of cubics [S, C]."""
    found = torch.zeros(len(cubics), len(topology.paths), dtype=torch.bool, device=cubics.device)
    row, cubic = torch.nonzero(cubics, as_tuple=True)
    found[row, _owners(topology, cubics.device)[cubic]] = True
    return found


@lru_cache(maxsize=64)
def _owners(topology: Topology, device: torch.device) -> Tensor:
    """The path of every cubic [C]."""
    tables = tables_of(topology, device)
    return tables.layers[:, 0].long()[tables.cubic_layers.amax(dim=1).long()]


@lru_cache(maxsize=64)
def _loops(topology: Topology, device: torch.device) -> tuple[Tensor, Tensor]:
    """The path and the first cubic and end of cubics of every fill."""
    layers = tables_of(topology, device).layers
    fills = layers[layers[:, 1] != STROKE]
    return fills[:, 0].long(), fills[:, 2:].contiguous()
