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
        from renderers.launch import arrays, launch_owned

        (grid,) = ctx.saved_tensors
        (count, _, height, width), (looks, h, w, _) = ctx.shape, grid.shape
        result = gradient.new_zeros(ctx.shape)
        a_grid, a_gradient, a_result = arrays(grid.view(-1, 2), gradient.contiguous().view(-1), result.view(-1))
        arguments = (a_grid, height, width, looks, h * w, a_gradient, a_result)
        launch_owned(sample_adjoint, count, looks * -(-h * w // 8), 3, arguments, gradient.device)
        return result, None
