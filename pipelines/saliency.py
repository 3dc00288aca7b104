"""Saliency: where in a picture the strokes of a sketch begin."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder


def gradient_saliency(encoder: Encoder, picture: Tensor) -> Tensor:
    """What an encoder sees in a picture: its last layers' activations times their gradient.

    Grad-CAM (Selvaraju et al. 2017) of the embedding's own direction, summed over the two last layers: it asks of every
    place how much of the embedding comes from it, for convolutional and transformer encoders alike.

    Args:
        encoder: the encoder that will judge.
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W] in 0..1.
    """
    names = encoder.layers[-2:]
    encoded = encoder.encode_image(picture.detach().requires_grad_(), names)
    direction = F.normalize(encoded.embedding.detach(), dim=-1)
    layers = [encoded.layers[name] for name in names]
    gradients = torch.autograd.grad((encoded.embedding * direction).sum(), layers, allow_unused=True)
    total = picture.new_zeros(picture.shape[-2:])
    for layer, gradient in zip(layers, gradients, strict=True):
        if gradient is not None:
            relevance = (layer * gradient).sum(dim=1, keepdim=True).clamp(min=0).detach().float()
            enlarged = F.interpolate(relevance, picture.shape[-2:], mode="bicubic", align_corners=False)[0, 0]
            total += _unit_range(enlarged)
    return _unit_range(total)


def edge_map(picture: Tensor) -> Tensor:
    """Edges of a picture: places where the gradient in Lab exceeds Otsu's threshold.

    Args:
        picture: [1, 3, H, W] in 0..1.

    Returns:
        [H, W], 1 on edges and 0 elsewhere.
    """
    rgb = picture[0].permute(1, 2, 0).cpu().numpy()
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.007 * max(rgb.shape[:2])), cv2.COLOR_RGB2LAB)
    slopes = [cv2.Sobel(lab, cv2.CV_32F, dx, 1 - dx) for dx in (0, 1)]
    strength = np.sqrt(sum((slope**2).sum(axis=-1) for slope in slopes))
    levels = (255 * strength / max(float(strength.max()), 1e-9)).astype(np.uint8)
    return torch.from_numpy(cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]).float()


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


def _unit_range(values: Tensor) -> Tensor:
    return (values - values.min()) / (values.max() - values.min()).clamp(min=1e-9)
