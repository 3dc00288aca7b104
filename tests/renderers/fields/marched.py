"""Fields that are formulas, drawn by marching."""

from collections.abc import Callable

import torch
from field_shapes import sphere, torus
from torch import Tensor

from limn.cameras import Cameras
from limn.frames import Frames
from renderers.fields.operations.composite import composite
from renderers.fields.operations.march import march
from renderers.fields.rays import rays_of


class Marched:
    """One field.

    Args:
        raw: of points.
        densities: of raw values.
        paint: colours of points.
        inside_above: as of `FieldLike`.
    """

    level = 0.0

    def __init__(
        self,
        raw: Callable[[Tensor], Tensor],
        densities: Callable[[Tensor], Tensor],
        paint: Callable[[Tensor], Tensor],
        inside_above: bool,
        step: float = 0.02,
    ) -> None:
        self._raw, self._densities, self._paint = raw, densities, paint
        self.inside_above, self.step = inside_above, step

    def raw(self, points: Tensor, candidate: int) -> Tensor:
        return self._raw(points)

    def density(self, points: Tensor, candidate: int) -> Tensor:
        return self._densities(self._raw(points))

    def colour(self, points: Tensor, candidate: int) -> Tensor:
        return self._paint(points)

    def render(self, cameras: Cameras, size: tuple[int, int]) -> Frames:
        origins, directions = (part.reshape(-1, 3).contiguous() for part in rays_of(cameras, size))
        owner = torch.zeros(len(origins), dtype=torch.int32)
        samples = march(origins, directions, owner, None, self.step, None)
        alpha = 1 - torch.exp(-self.density(samples.points, 0) * samples.lengths)
        _, opacity, colours, _ = composite(alpha, self.colour(samples.points, 0), samples)
        opacity, colours = (part.view(1, len(cameras), *size, -1).movedim(-1, 2) for part in (opacity, colours))
        return Frames(rgb=colours + (1 - opacity), alpha=opacity, cameras=cameras)


def stripes(points: Tensor) -> Tensor:
    """Soft stripes in three directions."""
    return 0.5 + 0.4 * torch.sin(6 * points)


def fog(points: Tensor) -> Tensor:
    """A torus around a ball, as raw values of a density that grows inwards."""
    return -30 * torch.minimum(sphere(points, 0.25), torus(points, 0.65, 0.2))


FOG = Marched(fog, lambda raw: 20 * torch.nn.functional.softplus(raw), stripes, True)
