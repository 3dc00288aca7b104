"""The parts of a vision transformer that torch runs slowly on a CPU, as plain matrix products; weights are shared."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PatchEmbedding(nn.Module):
    """A convolution with the stride of its kernel, as one matrix product: its backward pass is ten times as fast.

    Args:
        conv: without padding, dilation or groups.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.patch = conv.kernel_size
        # In the order in which channels-last pictures lie in memory.
        self.weight = nn.Parameter(conv.weight.data.permute(0, 2, 3, 1).flatten(1), requires_grad=False)
        self.bias = conv.bias

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures [N, C, H, W] to features [N, D, h, w], channels last; what is left over at the far edges is cut."""
        height, width = self.patch
        n, channels, h, w = len(pictures), pictures.shape[1], pictures.shape[2] // height, pictures.shape[3] // width
        pixels = pictures[:, :, : h * height, : w * width].permute(0, 2, 3, 1)
        patches = pixels.reshape(n, h, height, w, width, channels).transpose(2, 3)
        return F.linear(patches.reshape(n * h * w, -1), self.weight, self.bias).view(n, h, w, -1).permute(0, 3, 1, 2)


class SelfAttention(nn.Module):
    """`nn.MultiheadAttention` of tokens to themselves, batch first, without mask.

    That module transposes the tokens before its first linear layer, which turns it into a batched product with a copy
    of the weights for each token.

    Args:
        attention: with one width for queries, keys and values.
    """

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.heads = attention.num_heads
        self.in_proj_weight, self.in_proj_bias = attention.in_proj_weight, attention.in_proj_bias
        self.out_proj = attention.out_proj

    def forward(self, tokens: Tensor, *_: Tensor, **__: object) -> tuple[Tensor, None]:
        """Tokens [N, L, C] to as many; called as the module that it stands for, which gives attention weights, too."""
        n, length, width = tokens.shape
        projected = F.linear(tokens.reshape(n * length, width), self.in_proj_weight, self.in_proj_bias)
        q, k, v = projected.view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = attend(q, k, v).transpose(1, 2).reshape(n * length, width)
        return self.out_proj(mixed).view(n, length, width), None


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Scaled dot-product attention of [N, heads, L, C]; plain where torch's fused kernel is slow."""
    if is_fused_fast(q.dtype, q.device):
        return F.scaled_dot_product_attention(q, k, v)
    return torch.softmax(q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2), dim=-1) @ v


def use_matrix_products(module: nn.Module, fused: bool) -> None:
    """Puts `PatchEmbedding` and `SelfAttention` in place of what they compute, at any depth of a picture tower.

    Args:
        module: changed in place.
        fused: whether timm's attention may use torch's fused kernel.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.MultiheadAttention) and child.batch_first and child._qkv_same_embed_dim:
            setattr(module, name, SelfAttention(child))
        elif isinstance(child, nn.Conv2d) and name in ("conv1", "proj") and _is_patches(child):
            setattr(module, name, PatchEmbedding(child))
        else:
            if hasattr(child, "fused_attn"):
                setattr(child, "fused_attn", fused)  # noqa: B010
            use_matrix_products(child, fused)


def _is_patches(conv: nn.Conv2d) -> bool:
    plain = conv.padding in ((0, 0), "valid") and conv.dilation == (1, 1) and conv.groups == 1
    return plain and conv.stride == conv.kernel_size and conv.kernel_size[0] > 1


def is_fused_fast(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether torch's fused attention beats a plain one: in bfloat16 on CPUs it takes 1.7 to 10 times as long."""
    return device.type != "cpu" or dtype == torch.float32
