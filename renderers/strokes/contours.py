"""Contours: a picture traced as flat shapes, as the start of an optimisation."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from renderers.strokes.initialise import closed_shapes
from renderers.strokes.scene import Scene

ROUNDS = 12
"""Of k-means."""

NEIGHBOURS = 0.012
"""Reach of the vote on every pixel's colour, as a fraction of the canvas."""

SMALLEST = 3e-4
"""Patches below this fraction of the canvas are not worth a shape."""


def contour_shapes(
    picture: Tensor, paths: int, *, segments: int = 8, colours: int = 12, generator: torch.Generator
) -> Scene:
    """Turns a picture into filled shapes: patches of few colours, largest first; spare shapes cover large errors.

    Args:
        picture: [3, H, W] in 0..1; its most frequent border colour is the background.
        paths: P, number of shapes.
        segments: cubics around each, at least 2.
        colours: how many colours the picture is reduced to.
        generator: draws first colours and the places of spare shapes.

    Returns:
        One candidate on a canvas of the picture's size.
    """
    size = (picture.shape[1], picture.shape[2])
    palette, labels = _quantised(picture, colours, generator)
    border = torch.cat([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    ground = int(border.mode().values)
    patches = sorted(_patches(labels.numpy(), ground), key=lambda patch: -patch[0])[:paths]
    left = paths - len(patches)
    error = (picture - palette[labels].permute(2, 0, 1)).square().sum(dim=0).flatten() + 1e-9
    places = torch.multinomial(error, left, replacement=True, generator=generator) if left else torch.zeros(0).long()
    centres = torch.stack([places % size[1], places // size[1]], dim=1) + 0.5
    spots = torch.cat([torch.zeros(len(patches), 2), centres])[None]
    scene = closed_shapes(spots, size, segments=segments, radius=0.02 * max(size), generator=generator)
    points, fills = scene.points.view(paths, -1, 2), scene.fill_colours[0]
    fills[:, 3] = 1.0
    for number, (_, label, outline) in enumerate(patches):
        points[number] = _smooth(outline, segments)
        fills[number, :3] = palette[label]
    fills[len(patches) :, :3] = picture.flatten(1).T[places]
    return scene


def _quantised(picture: Tensor, colours: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A palette [K, 3] and the colour of every pixel [H, W] (k-means; first colours as k-means++ draws them)."""
    pixels = picture.flatten(1).T
    palette = pixels[torch.randint(len(pixels), (1,), generator=generator)]
    while len(palette) < colours:
        far = torch.cdist(pixels, palette).amin(dim=1).square() + 1e-9
        palette = torch.cat([palette, pixels[torch.multinomial(far, 1, generator=generator)]])
    for _ in range(ROUNDS):
        labels = torch.cdist(pixels, palette).argmin(dim=1)
        chosen = F.one_hot(labels, colours).to(pixels)
        count = chosen.sum(dim=0)[:, None]
        palette = torch.where(count > 0, (chosen.T @ pixels) / count.clamp_min(1.0), palette)
    labels = torch.cdist(pixels, palette).argmin(dim=1).view(picture.shape[1:])
    votes = F.one_hot(labels, colours).permute(2, 0, 1).float()
    side = 2 * round(NEIGHBOURS * max(labels.shape)) + 1  # a majority of neighbours does away with rims of soft edges
    return palette, F.avg_pool2d(votes, side, stride=1, padding=side // 2).argmax(dim=0)


def _patches(labels: NDArray[np.int64], ground: int) -> list[tuple[float, int, Tensor]]:
    """Area, colour and outline [M, 2] of every patch of one colour that is not part of the background."""

    import cv2

    found = []
    smallest = SMALLEST * labels.size
    for label in np.unique(labels):
        mask = (labels == label).astype(np.uint8)
        count, components = cv2.connectedComponents(mask, connectivity=4)
        for number in range(1, count):
            part = (components == number).astype(np.uint8)
            edges = part[[0, -1]].any() or part[:, [0, -1]].any()
            area = float(part.sum())
            if area < smallest or (label == ground and edges):
                continue
            # The border runs through the middles of the outermost pixels; half a pixel more reaches their edges.
            (outline,), _ = cv2.findContours(cv2.dilate(part, None), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            found.append((area, int(label), torch.from_numpy(outline[:, 0]).float() + 0.5))
    return found


def _smooth(outline: Tensor, segments: int) -> Tensor:
    """Control points [3 * segments, 2] of a closed curve around an outline [M, 2]: evenly spread knots, Catmull-Rom."""
    around = torch.cat([outline, outline[:1]])
    length = torch.cat([torch.zeros(1), around.diff(dim=0).norm(dim=1).cumsum(0)])
    wanted = torch.linspace(0, float(length[-1]), segments + 1)[:-1]
    after = torch.searchsorted(length, wanted, right=True).clamp(1, len(around) - 1)
    share = (wanted - length[after - 1]) / (length[after] - length[after - 1]).clamp_min(1e-6)
    knots = torch.lerp(around[after - 1], around[after], share[:, None])
    slope = (knots.roll(-1, 0) - knots.roll(1, 0)) / 6
    return torch.stack([knots, knots + slope, knots.roll(-1, 0) - slope.roll(-1, 0)], dim=1).flatten(0, 1)
