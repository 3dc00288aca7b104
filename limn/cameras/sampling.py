"""Camera samplers: the cameras of each step, by the name that a config uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from limn.cameras.cameras import Cameras
from limn.cameras.orbit import orbit
from limn.errors import InputError
from limn.ranges import Angle, Angles, Distance, Distances, Elevation, Elevations, Fov, Fovs, Length, Positive, Views
from limn.registry import Registry

Range = tuple[float, float]
Azimuths = tuple[Angle, ...]
Heights = tuple[Elevation, ...]


class Sampler(Protocol):
    """Makes the cameras of each step; the constructor's arguments are its configuration, angles in degrees."""

    def __call__(self, generator: torch.Generator, progress: float) -> Cameras:
        """The cameras of one step.

        Args:
            generator: the only source of randomness.
            progress: the fraction of the run that is done, 0..1.
        """


CAMERAS: Registry[Callable[..., Sampler]] = Registry(
    "camera sampler",
    {
        "clip_mesh": "limn.cameras.sampling:ClipMesh",
        "dreamfusion": "limn.cameras.sampling:DreamFusion",
        "fixed": "limn.cameras.sampling:Fixed",
        "text2mesh": "limn.cameras.sampling:Text2Mesh",
        "turntable": "limn.cameras.sampling:Turntable",
    },
)
"""Samplers by the name that a config uses."""


class Fixed:
    """The same cameras at every step.

    Args:
        azimuths: 0 in front, 90 on +x; one per camera, or one for all.
        elevations: 0 at eye level, 90 above; one per camera, or one for all.
        distance: from the centre of the object, whose radius is 1.
        fov: vertical field of view, 0 is orthographic.
    """

    def __init__(
        self,
        azimuths: Azimuths = (0.0, 90.0, 180.0, 270.0),
        elevations: Heights = (20.0,),
        distance: Distance = 2.5,
        fov: Fov = 50.0,
    ) -> None:
        counts = {len(azimuths), len(elevations)}
        if 0 in counts or len(counts - {1}) > 1:
            raise InputError(
                f"fixed: {len(azimuths)} azimuths and {len(elevations)} elevations; expected as many, or one"
            )
        self.azimuths, self.elevations = _radians(azimuths), _radians(elevations)
        self.distance, self.fov = distance, math.radians(fov)

    def __call__(self, generator: torch.Generator, progress: float) -> Cameras:
        """V cameras."""
        return orbit(self.azimuths, self.elevations, self.distance, self.fov)


class Turntable(Fixed):
    """Evenly spaced cameras around the object, the first in front.

    Args:
        count: of the cameras.
        elevation: 0 at eye level, 90 above.
        distance: from the centre of the object, whose radius is 1.
        fov: vertical field of view, 0 is orthographic.
    """

    def __init__(
        self, count: Views = 8, elevation: Elevation = 20.0, distance: Distance = 2.5, fov: Fov = 50.0
    ) -> None:
        step = 360.0 / _counted("turntable", count)
        super().__init__(tuple(step * k for k in range(count)), (elevation,), distance, fov)


class Text2Mesh:
    """Cameras that scatter normally around a favourite one, which is always the first.

    Source: text2mesh (Michel et al. 2022), ``render.py``; its demos have ``spread`` 4.

    Args:
        count: cameras in a step.
        azimuth: of the favourite.
        elevation: of the favourite.
        spread: the standard deviations are 360 / spread of azimuth and 180 / spread of elevation.
        distance: from the centre of the object, whose radius is 1.
        fov: vertical field of view.
    """

    def __init__(
        self,
        count: Views = 5,
        azimuth: Angle = 0.0,
        elevation: Elevation = 30.0,
        spread: Positive = 4.0,
        distance: Distance = 2.0,
        fov: Fov = 60.0,
    ) -> None:
        self.count, self.spread = _counted("text2mesh", count), spread
        self.azimuth, self.elevation = math.radians(azimuth), math.radians(elevation)
        self.distance, self.fov = distance, math.radians(fov)

    def __call__(self, generator: torch.Generator, progress: float) -> Cameras:
        """V cameras."""
        scatter = torch.randn(2, self.count, generator=generator) * (math.pi / self.spread)
        scatter[:, 0] = 0.0
        return orbit(self.azimuth + 2 * scatter[0], self.elevation + scatter[1], self.distance, self.fov)


