"""Words against crops around the object that pictures show."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.channels import box_around
from guidance.encoders.augmented import AugmentedEncoder
from guidance.losses.text import Distance, TextSimilarity
from guidance.prompt import Prompt
from limn.frames import Frames
from limn.ranges import Fraction
from limn.step import Step

APART = 0.25
"""What differs from the border by this share of the largest difference belongs to the object."""


@torch.no_grad()
def object_mask(rgb: Tensor, alpha: Tensor) -> Tensor:
    """Where the object of each picture is: what is opaque, or, in pictures that are opaque everywhere, what differs
    from the median colour of the border.

    Args:
        rgb: [S, V, 3, H, W] in 0..1.
        alpha: [S, V, 1, H, W] in 0..1.

    Returns:
        bool [S, V, H, W].
    """
    opaque = alpha[:, :, 0] > 0.5
    border = torch.cat([rgb[..., 0, :], rgb[..., -1, :], rgb[..., 0], rgb[..., -1]], dim=-1).median(dim=-1).values
    far = (rgb - border[..., None, None]).norm(dim=2)
    apart = far > APART * far.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-3)
    return torch.where(opaque.all(dim=(-2, -1), keepdim=True), apart, opaque)


def object_crops(rgb: Tensor, mask: Tensor, context: tuple[float, ...]) -> Tensor:
    """Crops around an object, in the proportions of the picture and as large as it.

    Args:
        rgb: [S, V, 3, H, W] in 0..1.
        mask: where the object is, bool [S, V, H, W].
        context: of each crop, how far it goes from the box of the object, 0, to the whole picture, 1.

    Returns:
        [S, V * C, 3, H, W], white beyond the picture.

    Source: GC-CLIP (Saranrittichai et al. 2023), whose crops have several margins.
    """
    pictures = rgb.flatten(0, 1)
    centre, reach = box_around(mask.flatten(0, 1))
    crops = []
    for share in context:
        theta = torch.zeros(len(pictures), 2, 3, device=rgb.device)
        theta[:, 0, 0] = theta[:, 1, 1] = torch.lerp(reach, torch.ones_like(reach), share)
        theta[:, :, 2] = centre * (1.0 - share)
        grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
        crops.append(F.grid_sample(pictures - 1.0, grid, padding_mode="zeros", align_corners=False) + 1.0)
    return torch.stack(crops, dim=1).view(len(rgb), -1, *rgb.shape[2:])


class TextCrops(TextSimilarity):
    """`text_similarity` of crops around the object, see `object_mask` and `object_crops`.

    Args:
        encoder: looks at the crops.
        prompt: what they should show.
        distance: see `text_distance`.
        context: of each crop, how far it goes from the box of the object, 0, to the whole picture, 1.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        distance: Distance = "cosine",
        context: Annotated[tuple[Fraction, ...], Field(min_length=1, max_length=8)] = (0.0, 0.5),
    ) -> None:
        super().__init__(encoder, prompt, distance)
        self.context = context

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""

        def make() -> tuple[Frames, Frames]:
            rgb = object_crops(frames.rgb, object_mask(frames.rgb, frames.alpha), self.context)
            return frames, replace(frames, rgb=rgb, alpha=torch.ones_like(rgb[:, :, :1]), latents=None)

        return super().forward(step.share(("crops", id(frames), self.context), make)[1], step)
