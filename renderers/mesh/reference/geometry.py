"""Geometry that the twins share: pixel centres and edge functions in homogeneous coordinates."""

from __future__ import annotations

import torch
from torch import Tensor


def centres(size: tuple[int, int], like: Tensor) -> tuple[Tensor, Tensor]:
    """Pixel centres in clip space's units: x of each column [W] and y of each row [H]."""
    rows, columns = (torch.arange(n, dtype=like.dtype, device=like.device) for n in size)
    return (2 * columns + 1) / size[1] - 1, 1 - (2 * rows + 1) / size[0]


def seen_from(corners: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Clip positions [..., 4] as (x, y, w) after the shear that moves a pixel's centre to the origin [..., 3]."""
    w = corners[..., 3] + 0 * (x + y)  # broadcast
    return torch.stack([corners[..., 0] - x * w, corners[..., 1] - y * w, w], dim=-1)


def edge(a: Tensor, b: Tensor) -> Tensor:
    """Edge function of the line through two sheared points [..., 3], at the origin."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def edges(sheared: Tensor) -> Tensor:
    """Edge functions opposite to the three corners of sheared triangles [..., 3 corners, 3] -> [..., 3]."""
    a, b, c = sheared.unbind(-2)
    return torch.stack([edge(b, c), edge(c, a), edge(a, b)], dim=-1)


def slopes(corners: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives by the pixel's x and y of the edge functions of clip triangles [..., 3, 4] -> [..., 3] each."""
    x, y, _, w = corners.unbind(-1)
    x1, y1, w1 = (t.roll(-1, -1) for t in (x, y, w))
    x2, y2, w2 = (t.roll(-2, -1) for t in (x, y, w))
    return y1 * w2 - w1 * y2, w1 * x2 - x1 * w2
