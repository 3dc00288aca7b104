"""Pictures in other colours."""

from __future__ import annotations

from torch import Tensor


def recoloured(rgb: Tensor, alpha: Tensor, colour: Tensor) -> Tensor:
    """Gives pictures one colour: dark stays dark, light turns light, the middle takes the colour.

    Args:
        rgb: [..., 3, H, W], premultiplied by alpha.
        alpha: [..., 1, H, W].
        colour: [..., 3, 1, 1].

    Returns:
        [..., 3, H, W], premultiplied by alpha.
    """
    luma = (rgb * rgb.new_tensor([0.3, 0.59, 0.11]).view(3, 1, 1)).sum(-3, keepdim=True)
    return colour * (luma * 1.6).clamp(max=1) + (luma - 0.75).clamp(min=0) * (alpha - colour * alpha).clamp(min=0)
