"""View-dependent prompts: "..., side view" where the camera stands at the side."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

VIEWS = ("front view", "side view", "back view", "overhead view")
OVERHEAD = math.radians(60.0)
"""Elevation above which only the overhead prompt counts (DreamFusion, appendix A.2)."""

RISE = math.radians(15.0)
"""The overhead prompt fades in over this much elevation below that."""


class Viewpoints(Protocol):
    """What of a renderer's cameras matters here: ``Frames.cameras`` has these attributes.

    Attributes:
        azimuth: radians, 0 in front of the object [V] or [S, V].
        elevation: radians, 0 at eye level, pi / 2 above [V] or [S, V].
        camera_to_world: [V, 4, 4] or [S, V, 4, 4].
        world_to_clip: [V, 4, 4] or [S, V, 4, 4].
        background: what is behind the things [V, 3] or [V, 3, H, W]; None for the renderer's own.
    """

    azimuth: Tensor
    elevation: Tensor
    camera_to_world: Tensor
    world_to_clip: Tensor
    background: Tensor | None


def view_prompts(text: str) -> list[str]:
    """The text for each of `VIEWS`."""
    return [f"{text}, {view}" for view in VIEWS]


def without_view(text: str) -> str:
    """A text without the words of `view_prompts`."""
    for view in VIEWS:
        text = text.removesuffix(f", {view}")
    return text


def view_weights(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """How much each view's prompt counts.

    Front becomes side, and side back, linearly over 90 degrees each; above, overhead takes over.

    Args:
        azimuth: of the camera in radians, 0 in front, any number of turns [N].
        elevation: in radians, 0 at eye level, pi / 2 above [N].

    Returns:
        [N, 4] in the order of `VIEWS`, each row adds up to 1.

    Source: stable-dreamfusion (interpolation), DreamFusion (overhead).
    """
    away = torch.atan2(azimuth.sin(), azimuth.cos()).abs() / (math.pi / 2)
    front, back = (1.0 - away).clamp_min(0.0), (away - 1.0).clamp_min(0.0)
    above = ((elevation - OVERHEAD + RISE) / RISE).clamp(0.0, 1.0)
    around = torch.stack([front, 1.0 - front - back, back], dim=1) * (1.0 - above)[:, None]
    return torch.cat([around, above[:, None]], dim=1)


def view_repulsion(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """How strongly Perp-Neg keeps a view away from the prompts of other views.

    Args:
        azimuth: in radians, 0 in front [N].
        elevation: in radians [N]; from above nothing is repelled.

    Returns:
        Weights [N, 4] in the order of `VIEWS`, zero or negative.

    Source: Perp-Neg with stable-dreamfusion's negative weight -2 and decays 2 (front) and 10 (side).
    """
    away = torch.atan2(azimuth.sin(), azimuth.cos()).abs() / (math.pi / 2)
    zero = torch.zeros_like(away)
    near = (1.0 - away).clamp(0.0, 1.0)  # 1 in front, 0 at the side
    from_front = torch.where(near > 0.8, zero, -2.0 * (-2.0 * near).exp())
    from_side = torch.where(near < 0.2, zero, -2.0 * (-10.0 * (1.0 - near)).exp())
    far = (2.0 - away).clamp(0.0, 1.0)  # 1 at the side, 0 behind
    behind_side = torch.where(far > 0.8, zero, -(-10.0 * far).exp())
    behind = away > 1.0
    weights = torch.stack(
        [torch.where(behind, zero - 2.0, from_front), torch.where(behind, behind_side, from_side), zero, zero], dim=1
    )
    return weights * (elevation < OVERHEAD)[:, None]
