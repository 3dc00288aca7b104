"""Shapes: height and width of pictures that are drawn larger or smaller than a renderer draws them by itself."""

from __future__ import annotations

import torch

from limn.cameras import Cameras
from limn.pictures import with_longer_side
from renderers.base import Renderer


@torch.no_grad()
def shape_of(renderer: Renderer, cameras: Cameras | None, longer_side: int) -> tuple[int, int]:
    """Height and width in pixels, in the proportions of a renderer's own pictures.

    Args:
        renderer: draws once to show them.
        cameras: of scenes with views.
        longer_side: in pixels.
    """
    height, width = renderer.render(None if cameras is None else cameras[:1]).rgb.shape[-2:]
    return with_longer_side((height, width), longer_side)
