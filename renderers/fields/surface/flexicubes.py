"""FlexiCubes: dual marching cubes whose vertices can be moved within their cubes, differentiable by all parameters.

Source: Shen et al. 2023, "Flexible isosurface extraction for gradient-based mesh optimization"; equations after
github.com/nv-tlabs/FlexiCubes (Apache 2.0), the tables are those of `cases`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.checks import Arguments
from renderers.fields.surface.cases import AXES, EDGES, cases
from renderers.fields.surface.marching_cubes import corner_offsets, crossings, cubes, strides

WEIGHTS = 21
"""Of a cube: beta of its 12 edges, alpha of its 8 corners, gamma."""

SCALE = 0.99
"""Of the weights: how far they go from what does nothing."""


@dataclass(frozen=True)
class Extraction:
    """A surface.

    Args:
        vertices: (x, y, z) [P, 3].
        faces: counter-clockwise seen from outside, int32 [F, 3].
        deviation: how unevenly the vertices lie between the crossings around them, a length [].
    """

    vertices: Tensor
    faces: Tensor
    deviation: Tensor


def flexicubes(distances: Tensor, places: Tensor, weights: Tensor, training: bool = True) -> Extraction:
    """The closed surface where distances are zero.

    On a crossed edge the surface is at u = (a_j s_j x_i - a_i s_i x_j) / (a_j s_j - a_i s_i); a vertex is the mean of
    the crossings of its loop, weighted by beta; every crossed edge gives a quadrilateral of the vertices of the four
    cubes around it.

    Args:
        distances: s, negative inside, on the nodes of a grid [Rz, Ry, Rx]; the outermost count as outside.
        places: x, of the nodes, (x, y, z) [Rz, Ry, Rx, 3].
        weights: of the cubes: 12 for beta, 8 for alpha, 1 for gamma; 0 is neutral [Rz - 1, Ry - 1, Rx - 1, 21].
        training: quadrilaterals become four triangles around a middle that depends on gamma, so that gamma has a
            gradient; else two, along the diagonal with the larger product of gammas.

    Raises:
        InputError: tensors that do not fit together.
    """
    given = Arguments("flexicubes")
    distances = given.numbers("distances", distances, "Rz Ry Rx")
    places = given.numbers("places", places, "Rz Ry Rx 3")
    z, y, x = (side - 1 for side in distances.shape)
    weights = given.numbers("weights", weights, f"{z} {y} {x} {WEIGHTS}")
    distances = _closed(distances)
    cut = _Cut.of(distances < 0)
    # Numbered as nodes, as cubes are here.
    weights = F.pad(weights, (0, 0) + (0, 1) * 3).view(-1, WEIGHTS)[cut.first]
    vertices, vertex_of_edge, deviation = _vertices(distances.flatten(), places.view(-1, 3), weights, cut)
    quads = _quads(cut, vertex_of_edge)
    gamma = (1 - SCALE) / 2 + SCALE * weights[:, 20].sigmoid()
    gammas = gamma.repeat_interleave(cases(gamma.device).loops[cut.code])[quads]
    even, odd = gammas[:, 0] * gammas[:, 2], gammas[:, 1] * gammas[:, 3]
    if training:
        corners = vertices[quads]
        middles = (corners[:, [0, 2]].mean(dim=1), corners[:, [1, 3]].mean(dim=1))
        middle = (even[:, None] * middles[0] + odd[:, None] * middles[1]) / (even + odd + 1e-8)[:, None]
        number = torch.arange(len(quads), device=quads.device)[:, None] + len(vertices)
        sides = [torch.cat([quads[:, [k, (k + 1) % 4]], number], dim=1) for k in range(4)]
        vertices, faces = torch.cat([vertices, middle]), torch.cat(sides)
    else:
        along = torch.where((even > odd)[:, None], quads, quads.roll(-1, dims=1))
        faces = torch.cat([along[:, [0, 1, 2]], along[:, [0, 2, 3]]])
    return Extraction(vertices, faces.int(), deviation)


def _closed(distances: Tensor) -> Tensor:
    border = F.pad(torch.zeros_like(distances[1:-1, 1:-1, 1:-1], dtype=torch.bool), (1,) * 6, value=True)
    return torch.where(border, distances.abs(), distances)


@dataclass(frozen=True)
class _Cut:
    """The n cubes that the surface cuts.

    Args:
        inside: of nodes [Rz, Ry, Rx].
        first: their first nodes [n].
        row: which of them begins at a node, -1 for none [Rz * Ry * Rx].
        code: their cases [n].
    """

    inside: Tensor
    first: Tensor
    row: Tensor
    code: Tensor

    @classmethod
    def of(cls, inside: Tensor) -> _Cut:
        """The cubes; turned inside out where two of them would meet at one edge four times."""
        first, code = cubes(inside)
        row = torch.full((inside.numel(),), -1, device=inside.device)
        row[first] = torch.arange(len(first), device=inside.device)
        side = cases(inside.device).touching[code]
        (touching,) = torch.where(side >= 0)
        across = side[touching]
        steps = torch.tensor(strides(inside), device=inside.device)
        # There is a cube beyond, because the nodes of the border are outside.
        other = row[first[touching] + steps[across // 2] * (across % 2 * 2 - 1)]
        both = touching[side[other] == across ^ 1]
        return cls(inside, first, row, code.index_copy(0, both, 255 - code[both]))


def _vertices(distances: Tensor, places: Tensor, weights: Tensor, cut: _Cut) -> tuple[Tensor, Tensor, Tensor]:
    """Vertices [P, 3], which of them belongs to an edge of a cube [n, 12], and the deviation."""
    table = cases(distances.device)
    loop, count = table.loop_of_edge[cut.code], table.loops[cut.code]
    vertex_of_edge = torch.where(loop >= 0, loop + (count.cumsum(0) - count)[:, None], -1)
    cube, edge = torch.where(loop >= 0)
    owner, total = vertex_of_edge[cube, edge], int(count.sum())
    axis, start = torch.tensor(EDGES, device=cube.device)[edge].unbind(dim=1)
    ends = torch.stack([start, start + (1 << axis)], dim=1)
    node = cut.first[cube, None] + corner_offsets(cut.inside)[ends]
    alpha, beta = 1 + SCALE * weights[:, 12:20].tanh(), 1 + SCALE * weights[:, :12].tanh()
    value, place = distances[node], places[node]
    moved = _crossing(value * alpha[cube[:, None], ends], place)
    share = beta[cube, edge][:, None]
    vertices = _sums(moved * share, owner, total) / _sums(share, owner, total)
    apart = (_crossing(value, place) - vertices[owner]).norm(dim=1, keepdim=True)
    mean = _sums(apart, owner, total) / _sums(torch.ones_like(apart), owner, total)
    deviation = (apart - mean[owner]).abs().sum() / max(len(owner), 1)
    return vertices, vertex_of_edge, deviation


def _crossing(value: Tensor, place: Tensor) -> Tensor:
    """Where values [K, 2] at places [K, 2, 3] are zero between them [K, 3]."""
    a, b = value[:, :1], value[:, 1:]
    return (b * place[:, 0] - a * place[:, 1]) / (b - a)


def _sums(values: Tensor, owner: Tensor, count: int) -> Tensor:
    return values.new_zeros(count, values.shape[1]).index_add(0, owner, values)


def _quads(cut: _Cut, vertex_of_edge: Tensor) -> Tensor:
    """The vertices around each crossed edge, counter-clockwise seen from outside [E, 4]."""
    start, _, number = crossings(cut.inside)
    steps, quads = strides(cut.inside), []
    of_axis = torch.split(start, (number >= 0).sum(dim=1).tolist())
    for axis, nodes in zip(AXES, of_axis, strict=True):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        corners = []
        for back_u, back_v in ((0, 0), (1, 0), (1, 1), (0, 1)):  # counter-clockwise seen from the edge's end
            cube = cut.row[nodes - back_u * steps[u] - back_v * steps[v]]
            corners.append(vertex_of_edge[cube, EDGES.index((axis, back_u << u | back_v << v))])
        quads.append(torch.stack(corners, dim=1))
    around = torch.cat(quads)
    return torch.where(cut.inside.flatten()[start][:, None], around, around.flip(1))
