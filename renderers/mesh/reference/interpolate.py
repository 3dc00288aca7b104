"""interpolate in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.mesh.operations.fragments import Fragments


def interpolate_reference(attributes: Tensor, faces: Tensor, fragments: Fragments) -> tuple[Tensor, Tensor]:
    """Values [N, L, H, W, C] and their steps [N, L, H, W, C, 2], see ``renderers.mesh.operations.interpolate``."""
    triangle = fragments.triangle
    pictures = len(triangle)
    owner = torch.arange(pictures, device=triangle.device) // (pictures // len(attributes))
    corners = attributes[owner[:, None, None, None, None], faces.long()[triangle.clamp_min(0).long()]]
    corners = torch.where((triangle >= 0)[..., None, None], corners, 0)
    first, second = fragments.barycentric[..., None].unbind(-2)
    a, b, c = corners.unbind(-2)
    values = first * a + second * b + (1 - first - second) * c
    edges = torch.stack([a - c, b - c], dim=-1)
    return values, edges @ fragments.steps.to(edges.dtype)
