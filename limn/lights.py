"""Lights: the light that falls on a scene, the same for all 3D renderers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

CONSTANT = 0.28209479
"""The spherical harmonic of degree 0."""


@dataclass(frozen=True)
class Lights:
    """The lights of V views, or the same lights for any number of views (V = 1).

    Args:
        harmonics: environment light as coefficients of the first K real spherical harmonics 1, y, z, x, xy, yz,
            3z^2 - 1, xz, x^2 - y^2 [V, K, 3], K = 1, 4 or 9; with K = 1 it is the same from all sides (see `ambient`).
        position: of L light sources in homogeneous world coordinates: (x, y, z, 1) is a point light, (x, y, z, 0) a
            light from that direction, infinitely far away [V, L, 4].
        strength: of the light sources [V, L, 3]; a white matt surface that faces one of strength 1 is white.
    """

    harmonics: Tensor
    position: Tensor
    strength: Tensor

    def to(self, device: torch.device | str) -> Lights:
        """The same on another device."""
        return Lights(self.harmonics.to(device), self.position.to(device), self.strength.to(device))

    def __getitem__(self, which: slice | Tensor) -> Lights:
        """The lights of some of the views."""
        return Lights(*(getattr(self, field.name)[which] for field in fields(self)))

    @staticmethod
    def join(parts: Sequence[Lights]) -> Lights:
        """The lights of all views in one; each part has one V for each of its views."""
        return Lights(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Lights)))

    def at(self, view: Tensor) -> Lights:
        """The lights of M points, given the view that shows each [M]; for ``environment`` and ``sources``."""
        if len(self.harmonics) == 1:
            return self
        return Lights(self.harmonics[view], self.position[view], self.strength[view])

    def environment(self, normal: Tensor) -> Tensor:
        """The environment light that a white matt surface reflects.

        Args:
            normal: unit normals of M points in the world [M, 3]; V = M or 1.

        Returns:
            [M, 3] or [1, 3].

        Source: Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance environment maps", over pi.
        """
        count = self.harmonics.shape[1]
        if count == 1:
            return self.harmonics[:, 0] * CONSTANT
        return (irradiance(normal)[:, :count, None] * self.harmonics).sum(dim=1)

    def sources(self, point: Tensor) -> list[tuple[Tensor, Tensor]]:
        """For each light source the unit direction towards it [M, 3] and its strength [M, 3] or [1, 3].

        Args:
            point: M points in the world [M, 3]; V = M or 1.
        """
        found = []
        for place, strength in zip(self.position.unbind(dim=1), self.strength.unbind(dim=1), strict=True):
            found.append((F.normalize(place[:, :3] - place[:, 3:] * point, dim=1), strength))
        return found


def ambient(strength: Tensor) -> Tensor:
    """The harmonics [V, 1, 3] of light from all sides that gives a white surface the colour ``strength`` [V, 3]."""
    return strength[:, None] / CONSTANT


def irradiance(normal: Tensor) -> Tensor:
    """The nine real spherical harmonics of degree 0..2, convolved with the clamped cosine and divided by pi.

    Args:
        normal: unit vectors [..., 3].

    Returns:
        [..., 9].
    """
    x, y, z = normal.unbind(dim=-1)
    linear, square = 2 / 3 * 0.48860251, 1 / 4 * 1.09254843
    return torch.stack(
        [
            torch.full_like(x, CONSTANT),
            linear * y,
            linear * z,
            linear * x,
            square * x * y,
            square * y * z,
            1 / 4 * 0.31539157 * (3 * z * z - 1),
            square * x * z,
            square / 2 * (x * x - y * y),
        ],
        dim=-1,
    )