class ClipMesh:
    """Cameras all around, mostly low, near and far; the object is often off the middle of the picture.

    Source: CLIP-Mesh (Mohammad Khalid et al. 2022), ``utils/camera.py`` and ``configs/paper.yml``.

    Args:
        count: cameras in a step.
        elevation: the greatest; elevations are this times a Beta(1, ``decay``) draw.
        decay: the larger, the more cameras stand low.
        distance: least and greatest, from the centre of the object, whose radius is 1.
        fov: least and greatest vertical field of view.
        offset: greatest shift of the object, across and up the picture, in world units.
    """

    def __init__(
        self,
        count: Views = 25,
        elevation: Elevation = 90.0,
        decay: Positive = 5.0,
        distance: Distances = (5.0, 12.0),
        fov: Fovs = (30.0, 90.0),
        offset: Length = 2.0,
    ) -> None:
        self.count, self.elevation, self.decay = _counted("clip_mesh", count), math.radians(elevation), decay
        self.distance, self.fov, self.offset = distance, fov, offset

    def __call__(self, generator: torch.Generator, progress: float) -> Cameras:
        """V cameras."""
        draws = torch.rand(6, self.count, generator=generator)
        azimuth = 2 * math.pi * draws[0]
        elevation = self.elevation * (1 - (1 - draws[1]) ** (1 / self.decay))  # Beta(1, b) by its inverse
        distance, fov = _within(self.distance, draws[2]), _within(self.fov, draws[3]).deg2rad()
        turn = orbit(azimuth, elevation, distance, fov).camera_to_world[:, :3, :2]
        target = turn @ (self.offset * (2 * draws[4:] - 1)).T[..., None]
        return orbit(azimuth, elevation, distance, fov, target[..., 0])


class DreamFusion:
    """Cameras all around in equal steps of azimuth, turned at random and shifted a little.

    Half of the steps draw elevations uniformly in angle, the other half uniformly on the sphere.

    Source: DreamFusion (Poole et al. 2022) as in threestudio's ``data/uncond.py``, without its tilt of 0.02.

    Args:
        count: cameras in a step.
        azimuth: least and greatest.
        elevation: least and greatest.
        distance: least and greatest, from the centre of the object; the published values suit objects half as large
            as a mesh of radius 1, which needs 3 to 4.
        fov: least and greatest vertical field of view.
        shake: greatest shift of the camera along each axis, in world units.
        aim: standard deviation of the point that cameras look at, in world units.
    """

    def __init__(
        self,
        count: Views = 4,
        azimuth: Angles = (-180.0, 180.0),
        elevation: Elevations = (-10.0, 45.0),
        distance: Distances = (1.5, 2.0),
        fov: Fovs = (40.0, 70.0),
        shake: Length = 0.1,
        aim: Length = 0.2,
    ) -> None:
        self.count = _counted("dreamfusion", count)
        self.azimuth, self.elevation, self.distance, self.fov = azimuth, elevation, distance, fov
        self.shake, self.aim = shake, aim

    def __call__(self, generator: torch.Generator, progress: float) -> Cameras:
        """V cameras; angles and distance describe the camera after all shifts."""
        count = self.count
        even = torch.rand((), generator=generator) < 0.5
        draws = torch.rand(4, count, generator=generator)
        azimuth = _within(self.azimuth, (torch.arange(count) + draws[0]) / count).deg2rad()
        low, high = (math.radians(angle) for angle in self.elevation)
        on_sphere = _within((math.sin(low), math.sin(high)), draws[1]).clamp(-1, 1).asin()
        elevation = torch.where(even, _within((low, high), draws[1]), on_sphere)
        distance, fov = _within(self.distance, draws[2]), _within(self.fov, draws[3]).deg2rad()
        target = self.aim * torch.randn(count, 3, generator=generator)
        eye = orbit(azimuth, elevation, distance, fov).eye
        eye = eye + self.shake * (2 * torch.rand(count, 3, generator=generator) - 1)
        away = eye - target
        far = away.norm(dim=1)
        return orbit(torch.atan2(away[:, 0], away[:, 2]), (away[:, 1] / far).asin(), far, fov, target)


def _radians(degrees: tuple[float, ...]) -> Tensor:
    return torch.tensor(degrees).deg2rad()


def _within(limits: Range, fraction: Tensor) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * fraction


def _counted(name: str, count: int) -> int:
    if count < 1:
        raise InputError(f"{name}: count is {count}; expected 1 or more")
    return count
