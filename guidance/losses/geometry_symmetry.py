"""Symmetry: what is left of a plane mirrors what is right of it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step
from limn.surface import Surface

CHUNK = 2**24


def mirror_pairs(rest: Tensor, axis: int) -> Tensor:
    """For each vertex the one that is nearest to its mirror image [P].

    Args:
        rest: [P, 3].
        axis: 0, 1 or 2, across the plane through the origin.
    """
    mirrored = _mirrored(rest, axis)
    rows = max(1, CHUNK // len(rest))
    return torch.cat([torch.cdist(part, rest).argmin(dim=1) for part in torch.split(mirrored, rows)])


def symmetry(moved: Tensor, pairs: Tensor, axis: int) -> Tensor:
    """How differently the two sides have moved: the mean of squared distances.

    Args:
        moved: how far vertices of S candidates are from where they started [S, P, 3].
        pairs: for each vertex the one on the other side [P].
        axis: 0, 1 or 2, across the plane through the origin.

    Returns:
        [S].
    """
    return (moved - _mirrored(gather_rows(moved, pairs), axis)).square().sum(dim=2).mean(dim=1)


class Symmetry(Loss):
    """`symmetry`: a shape that is symmetrical at the start stays so, another becomes no less so.

    Args:
        axis: across the plane through the centre; ``x`` is from left to right seen from the front.
    """

    def __init__(self, axis: Literal["x", "y", "z"] = "x") -> None:
        super().__init__()
        self.axis = "xyz".index(axis)
        self._known: tuple[Tensor, Tensor] | None = None

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Surface, "symmetry")
        if self._known is None or self._known[0] is not surface.rest:
            self._known = surface.rest, mirror_pairs(surface.rest, self.axis)
        return symmetry(surface.vertices - surface.rest, self._known[1], self.axis)


def _mirrored(points: Tensor, axis: int) -> Tensor:
    sign = points.new_ones(3)
    sign[axis] = -1.0
    return points * sign
