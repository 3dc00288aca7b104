"""VGG16's convolutions (Simonyan and Zisserman 2015), walked layer by layer."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from guidance.encoders.towers import Activations, Tower

BLOCKS = {1: (64, 2), 2: (128, 2), 3: (256, 3), 4: (512, 3), 5: (512, 3)}
"""Block -> channels and convolutions; a block begins with a pooling to half the size, but for the first."""


class Vgg16(Tower):
    """VGG16 without its classifier: layers ``relu1_1`` to ``relu5_3``; the embedding is the mean of the last.

    It takes pictures of any size. What does not divide by two is rounded up.
    """

    names = tuple(f"relu{block}_{number + 1}" for block, (_, count) in BLOCKS.items() for number in range(count))

    def __init__(self) -> None:
        super().__init__()
        before = 3
        for block, (channels, count) in BLOCKS.items():
            for number in range(count):
                self.add_module(f"conv{block}_{number + 1}", nn.Conv2d(before, channels, 3, padding=1))
                before = channels

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """Layer by layer for normalised pictures [N, 3, H, W]."""
        for name in self.names:
            if name.endswith("_1") and name != "relu1_1":
                x = F.max_pool2d(x, 2, ceil_mode=True)
            x = F.relu(getattr(self, name.replace("relu", "conv"))(x))
            yield name, x
        yield "embedding", x.mean(dim=(2, 3))
