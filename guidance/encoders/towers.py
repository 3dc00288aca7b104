"""Image towers, walked layer by layer in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from guidance.encoders.transformer import is_fused_fast, use_matrix_products

Activations = Iterator[tuple[str, Tensor]]


class Tower(nn.Module):
    """An image tower whose forward yields the output of every layer [N, C, h, w], then "embedding" [N, D].

    What the caller does not ask for is not computed: the walk stops where it is left.
    """

    names: tuple[str, ...] = ()
    """The names of the layers, first to last."""

    def forward(self, x: Tensor) -> Activations:
        """Walks the tower for normalised pictures [N, 3, H, W]."""
        raise NotImplementedError


class WholeTower(Tower):
    """open_clip's own image tower, of which no layer is known.

    Args:
        visual: open_clip's image tower, in eval mode.
    """

    def __init__(self, visual: Any) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, x: Tensor) -> Activations:
        """All in one piece."""
        yield "embedding", self.visual(x)


class ResNetTower(WholeTower):
    """CLIP's ModifiedResNet with its batch norms folded into the convolutions.

    open_clip's own ``forward_intermediates`` ends this tower early unless layer4 is asked for, hence the walk by hand.
    """

    names = ("stem", "layer1", "layer2", "layer3", "layer4")

    def __init__(self, visual: Any) -> None:
        super().__init__(_fold(visual))

    def forward(self, x: Tensor) -> Activations:
        """Stem and stages, then the attention pooling."""
        for name in self.names:
            x = getattr(self.visual, name)(x)
            yield name, x
        yield "embedding", self.visual.attnpool(x)


class ViTTower(WholeTower):
    """open_clip's own vision transformer; a layer is a block's output on the grid, without the class token."""

    def __init__(self, visual: Any, fused: bool = True) -> None:
        super().__init__(visual)
        self.names = tuple(f"block{i}" for i in range(len(visual.transformer.resblocks)))
        use_matrix_products(visual, fused)

    def forward(self, x: Tensor) -> Activations:
        """Block by block, then the pooling and projection."""
        visual = self.visual
        x = visual._embeds(x)
        x = x if visual.transformer.batch_first else x.transpose(0, 1)
        for name, block in zip(self.names, visual.transformer.resblocks, strict=True):
            x = block(x)
            tokens = (x if visual.transformer.batch_first else x.transpose(0, 1))[:, 1:]
            yield name, tokens.transpose(1, 2).reshape(len(tokens), -1, *visual.grid_size)
        pooled, _ = visual._pool(x if visual.transformer.batch_first else x.transpose(0, 1))
        yield "embedding", pooled if visual.proj is None else pooled @ visual.proj


class TimmTower(WholeTower):
    """A timm model: blocks of a transformer, or stages of a convnet. Its trunk runs in one piece."""

    def __init__(self, visual: Any, fused: bool = True) -> None:
        super().__init__(visual)
        use_matrix_products(visual.trunk, fused)
        kind = "block" if hasattr(visual.trunk, "blocks") else "stage"
        self.names = tuple(f"{kind}{i}" for i in range(len(visual.trunk.feature_info)))

    def forward(self, x: Tensor) -> Activations:
        """The trunk, then its head."""
        trunk = self.visual.trunk
        last, layers = trunk.forward_intermediates(x, output_fmt="NCHW")
        yield from zip(self.names, layers, strict=True)
        yield "embedding", self.visual.head(trunk.forward_head(last))


def tower_of(visual: Any, dtype: torch.dtype) -> Tower:
    """The tower that fits open_clip's image tower; one without inner layers where the kind is not known.

    Args:
        visual: the image tower; it is changed in place. One that is a `Tower` already stays as it is.
        dtype: that it is going to compute in.
    """
    if isinstance(visual, Tower):
        return visual.to(dtype)
    kind, fused = type(visual).__name__, is_fused_fast(dtype, next(visual.parameters()).device)
    if kind == "ModifiedResNet":
        return ResNetTower(visual).to(dtype)
    if kind == "VisionTransformer":
        return ViTTower(visual, fused).to(dtype)
    if kind == "TimmModel" and hasattr(visual.trunk, "forward_intermediates"):
        return TimmTower(visual, fused).to(dtype)
    return WholeTower(visual).to(dtype)


def _fold(module: nn.Module) -> nn.Module:
    """Folds every batch norm into the convolution that its name pairs it with; exact for a frozen model."""
    children = dict(module.named_children())
    for name, child in children.items():
        norm_name = {"conv1": "bn1", "conv2": "bn2", "conv3": "bn3", "0": "1"}.get(name, "")
        norm = children.get(norm_name)
        if isinstance(child, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(child, norm))
            setattr(module, norm_name, nn.Identity())
        else:
            _fold(child)
    return module
