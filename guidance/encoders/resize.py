"""Antialiased resizing to several sizes at once, with a backward pass made of matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.cache import cached

Size = tuple[int, int]

BAND = 32
"""Rows or columns of a picture that are taken together in the backward pass."""


def resize(pictures: Tensor, sizes: Sequence[Size], mode: str) -> tuple[Tensor, ...]:
    """Resizes pictures to each of some sizes.

    Args:
        pictures: [N, C, H, W] float32.
        sizes: heights and widths.
        mode: ``bicubic`` or ``bilinear``, both antialiased.

    Returns:
        One [N, C, h, w] per size, equal to torch's ``interpolate(antialias=True)``.
    """
    if not (pictures.requires_grad and torch.is_grad_enabled()):
        return tuple(_interpolate(pictures, size, mode) for size in sizes)
    outputs: tuple[Tensor, ...] = _Resize.apply(pictures, tuple(sizes), mode)
    return outputs


class _Resize(torch.autograd.Function):
    """torch's own backward pass adds point by point: on the CPU it takes twice as long, on CUDA its result varies."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, sizes: tuple[Size, ...], mode: str) -> tuple[Tensor, ...]:
        ctx.sizes, ctx.mode, ctx.shape = sizes, mode, pictures.shape
        return tuple(_interpolate(pictures, size, mode) for size in sizes)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        first, *others = (
            _transposed(gradient, ctx.shape, size, ctx.mode)
            for gradient, size in zip(gradients, ctx.sizes, strict=True)
        )
        for other in others:
            first += other
        return first, None, None


def _transposed(gradient: Tensor, shape: torch.Size, size: Size, mode: str) -> Tensor:
    """What a gradient by resized pictures [N, C, h, w] asks of the pictures [N, C, H, W]."""
    across = gradient.new_empty(*gradient.shape[:-1], shape[-1])
    for columns, used, weights in _bands(shape[-1], size[1], mode, gradient.device):
        across[..., columns] = gradient[..., used] @ weights.mT
    result = gradient.new_empty(shape)
    for rows, used, weights in _bands(shape[-2], size[0], mode, gradient.device):
        result[..., rows, :] = weights @ across[..., used, :]
    return result


def _interpolate(pictures: Tensor, size: Size, mode: str) -> Tensor:
    return F.interpolate(pictures, size=size, mode=mode, antialias=True, align_corners=False)


@cached(64)
def _weights(length: int, new: int, mode: str, device: torch.device) -> Tensor:
    """The matrix [new, length] that resizes along one axis."""
    return _interpolate(torch.eye(length, device=device)[None, None], (new, length), mode)[0, 0]


@cached(64)
def _bands(length: int, new: int, mode: str, device: torch.device) -> list[tuple[slice, slice, Tensor]]:
    """The transposed matrix in bands of rows, each with the columns that are not zero in it: most are."""
    matrix = _weights(length, new, mode, device).T
    bands = []
    for start in range(0, length, BAND):
        rows = matrix[start : start + BAND]
        used = rows.abs().sum(dim=0).nonzero()
        columns = slice(int(used[0]), int(used[-1]) + 1)
        bands.append((slice(start, start + BAND), columns, rows[:, columns].contiguous()))
    return bands
