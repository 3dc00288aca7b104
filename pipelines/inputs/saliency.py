"""Saliency: where in a picture the strokes of a sketch begin."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder
from guidance.filters import blur

SMOOTHING = 0.03
"""Standard deviation of the blur, as a fraction of the picture."""

FIGURE_SIZE, LEVEL = 160, 8.0
"""Longer side, in pixels, of the picture in which figures are found; steps between levels in Lab."""

CROWD, CROWDING = 0.06, 2.0
"""How far lines inhibit each other, as a fraction of the picture, and how much."""


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


def surroundedness(picture: Tensor) -> Tensor:
    """Where figures are: what others surround draws the eye (Boolean maps, Zhang and Sclaroff 2013).

    Every channel of Lab is cut at many levels. What hangs together on one side of a level and does not reach the rim
    is a figure; a small one counts more, by the length of its map.

    Args:
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W] in 0..1.
    """

    import cv2

    height, width = picture.shape[-2:]
    scale = min(1.0, FIGURE_SIZE / max(height, width))
    small = F.interpolate(picture, scale_factor=scale, mode="bilinear", antialias=True)[0].permute(1, 2, 0)
    lab = cv2.cvtColor(np.ascontiguousarray(small.cpu().numpy()), cv2.COLOR_RGB2LAB)
    figures = np.zeros(lab.shape[:2], np.float32)
    for channel in np.moveaxis(lab, -1, 0):
        for level in np.arange(channel.min() + LEVEL / 2, channel.max(), LEVEL):
            for side in (channel > level, channel <= level):
                figure = cv2.dilate(_off_the_rim(side), np.ones((5, 5), np.uint8)).astype(np.float32)
                figures += figure / max(float(np.linalg.norm(figure)), 1e-9)
    smooth = cv2.GaussianBlur(figures, (0, 0), SMOOTHING * max(figures.shape))
    found = torch.from_numpy(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR))
    return found / found.max().clamp(min=1e-12)


def _off_the_rim(side: np.ndarray) -> np.ndarray:
    """The parts of a map [H, W] that do not reach its rim, without specks."""

    import cv2

    opened = cv2.morphologyEx(side.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, parts = cv2.connectedComponents(opened, connectivity=4)
    rim = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    return np.where(np.isin(parts, rim), 0, opened)


def pen_worth(outlines: Tensor) -> Tensor:
    """What outlines are worth to a pen: faint ones nearly as much as sure ones, and less where there are many.

    Args:
        outlines: how surely there is one [1, 1, H, W] in 0..1.

    Returns:
        [1, 1, H, W] in 0..1.

    Source: divisive normalisation (Heeger 1992), by which lines in leaves and fur inhibit each other.
    """
    contrast = outlines.sqrt()
    around = blur(contrast, CROWD * max(outlines.shape[-2:]))
    worth = contrast / (1 + CROWDING * around / around.max().clamp(min=1e-12))
    return worth / worth.max().clamp(min=1e-12)


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
