"""Light samplers: the lights of each step, by the name that a config uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Protocol

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.lights import Lights, ambient
from limn.ranges import Angle, Distances, Elevation
from limn.registry import Registry

Brightness = Annotated[float, Field(ge=0, le=100)]
Coordinate = Annotated[float, Field(ge=-1e3, le=1e3)]
Coefficient = Annotated[float, Field(ge=-100, le=100)]


class LightSampler(Protocol):
    """Makes the lights of each step; the constructor's arguments are its configuration, angles in degrees."""

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views.

        Args:
            cameras: of the views.
            generator: the only source of randomness.
        """


LIGHTS: Registry[Callable[..., LightSampler]] = Registry(
    "light sampler",
    {
        "cosine": "renderers.scene.light_samplers:Cosine",
        "directional": "renderers.scene.light_samplers:Directional",
        "harmonics": "renderers.scene.light_samplers:Harmonics",
        "point": "renderers.scene.light_samplers:Point",
        "random_point": "renderers.scene.light_samplers:RandomPoint",
    },
)
"""Light samplers by the name that a config uses."""


class Directional:
    """A sun, and a sky that is equally bright everywhere.

    Args:
        azimuth: of the sun, 0 in front, 90 on +x.
        elevation: of the sun, 90 above.
        ambient: brightness of the sky.
        strength: of the sun; with ``ambient`` 1 in sum, a white surface that faces the sun is white.
        follow: the sun turns with the camera, and ``azimuth`` is counted from there.
    """

    def __init__(
        self,
        azimuth: Angle = 30.0,
        elevation: Elevation = 45.0,
        ambient: Brightness = 0.5,
        strength: Brightness = 0.5,
        follow: bool = False,
    ) -> None:
        self.azimuth, self.elevation = math.radians(azimuth), math.radians(elevation)
        self.ambient, self.strength, self.follow = ambient, strength, follow

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views."""
        azimuth = self.azimuth + (cameras.azimuth if self.follow else torch.zeros(len(cameras)))
        return _one_source(orbit(azimuth, self.elevation, 1.0, 1.0).eye, 0.0, self.ambient, self.strength)


class Point:
    """A point light at one place; its strength does not fall with distance.

    Args:
        position: x, y, z in the world.
        ambient: light from all sides.
        strength: of the point light.
    """

    def __init__(
        self,
        position: tuple[Coordinate, Coordinate, Coordinate] = (1.0, 2.0, 2.0),
        ambient: Brightness = 0.5,
        strength: Brightness = 0.5,
    ) -> None:
        self.position, self.ambient, self.strength = torch.tensor(position), ambient, strength

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views."""
        return _one_source(self.position.expand(len(cameras), 3), 1.0, self.ambient, self.strength)


class RandomPoint:
    """A point light on the camera's side, at another place in every view.

    Source: DreamFusion (Poole et al. 2022) as in threestudio: normalise(camera + N(0, 1)) U(0.8, 1.5).

    Args:
        distance: least and greatest, from the centre.
        ambient: light from all sides.
        strength: of the point light.
    """

    def __init__(self, distance: Distances = (0.8, 1.5), ambient: Brightness = 0.1, strength: Brightness = 0.9) -> None:
        self.distance, self.ambient, self.strength = distance, ambient, strength

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views."""
        near, far = self.distance
        towards = F.normalize(cameras.eye + torch.randn(len(cameras), 3, generator=generator), dim=1)
        away = near + (far - near) * torch.rand(len(cameras), 1, generator=generator)
        return _one_source(towards * away, 1.0, self.ambient, self.strength)


class Cosine:
    """A sun behind the camera; its direction is drawn with the cosine of its angle to the line of sight.

    Source: CLIP-Mesh (Mohammad Khalid et al. 2022).

    Args:
        ambient: light from all sides.
        strength: of the sun.
    """

    def __init__(self, ambient: Brightness = 0.3, strength: Brightness = 0.7) -> None:
        self.ambient, self.strength = ambient, strength

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views."""
        height, turn = torch.rand(2, len(cameras), generator=generator)
        radius, turn = height.sqrt(), 2 * math.pi * turn
        local = torch.stack([radius * turn.cos(), radius * turn.sin(), (1 - height).sqrt()], dim=1)
        world = (cameras.camera_to_world[:, :3, :3] @ local[..., None])[..., 0]
        return _one_source(world, 0.0, self.ambient, self.strength)


class Harmonics:
    """Environment light by spherical harmonics.

    Source: text2mesh (Michel et al. 2022) has the four ones that are the default.

    Args:
        coefficients: of 1, y, z, x, xy, yz, 3z^2 - 1, xz, x^2 - y^2: the first 1, 4 or all 9; 3.545 for the first and
            0 for the others makes white surfaces white.
    """

    def __init__(self, coefficients: tuple[Coefficient, ...] = (1.0, 1.0, 1.0, 1.0)) -> None:
        if len(coefficients) not in (1, 4, 9):
            raise InputError(f"harmonics: {len(coefficients)} coefficients; expected 1, 4 or 9")
        self.coefficients = torch.tensor(coefficients)

    def __call__(self, cameras: Cameras, generator: torch.Generator) -> Lights:
        """The lights of V views."""
        views = len(cameras)
        nothing = torch.zeros(views, 0, 4)
        return Lights(self.coefficients[None, :, None].expand(views, -1, 3), nothing, nothing[..., :3])


def _one_source(place: Tensor, w: float, environment: float, strength: float) -> Lights:
    position = F.pad(place, (0, 1), value=w)
    white = torch.ones(len(place), 3)
    return Lights(ambient(environment * white), position[:, None], (strength * white)[:, None])
