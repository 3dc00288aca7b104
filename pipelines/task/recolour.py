"""Recolour: a photograph in the colours that words say; its forms and its light stay."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from guidance.colours import recoloured
from guidance.distillation.exemplars.tints import hue_of
from limn.colours import COLOURS
from pipelines.task.full_size import followed

FLAT = 0.45
"""Share of pixels that equal their neighbour from which a picture is drawn, and not a photograph."""

NEAR, FAR = math.cos(math.radians(15.0)), math.cos(math.radians(40.0))
"""Of hues: up to there they are the same, from there on they are others."""

PALE, FULL = 0.5, 0.75
"""Saturation, as a share of that of a named colour: paler is something else, such as skin beside orange."""

REACH = 5
"""Pixels: shines and shades, which are paler, belong to the strong colour around them."""

ALIKE = 0.12
"""How far colours that belong to a thing may be from those that its pictures have, without their lightness."""

ROUNDS = 40
"""Directions of colour, three at a time, in which sets of colours are matched."""


def is_photograph(picture: Image.Image) -> bool:
    """Whether a picture (mode RGBA) is neither cut out nor drawn in flat colours."""
    pixels = np.asarray(picture)
    if (pixels[..., 3] < 128).mean() > 0.01:
        return False
    same = (pixels[1:, 1:] == pixels[:-1, :-1]).all(axis=-1)
    return bool(same.mean() < FLAT) if same.size else False


def with_colour(photograph: Tensor, where: Tensor, colour: str, instead: str | None) -> Tensor:
    """Gives what has one colour another one.

    Args:
        photograph: [3, H, W] in 0..1.
        where: how much it may change [1, H, W] in 0..1.
        colour: one of `COLOURS`.
        instead: of which colour, one of `COLOURS`; of the main one where None.

    Returns:
        [3, H, W] in 0..1.
    """
    hue, grey, chroma = (part[0] for part in hue_of(photograph[None]))
    luma = photograph.mean(dim=0, keepdim=True)
    if instead in ("black", "grey", "white"):
        far = (luma - sum(COLOURS[instead]) / 3).square() + chroma.square()
        taken = (-far / 0.03).exp()
        new = recoloured(photograph, torch.ones_like(luma), photograph.new_tensor(COLOURS[colour])[:, None, None])
    else:
        main, least = _main_hue(hue, chroma * where), 0.5
        if instead is not None:
            named = photograph.new_tensor(COLOURS[instead])
            main, least = hue_of(named.view(1, 3, 1, 1))[0].flatten(), float(1 - named.min() / named.max())
        saturation = chroma / (grey + chroma).clamp_min(1e-6) / least
        alike = (((hue - main).cos() - FAR) / (NEAR - FAR)).clamp(0, 1)
        strong = alike * ((saturation - PALE) / (FULL - PALE)).clamp(0, 1)
        around = F.avg_pool2d(strong[None], 2 * REACH + 1, 1, REACH)[0]
        taken = torch.maximum(strong, alike * (2 * around).clamp(0, 1) * (saturation / PALE).clamp(0, 1))
        new = grey + chroma * photograph.new_tensor(COLOURS[colour])[:, None, None]
    return torch.lerp(photograph, new, taken * where)


def in_colours(photograph: Tensor, where: Tensor, colours: Tensor, instead: Tensor) -> Tensor:
    """Gives what has some colours others, in the same order, as often as they are.

    Args:
        photograph: [3, H, W] in 0..1.
        where: how much it may change [1, H, W] in 0..1.
        colours: of what it is to become [n, 3].
        instead: of what it shows [m, 3]; pixels of other colours stay.

    Returns:
        [3, H, W] in 0..1.

    Source: Pitié, Kokaram and Dahyot, N-dimensional probability density function transfer, 2005; the change is
        smoothed along the edges of the photograph, as in Rabin, Delon and Gousseau, Regularization of transportation
        maps, 2011.
    """
    pixels = photograph.flatten(1).T
    chromatic, known = (each - each.mean(dim=1, keepdim=True) for each in (pixels, instead))
    far = torch.cat([torch.cdist(some, known).amin(dim=1) for some in torch.split(chromatic, 4096)])
    where = where * (-(far / ALIKE).square()).exp().view_as(where)
    chosen = where.flatten() > 0.5
    if not chosen.any():
        return photograph
    moved = pixels.clone()
    moved[chosen] = _matched(pixels[chosen], colours)
    smooth = followed(photograph, (moved - pixels).T.view_as(photograph))
    return (photograph + where * smooth).clamp(0, 1)


def colours_of(pictures: Tensor) -> Tensor:
    """The colours of drawn things, without the paper around them.

    Args:
        pictures: [N, 3, H, W] in 0..1.

    Returns:
        [n, 3].
    """
    import cv2

    found = []
    for picture in pictures:
        paper = (picture.amin(dim=0) > 0.93).byte().numpy()
        _, parts = cv2.connectedComponents(paper, connectivity=4)
        frame = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
        outside = np.isin(parts, frame[frame > 0]).astype(np.uint8)
        inside = torch.from_numpy(cv2.dilate(outside, np.ones((3, 3), np.uint8)) == 0)  # the rim is half paper
        found.append((picture[:, inside] if inside.any() else picture.flatten(1)).T)
    return torch.cat(found)


def _main_hue(hue: Tensor, weight: Tensor) -> Tensor:
    circle = torch.arange(24).to(hue) * (2 * math.pi / 24)
    near = (8 * ((hue.flatten()[:, None] - circle).cos() - 1)).exp()
    return circle[(near * weight.flatten()[:, None]).sum(dim=0).argmax()]


def _matched(pixels: Tensor, colours: Tensor) -> Tensor:
    """Pixels [n, 3] moved until they are as colours [m, 3] are."""
    generator = torch.Generator().manual_seed(0)
    ranks = torch.linspace(0, 1, len(pixels))
    for _ in range(ROUNDS):
        axes, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator))
        now = pixels @ axes
        wanted = torch.quantile(_thinned(colours) @ axes, torch.linspace(0, 1, 257), dim=0)
        for axis in range(3):
            order = now[:, axis].argsort()
            place = ranks * 256
            low = place.long().clamp_max(255)
            now[order, axis] = torch.lerp(wanted[low, axis], wanted[low + 1, axis], place - low)
        pixels = now @ axes.T
    return pixels


def _thinned(colours: Tensor) -> Tensor:
    return colours[:: max(1, len(colours) // 4096)]
