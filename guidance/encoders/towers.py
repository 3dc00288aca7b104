"""Image towers, walked layer by layer in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from guidance.encoders.transformer import is_fused_fast, use_matrix_products

Activations = Iterator[tuple[str, Tensor]]

DENSE = "dense"
"""The layer of embeddings of places. Each place attends to itself alone in the last attention: MaskCLIP (Zhou et al.,
Extract Free Dense Labels from CLIP, 2022)."""


class Tower(nn.Module):
    """An image tower whose forward yields the output of every layer [N, C, h, w], then "embedding" [N, D].

    What the caller does not ask for is not computed: the walk stops where it is left.
    """

    names: tuple[str, ...] = ()
    """The names of the layers, first to last."""
    dense: bool = False
    """Whether it can say of every place what words could say of the whole: the layer `DENSE`, behind all others."""

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """Walks the tower.

        Args:
            x: normalised pictures [N, 3, H, W].
            dense: whether `DENSE` [N, D, h, w] is yielded before the embedding.
        """
        raise NotImplementedError


class WholeTower(Tower):
    """open_clip's own image tower, of which no layer is known.

    Args:
        visual: open_clip's image tower, in eval mode.
    """

    def __init__(self, visual: Any) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """All in one piece."""
        yield "embedding", self.visual(x)


class ResNetTower(WholeTower):
    """CLIP's ModifiedResNet with its batch norms folded into the convolutions.

    open_clip's own ``forward_intermediates`` ends this tower early unless layer4 is asked for, hence the walk by hand.
    """

    names = ("stem", "layer1", "layer2", "layer3", "layer4")
    dense = True

    def __init__(self, visual: Any) -> None:
        super().__init__(_fold(visual))

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """Stem and stages, then the attention pooling."""
        for name in self.names:
            x = getattr(self.visual, name)(x)
            yield name, x
        pool = self.visual.attnpool
        if dense:
            yield DENSE, pool.c_proj(pool.v_proj(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        yield "embedding", pool(x)


class ViTTower(WholeTower):
    """open_clip's own vision transformer; a layer is a block's output on the grid, without the class token."""

    def __init__(self, visual: Any, fused: bool = True) -> None:
        super().__init__(visual)
        self.names = tuple(f"block{i}" for i in range(len(visual.transformer.resblocks)))
        self.dense = visual.attn_pool is None and hasattr(visual.transformer.resblocks[-1].attn, "in_proj_weight")
        use_matrix_products(visual, fused)

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """Block by block, then the pooling and projection."""
        visual = self.visual
        x = visual._embeds(x)
        x = x if visual.transformer.batch_first else x.transpose(0, 1)
        for name, block in zip(self.names, visual.transformer.resblocks, strict=True):
            before, x = x, block(x)
            yield name, self._on_grid(x)
        if dense:
            yield DENSE, self._on_grid(self._of_places(before))
        pooled, _ = visual._pool(x if visual.transformer.batch_first else x.transpose(0, 1))
        yield "embedding", pooled if visual.proj is None else pooled @ visual.proj

    def _on_grid(self, x: Tensor) -> Tensor:
        tokens = (x if self.visual.transformer.batch_first else x.transpose(0, 1))[:, 1:]
        return tokens.transpose(1, 2).reshape(len(tokens), -1, *self.visual.grid_size)

    def _of_places(self, x: Tensor) -> Tensor:
        """The last block with the values of each token itself in place of those that it attends to, then the head."""
        visual, block = self.visual, self.visual.transformer.resblocks[-1]
        weight, bias = (whole.chunk(3)[2] for whole in (block.attn.in_proj_weight, block.attn.in_proj_bias))
        x = x + block.ls_1(block.attn.out_proj(F.linear(block.ln_1(x), weight, bias)))
        x = visual.ln_post(x + block.ls_2(block.mlp(block.ln_2(x))))
        return x if visual.proj is None else x @ visual.proj


class TimmTower(WholeTower):
    """A timm model: blocks of a transformer, or stages of a convnet. Its trunk runs in one piece."""

    def __init__(self, visual: Any, fused: bool = True) -> None:
        super().__init__(visual)
        use_matrix_products(visual.trunk, fused)
        kind = "block" if hasattr(visual.trunk, "blocks") else "stage"
        self.names = tuple(f"{kind}{i}" for i in range(len(visual.trunk.feature_info)))
        self.dense = type(visual.trunk).__name__ in ("VisionTransformer", "Eva")

    def forward(self, x: Tensor, dense: bool = False) -> Activations:
        """The trunk, then its head."""
        trunk = self.visual.trunk
        last, layers = trunk.forward_intermediates(x, output_fmt="NCHW")
        yield from zip(self.names, layers, strict=True)
        if dense:
            yield DENSE, self._of_places(last, layers[-2])
        yield "embedding", self.visual.head(trunk.forward_head(last))

    def _of_places(self, last: Tensor, before: Tensor) -> Tensor:
        """Each place as the only token of a picture, so that the last attention gives the token's own values.

        The last attention is that of the pooling, as of SigLIP, where it has one, else that of the last block.

        Args:
            last: the normalised tokens behind all blocks [N, L, C].
            before: the places before the last block [N, C, h, w].
        """
        trunk, (n, _, h, w) = self.visual.trunk, before.shape
        if trunk.attn_pool is None:
            places = trunk.norm(trunk.blocks[-1](before.permute(0, 2, 3, 1).flatten(0, 2)[:, None]))
        else:
            places = last[:, trunk.num_prefix_tokens :].flatten(0, 1)[:, None]
        # Some poolings leave out the class token, so the place stands there, too.
        pooled: Tensor = self.visual.head(trunk.forward_head(places.expand(-1, trunk.num_prefix_tokens + 1, -1)))
        return pooled.view(n, h, w, -1).permute(0, 3, 1, 2)


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
