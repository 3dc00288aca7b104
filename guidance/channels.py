"""Channels: what a loss may look at beside the colours of a scene, and parts and regions of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.loss import Loss
from guidance.region import Region
from guidance.target import ViewsAt
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step
from limn.surface import Surface

Channel = Literal["rgb", "geometry", "depth", "normal", "silhouette"]
"""``rgb``: the colours; ``geometry``: the form in grey, without its colours; ``depth``: near is bright; ``normal``:
normals as colours; ``silhouette``: white on black."""

CHANNELS: tuple[str, ...] = get_args(Channel)

LIGHT = (-0.4, 0.5, 0.77)
MARGIN = 0.15
"""Around a part, as a fraction of its longer side."""


class ChannelLoss(Loss):
    """A loss that looks at something else than the colours of the whole scene: another channel, a part, a region.

    Args:
        loss: sees what `look` shows as ``frames.rgb``.
        look: frames -> what the loss sees of them, see `look_at`.
    """

    def __init__(self, loss: Loss, look: ViewsAt) -> None:
        super().__init__()
        self.loss, self.look = loss, look

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        value: Tensor = self.loss(self.look(frames, step), step)
        return value


def look_at(channel: Channel = "rgb", part: Tensor | None = None, region: Region | None = None) -> ViewsAt:
    """What shows frames as a loss looks at them; made once a step, so that losses share it.

    Args:
        channel: which picture of the scene.
        part: the faces to show, bool [F]; all of them when None.
        region: the part of the canvas to show; all of it when None.
    """

    def look(frames: Frames, step: Step) -> Frames:
        seen = channel_of(frames, step, channel, part)
        if region is None:
            return seen
        return step.share(("region", id(seen), id(region)), lambda: (seen, region.of(seen)))[1]

    return look


def channel_of(frames: Frames, step: Step, channel: Channel = "rgb", part: Tensor | None = None) -> Frames:
    """The frames with ``rgb`` replaced by another picture; made once a step.

    Args:
        frames: S candidates in V views.
        step: what is shared is shared within it.
        channel: which.
        part: the faces to show, over white and as large as they fit; bool [F].

    Raises:
        InputError: the scene has no such picture.
    """

    def make() -> tuple[Frames, Frames]:
        rgb = _MAKE[channel](frames)
        return frames, replace(frames, rgb=rgb if part is None else close_up(rgb, _seen(frames), part), latents=None)

    if channel == "rgb" and part is None:
        return frames
    return step.share(("channel", id(frames), channel, id(part)), make)[1]


def geometry(normal: Tensor, alpha: Tensor) -> Tensor:
    """The form in grey clay over white, lit from the upper left of the camera.

    Args:
        normal: in camera space [..., 3, H, W], of any length.
        alpha: coverage in 0..1 [..., 1, H, W].

    Returns:
        [..., 3, H, W] in 0..1.

    Source: text2mesh's third term, whose mesh is rendered in grey.
    """
    light = F.normalize(normal.new_tensor(LIGHT), dim=0).view(3, 1, 1)
    facing = (F.normalize(normal, dim=-3) * light).sum(dim=-3, keepdim=True).clamp_min(0)
    return ((0.25 + 0.6 * facing) * alpha + 1.0 - alpha).expand(*normal.shape)


def depth_map(depth: Tensor, alpha: Tensor, limits: tuple[float, float] | None = None) -> Tensor:
    """Depth in grey: the nearest point white, the farthest dark, nothing black.

    Args:
        depth: distance along the view axis, 0 where nothing is [..., 1, H, W].
        alpha: coverage in 0..1 [..., 1, H, W].
        limits: depths that are white and dark; the nearest and the farthest of each map by default, which do not
            follow the gradient.

    Returns:
        [..., 3, H, W] in 0..1.

    Source: PointCLIP (Zhang et al. 2022), which shows CLIP such maps of point clouds.
    """
    near, far = _limits(depth, alpha) if limits is None else (torch.tensor(each).to(depth) for each in limits)
    nearness = ((far - depth) / (far - near).clamp_min(1e-6)).clamp(0, 1)
    return torch.cat([(0.2 + 0.8 * nearness) * alpha] * 3, dim=-3)


@torch.no_grad()
def _limits(depth: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the greatest depth of each map [..., 1, 1, 1] where something is."""
    there = alpha > 0.5
    near = torch.where(there, depth, torch.inf).amin(dim=(-2, -1), keepdim=True)
    far = torch.where(there, depth, -torch.inf).amax(dim=(-2, -1), keepdim=True)
    return near.nan_to_num(posinf=0.0), far.nan_to_num(neginf=1.0)


