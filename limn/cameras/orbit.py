"""Cameras on spheres around an object."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from limn.cameras.cameras import Cameras
from limn.cameras.matrices import Value, look_at, orthographic, perspective
from limn.checks import Arguments

CENTRE = (0.0, 0.0, 0.0)


def orbit(
    azimuth: Value,
    elevation: Value,
    distance: Value,
    fov: Value,
    target: Tensor | None = None,
    aspect: float = 1.0,
) -> Cameras:
    """Cameras on spheres about a point, which is the middle of their pictures.

    Args:
        azimuth: about the y axis in radians, 0 in front (on +z), pi / 2 on +x [V] or a number.
        elevation: in radians, 0 at eye level, pi / 2 above [V] or a number; beyond +-pi / 2 the camera passes the
            pole and stands upright on the other side.
        distance: from the point, above 0 [V] or a number.
        fov: vertical field of view in radians [V] or a number; 0 is orthographic and shows the same region as a lens of
            60 degrees at that distance.
        target: the point [V, 3] or [3]; the origin when None.
        aspect: width of the pictures over their height; renderers fit it to what they draw.

    Returns:
        V cameras, their angles folded to elevation -pi / 2..pi / 2 and azimuth -pi..pi.

    Raises:
        InputError: an argument does not fit.
    """
    given = Arguments("orbit")
    columns = {
        "azimuth": given.values("azimuth", azimuth),
        "elevation": given.values("elevation", elevation),
        "distance": given.values("distance", distance, above=0.0),
        "fov": given.values("fov", fov, least=0.0, below=math.pi),
    }
    around, above, away, lens = (column.float() for column in given.as_many(**columns))
    over = above.cos() < -1e-6  # 90 degrees in float32 are not
    around = torch.where(over, around + math.pi, around)
    around, above = torch.atan2(around.sin(), around.cos()), above.sin().asin()
    sine, cosine = above.sin(), above.cos()
    outward = torch.stack([around.sin() * cosine, sine, around.cos() * cosine], dim=1)
    up = torch.stack([-around.sin() * sine, cosine, -around.cos() * sine], dim=1)  # defined at the poles, too
    centre = torch.tensor(CENTRE) if target is None else target
    view = look_at(centre + outward * away[:, None], centre, up)
    shape = torch.full_like(lens, given.number("aspect", aspect, above=0.0))
    return Cameras(view, projection(away, lens, aspect), around, above, away, lens, aspect=shape)


def projection(distance: Tensor, fov: Tensor, aspect: float = 1.0) -> Tensor:
    """The projections of `orbit` [V, 4, 4]."""
    flat = orthographic(2 * distance * math.tan(math.pi / 6), aspect)
    lens = perspective(torch.where(fov == 0, torch.ones_like(fov), fov), aspect)
    return torch.where((fov == 0)[:, None, None], flat, lens)


def turntable(
    count: int, elevation: float = 0.35, distance: float = 2.5, fov: float = 0.87, aspect: float = 1.0
) -> Cameras:
    """Evenly spaced cameras around an object; the first is in front, the next to its right.

    Args:
        count: V, from 1.
        elevation: in radians.
        distance: from the origin.
        fov: vertical field of view in radians, 0 is orthographic.
        aspect: width of the pictures over their height; renderers fit it to what they draw.

    Raises:
        InputError: an argument does not fit.
    """
    count = Arguments("turntable").count("count", count)
    return orbit(torch.arange(count) * (2 * math.pi / count), elevation, distance, fov, aspect=aspect)
