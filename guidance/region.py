"""Region: a part of the canvas that a loss looks at alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from guidance.filters import fitted
from guidance.prompt import Prompt
from limn.errors import InputError
from limn.frames import Frames


@dataclass(frozen=True, eq=False)
class Region:
    """A box of the canvas, of which a mask may show less.

    Args:
        box: left, top, right and bottom as fractions of width and height, 0..1.
        mask: 1 where the loss looks, 0 where it sees white [1, 1, H, W], of the whole canvas.

    Raises:
        InputError: the box is empty or leaves the canvas.
    """

    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    mask: Tensor | None = None

    def __post_init__(self) -> None:
        """Refuses boxes that show nothing."""
        left, top, right, bottom = self.box
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise InputError(f"region: expected [left, top, right, bottom] as fractions 0..1, got {list(self.box)}")

    @classmethod
    def of_mask(cls, mask: Tensor) -> Region:
        """The smallest box around a mask, and the mask.

        Args:
            mask: [1, 1, H, W] in 0..1.

        Raises:
            InputError: the mask is empty.
        """
        ends = []
        for axis in (-2, -1):
            hit = torch.nonzero((mask[0, 0] > 0.5).any(dim=axis)).flatten()
            if not len(hit):
                raise InputError("region: the mask is black everywhere; white is where the loss looks")
            size = mask.shape[-1 if axis == -2 else -2]
            ends.append((int(hit[0]) / size, (int(hit[-1]) + 1) / size))
        (left, right), (top, bottom) = ends
        return cls((left, top, right, bottom), mask)

    def of(self, frames: Frames) -> Frames:
        """The frames with ``rgb`` and ``alpha`` cut to the box, white where the mask is black."""
        height, width = frames.rgb.shape[-2:]
        rgb = frames.rgb
        if self.mask is not None:
            mask = fitted(self.mask.to(rgb), height, width)
            rgb = rgb * mask + (1.0 - mask)
        rows, columns = self._inside(height, width)
        return replace(frames, rgb=rgb[..., rows, columns], alpha=frames.alpha[..., rows, columns], latents=None)

    def guide(self, height: int, width: int) -> Tensor:
        """1 where it lies on a canvas, 0 elsewhere, between them where its mask is [1, 1, height, width].

        Source: the guides of Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer", 2017.
        """
        rows, columns = self._inside(height, width)
        guide = torch.zeros(1, 1, height, width)
        guide[..., rows, columns] = 1.0
        return guide if self.mask is None else guide.to(self.mask) * fitted(self.mask, height, width)

    def _inside(self, height: int, width: int) -> tuple[slice, slice]:
        left, top, right, bottom = self.box
        rows = slice(int(top * height), max(int(top * height) + 1, round(bottom * height)))
        columns = slice(int(left * width), max(int(left * width) + 1, round(right * width)))
        return rows, columns


@dataclass(frozen=True, eq=False)
class RegionPrompt:
    """A part of the canvas and what it should show.

    Args:
        region: where.
        prompt: what.
    """

    region: Region
    prompt: Prompt
