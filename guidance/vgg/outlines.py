"""EdgeDetector: holistically-nested edge detection (HED, Xie and Tu, ICCV 2015) on VGG16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guidance.vgg.architecture import Vgg16


class EdgeDetector(nn.Module):
    """VGG16 with a side output behind each block, and their fusion.

    Args:
        preprocess_cfg: how pictures are prepared, in open_clip's words.
    """

    layers = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
    """The layers that the side outputs look at."""

    def __init__(self, preprocess_cfg: dict[str, Any]) -> None:
        super().__init__()
        self.visual = Vgg16()
        self.visual.preprocess_cfg = preprocess_cfg  # type: ignore[assignment]
        channels = (64, 128, 256, 512, 512)
        self.sides = nn.ModuleDict({name: nn.Conv2d(n, 1, 1) for name, n in zip(self.layers, channels, strict=True)})
        self.fuse = nn.Conv2d(len(channels), 1, 1)

    def outlines(self, layers: Mapping[str, Tensor]) -> Tensor:
        """How surely there is an outline at each pixel.

        Args:
            layers: those of ``self.layers`` [N, C, h, w] in float32; the first has the size of the pictures.

        Returns:
            [N, 1, H, W] in 0..1.
        """
        size = layers[self.layers[0]].shape[-2:]
        sides = [
            F.interpolate(self.sides[name](layers[name]), size=size, mode="bilinear", align_corners=False)
            for name in self.layers
        ]
        return torch.sigmoid(self.fuse(torch.cat(sides, dim=1)))
