"""Pictures sampled where views look."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

WHITE = 1.0


def sample(pictures: Tensor, grid: Tensor) -> Tensor:
    """Takes views of pictures by bilinear interpolation, differentiable by the pictures.

    Args:
        pictures: [P, 3, H, W] float32.
        grid: where the pixels of K views lie in every picture [K, h, w, 2], in -1..1, x then y.

    Returns:
        [P, K, 3, h, w], white where a view looks beyond the picture.
    """
    views: Tensor = _Sample.apply(pictures, grid)
    return views


class _Sample(torch.autograd.Function):
    """torch's own backward pass goes by the grid, too: on the CPU it takes three times as long, on CUDA it varies."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = pictures.shape
        # All pictures are channels of one: each sample point is worked out once, not once per picture.
        stack = (pictures - WHITE).flatten(0, 1).expand(len(grid), -1, -1, -1)
        views = F.grid_sample(stack, grid, mode="bilinear", padding_mode="zeros", align_corners=False).add_(WHITE)
        return views.view(len(grid), len(pictures), 3, *views.shape[-2:]).transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        from guidance.augment.kernels import sample_adjoint
        from limn.launch import arrays, launch_owned

        (grid,) = ctx.saved_tensors
        count, channels, height, width = ctx.shape
        # Colours lie together, as the first layers of encoders leave them, and move together.
        pull = gradient.permute(0, 1, 3, 4, 2).contiguous()
        framed = gradient.new_zeros(count, height + 3, width + 3, channels)
        a_grid, a_pull, a_framed = arrays(grid.view(-1, 2), pull.view(-1, channels), framed.view(-1, channels))
        arguments = (a_grid, height, width, count, a_pull, a_framed)
        launch_owned(sample_adjoint, 1, -(-grid[..., 0].numel() // 8), height + 3, arguments, gradient.device)
        return framed[:, 1 : height + 1, 1 : width + 1].permute(0, 3, 1, 2), None
