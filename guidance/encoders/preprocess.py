"""Preprocess: what a model does to a picture before its first layer, differentiable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.resize import resize


@dataclass(frozen=True)
class Preprocess:
    """Resize and normalise, as a model's own preprocess config says.

    Args:
        size: height and width that the model takes, in pixels.
        mean: per channel, subtracted.
        std: per channel, divided by.
        interpolation: ``bicubic`` or ``bilinear``; both with antialiasing.
        resize_mode: ``longest`` (longer side fits, the rest is filled), ``squash`` (both sides fit, proportions change)
            or ``keep`` (longer side fits, the other follows; for models that take any size).
        fill: grey value 0..1 around a picture that was fitted by its longest side.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    resize_mode: str = "longest"
    fill: float = 1.0

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Preprocess:
        """Reads open_clip's ``model.visual.preprocess_cfg``.

        Where a model's own way is ``shortest``, to see the middle of a wide picture alone, it sees the whole on white:
        what a drawing has at its ends counts.
        """
        size, cropped = config["size"], config["resize_mode"] == "shortest"
        return cls(
            size=(size, size) if isinstance(size, int) else (size[0], size[1]),
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
            interpolation="bilinear" if config["interpolation"] == "bilinear" else "bicubic",
            resize_mode="longest" if cropped else config["resize_mode"],
            fill=1.0 if cropped else config["fill_color"] / 255.0,
        )

    def size_for(self, pictures: Tensor) -> tuple[int, int]:
        """Height and width in which the model sees pictures [..., H, W]."""
        if self.resize_mode != "keep":
            return self.size
        sides = pictures.shape[-2:]
        height, width = (max(1, round(side * max(self.size) / max(sides))) for side in sides)
        return height, width

    def fit(self, pictures: Tensor) -> Tensor:
        """Brings pictures [N, 3, H, W] to the model's size; bicubic interpolation may leave 0..1 by a little."""
        size = self.size_for(pictures)
        return pictures if pictures.shape[-2:] == size else self.fit_to(pictures, size)[0]

    def fit_to(self, pictures: Tensor, *sizes: tuple[int, int]) -> tuple[Tensor, ...]:
        """Resizes, then fills.

        Args:
            pictures: [N, 3, H, W] in 0..1.
            sizes: heights and widths to reach.

        Returns:
            One [N, 3, height, width] per size.
        """
        inner = [self._inner_size(pictures.shape[-2:], size) for size in sizes]
        other = [size for size in inner if size != pictures.shape[-2:]]
        resized = iter(resize(pictures, other, self.interpolation) if other else ())
        fitted = [next(resized) if size in other else pictures for size in inner]
        return tuple(self._frame(picture, size) for picture, size in zip(fitted, sizes, strict=True))

    def normalise(self, pictures: Tensor) -> Tensor:
        """(pictures - mean) / std for [N, C, H, W]."""
        mean = torch.tensor(self.mean, device=pictures.device).view(-1, 1, 1)
        std = torch.tensor(self.std, device=pictures.device).view(-1, 1, 1)
        return (pictures - mean) / std

    def _inner_size(self, old: tuple[int, ...], new: tuple[int, int]) -> tuple[int, int]:
        (h, w), (height, width) = old, new
        if self.resize_mode in ("squash", "keep"):
            return new
        ratio = max(h / height, w / width)
        return max(1, round(h / ratio)), max(1, round(w / ratio))

    def _frame(self, pictures: Tensor, size: tuple[int, int]) -> Tensor:
        (height, width), (h, w) = size, pictures.shape[-2:]
        top, left = (height - h) // 2, (width - w) // 2
        pads = (left, width - w - left, top, height - h - top)
        return F.pad(pictures, pads, value=self.fill) if any(pads) else pictures
