"""Encoders at another picture size than they were trained at: their tables of positions are interpolated."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limn.errors import InputError


def set_size(model: Any, size: int, name: str) -> None:
    """Changes the size of the pictures that an open_clip model takes, in place.

    What open_clip does with ``force_image_size`` when it loads a transformer (bicubic, antialiased), and the same for
    the attention pooling of ModifiedResNet. Thin lines survive a larger size; embeddings get less reliable the further
    it is from the own size of the model, inner layers hardly.

    Args:
        model: an open_clip model.
        size: new height and width in pixels.
        name: of the encoder, for messages.

    Raises:
        InputError: the tower is of another kind, or cannot be divided into patches of this size.
    """
    visual = model.visual
    own = visual.image_size if isinstance(visual.image_size, int) else visual.image_size[0]
    if size == own:
        return
    kind = type(visual).__name__
    if kind == "ModifiedResNet":
        holder, patch = visual.attnpool, 32
    elif kind == "VisionTransformer":
        holder, patch = visual, visual.patch_size[0]
    else:
        raise InputError(f"encoder {name!r} takes pictures of {own} pixels only")
    if size % patch:
        near = max(patch, round(size / patch) * patch)
        raise InputError(f"encoder {name!r}: size {size} is no multiple of {patch}; the nearest is {near}")
    holder.positional_embedding = nn.Parameter(interpolated(holder.positional_embedding.data, size // patch))
    visual.image_size = (size, size)
    visual.preprocess_cfg = {**visual.preprocess_cfg, "size": (size, size)}
    if kind == "VisionTransformer":
        visual.grid_size = (size // patch, size // patch)


def interpolated(table: Tensor, side: int) -> Tensor:
    """A table of positions [1 + old * old, C], the first for the whole picture, for a grid of side * side."""
    whole, grid = table[:1], table[1:]
    old = math.isqrt(len(grid))
    grid = F.interpolate(
        grid.T.reshape(1, -1, old, old), size=(side, side), mode="bicubic", antialias=True, align_corners=False
    )
    return torch.cat([whole, grid.flatten(2)[0].T])
