"""Saliency: where in a picture the strokes of a sketch begin."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder
from guidance.losses import faint_too, line_map

SMOOTHING = 0.03
"""Standard deviation of the blur, as a fraction of the picture."""

CENTRE, SPREAD = 0.018, 0.05
"""Width of the lines whose contrast is salient, and how far it reaches, as fractions of the picture."""


def gradient_saliency(encoder: Encoder, picture: Tensor) -> Tensor:
    """Where the picture makes its embedding: gradient times difference from white paper, smoothed.

    First-order change of the embedding along its own direction as each pixel turns white (gradient times input,
    Shrikumar et al. 2017): it asks the same of convolutional and transformer encoders.

    Args:
        encoder: of the losses.
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W] in 0..1.
    """

    import cv2

    pixels = picture.detach().requires_grad_()
    embedding = encoder.encode_image(pixels).embedding
    (gradient,) = torch.autograd.grad((embedding * F.normalize(embedding.detach(), dim=-1)).sum(), pixels)
    relevance = (gradient * (1 - picture)).sum(dim=1).abs()[0].cpu().numpy()
    smooth = torch.from_numpy(cv2.GaussianBlur(relevance, (0, 0), SMOOTHING * max(relevance.shape)))
    return (smooth - smooth.min()) / (smooth.max() - smooth.min()).clamp(min=1e-12)


def contrast_saliency(picture: Tensor) -> Tensor:
    """Where the strongest contrasts are: local energy of a difference of Gaussians (Itti, Koch and Niebur 1998).

    It knows no things, but eyes, mouths and whatever else stands out against what is around it.

    Args:
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W] in 0..1.
    """

    import cv2

    energy = line_map(picture, CENTRE).square()
    energy = F.interpolate(energy, size=picture.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    spread = cv2.GaussianBlur(energy.cpu().numpy(), (0, 0), SPREAD * max(picture.shape[-2:]))
    saliency = torch.from_numpy(spread) ** 0.25
    return saliency / saliency.max().clamp(min=1e-12)


def line_strength(picture: Tensor) -> Tensor:
    """Lines of a picture that a pen would follow: dark ones and the dark side of edges, less so in texture.

    Fur and leaves have lines in the picture that they do not have where mean shift flattens it, nor among wider lines.

    Args:
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W] in 0..1.
    """
    flat = torch.from_numpy(_flattened(picture[0].permute(1, 2, 0).cpu().numpy())).permute(2, 0, 1)[None]
    both = (picture.cpu() + flat) / 2
    maps = [faint_too(line_map(both, width), 0.04) for width in (0.009, 0.02)]
    size = list(picture.shape[-2:])
    fine, wide = (F.interpolate(m, size=size, mode="bicubic", align_corners=False)[0, 0].clamp(min=0) for m in maps)
    strength = fine * (1 + wide)
    return strength / strength.max().clamp(min=1e-12)


def edge_map(picture: Tensor) -> Tensor:
    """Edges of a picture: places where the gradient in Lab exceeds half of Otsu's threshold (faint lines count).

    Args:
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W], 1 on edges and 0 elsewhere.
    """

    import cv2

    rgb = _flattened(picture[0].permute(1, 2, 0).cpu().numpy())
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.007 * max(rgb.shape[:2])), cv2.COLOR_RGB2LAB)
    slopes = [cv2.Sobel(lab, cv2.CV_32F, dx, 1 - dx) for dx in (0, 1)]
    strength = np.sqrt(sum((slope**2).sum(axis=-1) for slope in slopes))
    levels = (255 * strength / max(float(strength.max()), 1e-9)).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return torch.from_numpy(levels > 0.5 * threshold).float()


def _flattened(rgb: np.ndarray) -> np.ndarray:
    """Without texture: fur, leaves and noise become areas of one colour (mean shift, Comaniciu and Meer 2002)."""

    import cv2

    cv2.setRNGSeed(0)
    flat = cv2.pyrMeanShiftFiltering((255 * rgb).round().astype(np.uint8), 0.035 * max(rgb.shape[:2]), 35)
    result: np.ndarray = flat.astype(np.float32) / 255
    return result


def sample_starts(saliency: Tensor, edges: Tensor, count: int, generator: torch.Generator, tau: float = 0.3) -> Tensor:
    """Draws places without replacement with probability softmax(saliency * edges / tau) where the product is not zero.

    CLIPasso (Vinker et al. 2022), section 3.2.

    Args:
        saliency: [H, W] in 0..1.
        edges: [H, W] in 0..1.
        count: how many.
        generator: draws them.
        tau: temperature.

    Returns:
        [count, 2] pixel centres, x and y.
    """
    field = saliency * edges
    if int((field > 0).sum()) < count:
        field = saliency + 1e-3
    places = torch.nonzero(field > 0)
    probabilities = torch.softmax(field[field > 0].double() / tau, dim=0)
    chosen = places[torch.multinomial(probabilities, count, generator=generator)]
    return chosen.flip(-1).float() + 0.5
