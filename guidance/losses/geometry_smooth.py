"""Losses that keep surfaces smooth."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step
from limn.surface import Surface

Weights = Literal["uniform", "cotangent"]


def cotangent_weights(vertices: Tensor, faces: Tensor, edges: Tensor) -> Tensor:
    """For each edge the sum of the cotangents of the angles across from it, at least 0.

    Args:
        vertices: [P, 3].
        faces: [F, 3].
        edges: every edge once, its lower vertex first, in order [E, 2].

    Returns:
        [E].

    Source: Pinkall and Polthier 1993.
    """
    faces = faces.long()
    weights = vertices.new_zeros(len(edges))
    number = edges[:, 0] * len(vertices) + edges[:, 1]
    for k in range(3):
        apex, a, b = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = vertices[a] - vertices[apex], vertices[b] - vertices[apex]
        cotangent = (u * v).sum(dim=1) / torch.linalg.cross(u, v).norm(dim=1).clamp_min(1e-8)
        edge = torch.searchsorted(number, torch.minimum(a, b) * len(vertices) + torch.maximum(a, b))
        weights = weights.index_add(0, edge, cotangent)
    return weights.clamp_min(0.0)


def laplacian(vertices: Tensor, edges: Tensor, weights: Tensor | None = None) -> Tensor:
    """How far vertices are from the weighted mean of their neighbours: the mean of squared distances.

    Args:
        vertices: of S candidates, their positions or how far they have moved [S, P, 3].
        edges: every edge once [E, 2].
        weights: of the edges [E]; all alike when None.

    Returns:
        [S].

    Source: Sorkine et al. 2004, "Laplacian surface editing"; with cotangents Desbrun et al. 1999.
    """
    if weights is None:
        weights = vertices.new_ones(len(edges))
    a, b = edges.unbind(dim=1)
    pull = weights[:, None] * (gather_rows(vertices, b) - gather_rows(vertices, a))
    total = torch.zeros_like(vertices).index_add(1, a, pull).index_add(1, b, -pull)
    degree = weights.new_zeros(vertices.shape[1]).index_add(0, a, weights).index_add(0, b, weights)
    return (total / degree.clamp_min(1e-8)[:, None]).square().sum(dim=2).mean(dim=1)


def normal_consistency(vertices: Tensor, faces: Tensor, pairs: Tensor) -> Tensor:
    """How much surfaces bend at their edges: the mean of 1 - cos of the angle between the normals of two faces.

    Args:
        vertices: of S candidates [S, P, 3].
        faces: [F, 3].
        pairs: faces that share an edge [K, 2].

    Returns:
        [S], in 0..2.
    """
    a, b, c = gather_rows(vertices, faces).unbind(dim=2)
    normals = torch.linalg.cross(b - a, c - a)
    one, other = gather_rows(normals, pairs).unbind(dim=2)
    bend = 1.0 - F.cosine_similarity(one, other, dim=2, eps=1e-12)
    return bend.mean(dim=1)


class Laplacian(Loss):
    """`laplacian`: neighbouring vertices stay together.

    Args:
        weights: ``uniform``, or ``cotangent`` of the mesh at the start, which lets vertices lie as they do.
        moved: measure how far vertices have moved, not where they are; the mesh at the start then has the loss 0.
    """

    def __init__(self, weights: Weights = "uniform", moved: bool = True) -> None:
        super().__init__()
        self.weights, self.moved = weights, moved

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "laplacian")
        edges = surface.connectivity.edges
        weights = cotangent_weights(surface.rest, surface.faces, edges) if self.weights == "cotangent" else None
        return laplacian(surface.vertices - surface.rest if self.moved else surface.vertices, edges, weights)


class NormalConsistency(Loss):
    """`normal_consistency`: surfaces do not crumple."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "normal_consistency")
        return normal_consistency(surface.vertices, surface.faces, surface.connectivity.pairs)
