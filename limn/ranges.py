"""Ranges: the numbers that constructors take, as types. Whatever reads a constructor as a schema checks them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

Number = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Any number of a size that single precision can work with."""

Positive = Annotated[float, Field(ge=1e-6, le=1e6)]
"""More than nothing."""

NonNegative = Annotated[float, Field(ge=0, le=1e6)]
"""Nothing or more."""

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole, 0..1."""

Rate = Annotated[float, Field(ge=0, le=1e3)]
"""A learning rate; 0 keeps things as they are."""

PositiveRate = Annotated[float, Field(gt=0, le=1e3)]
"""A learning rate that moves something."""

Angle = Annotated[float, Field(ge=-360, le=360)]
"""Degrees."""

Elevation = Annotated[float, Field(ge=-90, le=90)]
"""Degrees above the horizon."""

Fov = Annotated[float, Field(ge=0, lt=180)]
"""A vertical field of view in degrees; 0 is orthographic."""

Distance = Annotated[float, Field(ge=1e-3, le=1e3)]
"""From a camera or light to the centre of a scene of radius 1."""

Length = Annotated[float, Field(ge=0, le=1e3)]
"""In a scene of radius 1."""

PenWidth = Annotated[float, Field(ge=0.01, le=4096)]
"""Of a stroke in pixels."""

Scale = Annotated[float, Field(ge=-1e3, le=1e3)]
"""A guidance scale; below zero it leads away from the prompt."""

InputSize = Annotated[int, Field(ge=8, le=4096)]
"""Height and width of what a network looks at, in pixels."""

Reach = Annotated[float, Field(ge=1e-3, le=0.5)]
"""A radius as a fraction of the canvas."""

Steps = Annotated[int, Field(ge=1, le=10_000_000)]
"""Steps of a run."""

Views = Annotated[int, Field(ge=1, le=256)]
"""Views of a scene in one step."""

Side = Annotated[int, Field(ge=1, le=4096)]
"""Side of a grid of texels or pixels."""


def _rising(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        raise ValueError(f"expected the least and the greatest, got {list(limits)}")
    return limits


Rising: Any = AfterValidator(_rising)
"""Marks a pair of numbers as least and greatest."""

Distances = Annotated[tuple[Distance, Distance], Rising]
Fovs = Annotated[tuple[Fov, Fov], Rising]
Angles = Annotated[tuple[Angle, Angle], Rising]
Elevations = Annotated[tuple[Elevation, Elevation], Rising]
