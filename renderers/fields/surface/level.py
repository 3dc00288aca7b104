"""The level of a field whose silhouettes are those of its pictures."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from limn.cameras import Cameras, turntable
from limn.cameras.cameras import join
from limn.frames import Frames
from renderers.fields.rays import rays_of
from renderers.fields.surface.blocks import Values, in_blocks
from renderers.fields.surface.field_like import FieldLike

VIEWS, SIZE, SAMPLES = 8, 64, 128


@torch.no_grad()
def pictures(field: FieldLike) -> Frames:
    """Pictures of a field from eight views, to choose a level by."""
    cameras = join([turntable(VIEWS // 2, elevation) for elevation in (0.0, math.radians(35))])
    return field.render(cameras, (SIZE, SIZE))


def fitting_level(field: FieldLike, frames: Frames, candidate: int = 0) -> float:
    """The level at which the surface of a field has the silhouettes of its pictures.

    Args:
        field: that was drawn.
        frames: its pictures, with their cameras.
        candidate: which of its fields.
    """
    assert frames.cameras is not None
    raw, alpha = partial(field.raw, candidate=candidate), frames.alpha[candidate, :, 0]
    level = silhouette_level(raw, alpha, frames.cameras, field.inside_above)
    return field.level if level is None else level


@torch.no_grad()
def silhouette_level(raw: Values, alpha: Tensor, cameras: Cameras, inside_above: bool) -> float | None:
    """The level whose silhouettes differ least from pictures of opacity.

    A ray meets the inside if the greatest value along it is above the level, so each level says of every pixel whether
    it is covered, and the best of all levels is found by sorting the pixels by that value.

    Args:
        raw: values [N] at points [N, 3].
        alpha: opacity in 0..1 [V, H, W].
        cameras: of the V views.
        inside_above: values inside are above the level, or below it.

    Returns:
        None if no pixel is opaque.
    """
    sign = 1.0 if inside_above else -1.0
    most, seen = _greatest(lambda points: sign * raw(points), cameras, (alpha.shape[1], alpha.shape[2]))
    order = most[seen].argsort()
    most, opacity = most[seen][order], alpha[seen][order].double()
    if opacity.max() < 0.5:
        return None
    zero = opacity.new_zeros(1)
    # Rays below the level should be clear, those above it opaque.
    wrong = torch.cat([zero, opacity.cumsum(0)]) + torch.cat([(1 - opacity).flip(0).cumsum(0).flip(0), zero])
    above = int(wrong.argmin())
    around = most[max(above - 1, 0) : above + 1]
    return sign * float(around.mean())


def _greatest(values: Values, cameras: Cameras, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The greatest of values along the rays of pictures, and which rays meet the box [V, H, W]."""
    origins, directions = rays_of(cameras, size)
    ends = ((side - origins) / directions for side in (-1.0, 1.0))
    near, far = torch.stack(tuple(ends)).sort(dim=0).values.unbind()
    near, far = near.amax(dim=-1).clamp_min(0), far.amin(dim=-1)
    seen = far > near
    most = torch.full_like(near, -math.inf)
    along = torch.linspace(0, 1, SAMPLES, device=near.device)
    distances = near[seen, None] + (far - near)[seen, None] * along
    points = origins[seen][:, None] + directions[seen][:, None] * distances[..., None]
    most[seen] = in_blocks(values, points.view(-1, 3)).view(-1, SAMPLES).amax(dim=1)
    return most, seen
