"""Shading: how surfaces look under light, by the name that a config uses; for all 3D renderers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.lights import Lights
from limn.ranges import Fraction
from limn.registry import Registry
from renderers.scene.colour import to_linear, to_srgb


class Shading(Protocol):
    """Shades M points of surfaces; the constructor's arguments are its configuration."""

    def __call__(self, colour: Tensor, normal: Tensor, point: Tensor, eye: Tensor, lights: Lights) -> Tensor:
        """Colours as seen.

        Args:
            colour: of the surface, sRGB in 0..1 [M, 3].
            normal: unit normals in the world, on the side that is seen [M, 3].
            point: in the world [M, 3].
            eye: where the camera stands [M, 3].
            lights: at each point, or the same for all.

        Returns:
            sRGB in 0..1 [M, 3].
        """


SHADINGS: Registry[Callable[..., Shading]] = Registry(
    "shading",
    {
        "lambert": "renderers.scene.shading:Lambert",
        "metallic_roughness": "renderers.scene.shading:MetallicRoughness",
        "unlit": "renderers.scene.shading:Unlit",
    },
)
"""Shadings by the name that a config uses."""


class Unlit:
    """The colour of the surface as it is."""

    def __call__(self, colour: Tensor, normal: Tensor, point: Tensor, eye: Tensor, lights: Lights) -> Tensor:
        """Colours as seen."""
        return colour


class Lambert:
    """A matt surface: colour (environment + sum max(0, n l)), computed in sRGB values as in text2mesh."""

    def __call__(self, colour: Tensor, normal: Tensor, point: Tensor, eye: Tensor, lights: Lights) -> Tensor:
        """Colours as seen."""
        light = lights.environment(normal)
        for direction, strength in lights.sources(point):
            light = light + strength * _dot(normal, direction).clamp_min(0)
        return (colour * light).clamp(0, 1)


class MetallicRoughness:
    """glTF's standard material in linear light: a matt base under GGX highlights.

    Environment light adds to the base and to metals: there is no picture of the surroundings that metals could mirror.

    Source: glTF 2.0, appendix B: D of Trowbridge-Reitz (GGX), V of Smith, F of Schlick; times pi: a light source of
    strength 1 makes a white matt surface white.

    Args:
        metallic: 0 plastic .. 1 metal.
        roughness: 0 mirror .. 1 matt; below 0.1 counts as 0.1, as light sources are points.
    """

    def __init__(self, metallic: Fraction = 0.0, roughness: Fraction = 0.5) -> None:
        self.metallic, self.roughness = metallic, max(roughness, 0.1)

    def __call__(self, colour: Tensor, normal: Tensor, point: Tensor, eye: Tensor, lights: Lights) -> Tensor:
        """Colours as seen."""
        base = to_linear(colour)
        matt, mirror = base * (1 - self.metallic), 0.04 * (1 - self.metallic) + base * self.metallic
        sight = F.normalize(eye - point, dim=1)
        facing = _dot(normal, sight).clamp_min(1e-3)
        light = lights.environment(normal) * (matt + mirror)
        for direction, strength in lights.sources(point):
            lit = _dot(normal, direction).clamp_min(0)
            half = F.normalize(direction + sight, dim=-1)
            fresnel = mirror + (1 - mirror) * (1 - _dot(sight, half).clamp(0, 1)) ** 5
            highlight = self._spread(_dot(normal, half)) * self._hidden(facing, lit)
            light = light + strength * lit * ((1 - fresnel) * matt + torch.pi * fresnel * highlight)
        return to_srgb(light.clamp(0, 1))

    def _spread(self, cosine: Tensor) -> Tensor:
        square = self.roughness**4
        return square / (torch.pi * (cosine.clamp_min(0) ** 2 * (square - 1) + 1) ** 2)

    def _hidden(self, facing: Tensor, lit: Tensor) -> Tensor:
        square = self.roughness**4
        from_light = facing * (lit**2 * (1 - square) + square).sqrt()
        from_eye = lit * (facing**2 * (1 - square) + square).sqrt()
        return 0.5 / (from_light + from_eye)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(dim=1, keepdim=True)
