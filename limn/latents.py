"""latents_to_rgb: pictures in the latent space of a prior, as they roughly look."""

from __future__ import annotations

from torch import Tensor

from limn.errors import InputError

STABLE_DIFFUSION = (
    (0.298, 0.207, 0.208),
    (0.187, 0.286, 0.173),
    (-0.158, 0.189, 0.264),
    (-0.184, -0.271, -0.473),
)
"""How much red, green and blue each of four latents adds, in pictures of -1..1 (Latent-NeRF, Metzer et al. 2022)."""


def latents_to_rgb(latents: Tensor) -> Tensor:
    """A linear preview, differentiable.

    Args:
        latents: of Stable Diffusion 1 or 2 [..., 4, h, w], or of a prior on pixels, in -1..1 [..., 3, h, w].

    Returns:
        sRGB [..., 3, h, w], cut off at 0 and 1.

    Raises:
        InputError: latents of another number of channels.
    """
    channels = latents.shape[-3]
    if channels == 4:
        rgb = (latents.movedim(-3, -1) @ latents.new_tensor(STABLE_DIFFUSION)).movedim(-1, -3)
    elif channels == 3:
        rgb = latents
    else:
        raise InputError(
            f"latents have {channels} channels; a preview is known for 3 (pixels) and 4 (Stable Diffusion)"
        )
    return (0.5 + 0.5 * rgb).clamp(0.0, 1.0)
