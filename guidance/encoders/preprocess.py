"""Preprocess: what a model does to a picture before its first layer, differentiable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Preprocess:
    """Resize and normalise, as a model's own preprocess config says.

    Args:
        size: height and width that the model takes, in pixels.
        mean: per channel, subtracted.
        std: per channel, divided by.
        interpolation: ``bicubic`` or ``bilinear``; both with antialiasing.
        resize_mode: ``shortest`` (shorter side fits, the rest is cropped at the centre), ``longest`` (longer side
            fits, the rest is filled) or ``squash`` (both sides fit, proportions change).
        fill: grey value 0..1 around a picture that was fitted by its longest side.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    resize_mode: str = "shortest"
    fill: float = 0.0

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Preprocess:
        """Reads open_clip's ``model.visual.preprocess_cfg``."""
        size = config["size"]
        return cls(
            size=(size, size) if isinstance(size, int) else (size[0], size[1]),
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
            interpolation="bilinear" if config["interpolation"] == "bilinear" else "bicubic",
            resize_mode=config["resize_mode"],
            fill=config["fill_color"] / 255.0,
        )

    def fit(self, pictures: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Resizes, then crops or fills.

        Args:
            pictures: [N, 3, H, W] in 0..1.
            size: height and width to reach; the model's own by default.

        Returns:
            [N, 3, height, width]; bicubic interpolation may leave 0..1 by a little.
        """
        height, width = size or self.size
        h, w = pictures.shape[-2:]
        if (h, w) == (height, width):
            return pictures
        inner = self._inner_size(h, w, height, width)
        pictures = F.interpolate(pictures, size=inner, mode=self.interpolation, antialias=True, align_corners=False)
        top, left = _offset(inner[0] - height), _offset(inner[1] - width)
        pads = (-left, width - inner[1] + left, -top, height - inner[0] + top)
        return F.pad(pictures, pads, value=self.fill) if any(pads) else pictures

    def normalise(self, pictures: Tensor) -> Tensor:
        """(pictures - mean) / std for [N, 3, H, W]."""
        mean = torch.tensor(self.mean, device=pictures.device).view(3, 1, 1)
        std = torch.tensor(self.std, device=pictures.device).view(3, 1, 1)
        return (pictures - mean) / std

    def _inner_size(self, h: int, w: int, height: int, width: int) -> tuple[int, int]:
        if self.resize_mode == "squash":
            return height, width
        if self.resize_mode == "shortest" and height == width:  # torchvision's Resize, which truncates
            return (height, int(height * w / h)) if h <= w else (int(width * h / w), width)
        pick = max if self.resize_mode == "longest" else min
        ratio = pick(h / height, w / width)
        return round(h / ratio), round(w / ratio)


def _offset(surplus: int) -> int:
    """Where a centred crop begins (negative: a fill), rounded as torchvision does."""
    return round(surplus / 2.0) if surplus > 0 else -(-surplus // 2)
