"""Fields that are formulas, drawn by marching."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from field_shapes import sphere, torus
from torch import Tensor

from limn.cameras import Cameras
from limn.frames import Frames
from renderers.fields.operations.composite import composite
from renderers.fields.operations.march import march
from renderers.fields.rays import rays_of

STEP = 0.03


class Marched:
    """One field.

    Args:
        raw: of points.
        densities: of raw values.
        inside_above: as of `FieldLike`.
    """

    level = 0.0

    def __init__(
        self, raw: Callable[[Tensor], Tensor], densities: Callable[[Tensor], Tensor], inside_above: bool
    ) -> None:
        self._raw, self._densities, self.inside_above = raw, densities, inside_above

    def raw(self, points: Tensor, candidate: int) -> Tensor:
        return self._raw(points)

    def density(self, points: Tensor, candidate: int) -> Tensor:
        return self._densities(self._raw(points))

    def colour(self, points: Tensor, candidate: int) -> Tensor:
        return 0.5 + 0.4 * torch.sin(6 * points)

    def render(self, cameras: Cameras, size: tuple[int, int]) -> Frames:
        origins, directions = (part.reshape(-1, 3).contiguous() for part in rays_of(cameras, size))
        samples = march(origins, directions, torch.zeros(len(origins), dtype=torch.int32), None, STEP)
        alpha = 1 - torch.exp(-self.density(samples.points, 0) * samples.lengths)
        _, opacity, colours, _ = composite(alpha, self.colour(samples.points, 0), samples)
        opacity, colours = (part.view(1, len(cameras), *size, -1).movedim(-1, 2) for part in (opacity, colours))
        return Frames(rgb=colours + (1 - opacity), alpha=opacity, cameras=cameras)


def rings(points: Tensor) -> Tensor:
    """The distance from a torus around a ball."""
    return torch.minimum(sphere(points, 0.25), torus(points, 0.65, 0.2))


def volsdf(distance: Tensor, beta: float = 0.01) -> Tensor:
    return (0.5 + 0.5 * distance.sign() * torch.expm1(-distance.abs() / beta)) / beta


SHARP = Marched(rings, volsdf, inside_above=False)
FOGGY = Marched(lambda points: -40 * rings(points), lambda raw: 8 * F.softplus(raw), inside_above=True)