def close_up(rgb: Tensor, seen: Tensor, part: Tensor) -> Tensor:
    """Shows some faces alone, over white and as large as they fit.

    Args:
        rgb: pictures [S, V, 3, H, W] in 0..1.
        seen: the face that each pixel shows, -1 where none [S, V, H, W].
        part: the faces to show, bool [F].

    Returns:
        [S, V, 3, H, W]; white where no such face is seen.
    """
    belongs = part.to(seen.device)[seen.clamp_min(0).long()]
    # Where another part is next to it, a smooth edge has its colour, too.
    other = F.max_pool2d(((seen >= 0) & ~belongs).float(), 3, stride=1, padding=1) > 0
    mask = belongs & (seen >= 0) & ~other
    shown = torch.where(mask[:, :, None], rgb - 1.0, 0.0).flatten(0, 1)
    centre, reach = box_around(mask.flatten(0, 1))
    theta = torch.zeros(len(shown), 2, 3, device=rgb.device)
    theta[:, 0, 0] = theta[:, 1, 1] = reach
    theta[:, :, 2] = centre
    grid = F.affine_grid(theta, list(shown.shape), align_corners=False)
    return (F.grid_sample(shown, grid, padding_mode="zeros", align_corners=False) + 1.0).view_as(rgb)


def box_around(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Centres (x, y) [P, 2] and half sides [P] of squares around masks [P, H, W], in -1..1; all where one is empty."""
    sides = []
    for axis in (1, 2):
        hit = mask.any(dim=axis)
        size = hit.shape[1]
        place = (torch.arange(size, device=mask.device) + 0.5) * 2 / size - 1
        low = torch.where(hit, place, 1.0).amin(dim=1)
        high = torch.where(hit, place, -1.0).amax(dim=1)
        sides.append((low, high))
    low, high = (torch.stack(ends, dim=1) for ends in zip(*sides, strict=True))
    reach = ((high - low).amax(dim=1) / 2 * (1 + 2 * MARGIN)).clamp(0.1, 1.0)
    empty = (high < low).any(dim=1)
    return torch.where(empty[:, None], 0.0, (low + high) / 2), torch.where(empty, 1.0, reach)


def _geometry(frames: Frames) -> Tensor:
    return geometry(_has(frames.normal, "geometry"), frames.alpha)


def _normal(frames: Frames) -> Tensor:
    normal = F.normalize(_has(frames.normal, "normal"), dim=-3)
    flat = normal.new_tensor([0.0, 0.0, 1.0]).view(3, 1, 1)
    return 0.5 + 0.5 * (normal * frames.alpha + flat * (1 - frames.alpha))


_MAKE: dict[str, Callable[[Frames], Tensor]] = {
    "rgb": lambda frames: frames.rgb,
    "geometry": _geometry,
    "depth": lambda frames: depth_map(_has(frames.depth, "depth"), frames.alpha),
    "normal": _normal,
    "silhouette": lambda frames: frames.alpha.expand(-1, -1, 3, -1, -1),
}


def _seen(frames: Frames) -> Tensor:
    return _has(frames.geometry.seen if isinstance(frames.geometry, Surface) else None, "part")


def _has(tensor: Tensor | None, name: str) -> Tensor:
    if tensor is None:
        raise InputError(f"{name}: this scene has none; only models have")
    return tensor
