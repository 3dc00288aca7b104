"""Losses that keep the sizes of surfaces: of edges, of the whole, of what it encloses."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step
from limn.surface import Surface


def edge_lengths(vertices: Tensor, edges: Tensor) -> Tensor:
    """Lengths of edges [E, 2] between vertices [..., P, 3]: [..., E]."""
    a, b = gather_rows(vertices, edges).unbind(dim=-2)
    return (b - a).square().sum(dim=-1).clamp_min(1e-12).sqrt()


def edge_stretch(lengths: Tensor, wanted: Tensor) -> Tensor:
    """How far edges are from the lengths that they should have: mean square, over the mean square of those.

    Args:
        lengths: of S candidates [S, E].
        wanted: [E] or [S, E].

    Returns:
        [S]; 1 where edges have vanished.
    """
    return (lengths - wanted).square().mean(dim=-1) / wanted.square().mean(dim=-1)


def volume(vertices: Tensor, faces: Tensor) -> Tensor:
    """What closed surfaces enclose, negative where inside out.

    Args:
        vertices: [..., P, 3].
        faces: [F, 3].

    Returns:
        [...].

    Source: the divergence theorem, sum of a (b x c) / 6.
    """
    a, b, c = gather_rows(vertices, faces).unbind(dim=-2)
    inside: Tensor = (a * torch.linalg.cross(b, c)).sum(dim=(-2, -1)) / 6.0
    return inside


def area(vertices: Tensor, faces: Tensor) -> Tensor:
    """Areas of surfaces [...], of vertices [..., P, 3] and faces [F, 3]."""
    a, b, c = gather_rows(vertices, faces).unbind(dim=-2)
    across: Tensor = torch.linalg.cross(b - a, c - a)
    return across.square().sum(dim=-1).clamp_min(1e-20).sqrt().sum(dim=-1) / 2.0


class EdgeLength(Loss):
    """`edge_stretch`: triangles neither collapse nor grow.

    Args:
        wanted: the lengths at the ``start``, or the ``mean`` of each candidate, which makes triangles alike.
    """

    def __init__(self, wanted: Literal["start", "mean"] = "start") -> None:
        super().__init__()
        self.wanted = wanted

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "edge_length")
        lengths = edge_lengths(surface.vertices, surface.connectivity.edges)
        if self.wanted == "mean":
            return edge_stretch(lengths, lengths.detach().mean(dim=1, keepdim=True))
        return edge_stretch(lengths, edge_lengths(surface.rest, surface.connectivity.edges))


class Volume(Loss):
    """Squared relative change of the `volume` since the start; for closed meshes."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "volume")
        return _change(volume(surface.vertices, surface.faces), volume(surface.rest, surface.faces))


class Area(Loss):
    """Squared relative change of the `area` since the start."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "area")
        return _change(area(surface.vertices, surface.faces), area(surface.rest, surface.faces))


def _change(now: Tensor, start: Tensor) -> Tensor:
    return (now / start.abs().clamp_min(1e-8) - start.sign()).square()
