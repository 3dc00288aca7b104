"""Regions: a picture divided into connected parts of about one colour, as few as wanted."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from renderers.strokes.paint import Pixels

SIDE = 128
"""Pixels of the longer side in which regions are found; the optimisation sharpens their borders."""


@dataclass(frozen=True)
class Regions:
    """Which region every pixel of a small picture belongs to.

    Args:
        labels: 0..K - 1, each a connected region [h, w].
        colours: of the small picture [h, w, 3].
        scale: pixels of the picture in one of the small one.
    """

    labels: NDArray[np.int64]
    colours: Pixels
    scale: float

    @property
    def count(self) -> int:
        """K."""
        return int(self.labels.max()) + 1

    def pixels(self, label: int) -> tuple[Pixels, Pixels]:
        """Places [n, 2] (x, y in pixels of the picture) and colours [n, 3] of a region."""
        rows, columns = np.nonzero(self.labels == label)
        places = np.stack([columns, rows], axis=1).astype(np.float64)
        return (places + 0.5) * self.scale, self.colours[rows, columns]


def find_regions(picture: Tensor, count: int) -> Regions:
    """Merges neighbouring regions, pixels at first, until few are left: those first whose border costs least.

    Merging two regions adds n m / (n + m) |a - b|^2 to the squared error of their mean colours a and b; the pair with
    the least sum for each pixel of their common border is merged.

    Args:
        picture: [3, H, W].
        count: K, regions that are left.

    Source: Koepfler, Lopez and Morel, A Multiscale Algorithm for Image Segmentation by Variational Method, 1994.
    """
    colours = shrunk(picture)
    return Regions(_merged(colours, count), colours, picture.shape[2] / colours.shape[1])


def shrunk(picture: Tensor) -> Pixels:
    """A picture [3, H, W] in the size in which regions are found [h, w, 3]."""
    height, width = picture.shape[1:]
    scale = max(height, width, SIDE) / SIDE
    small = F.interpolate(picture[None], (max(1, round(height / scale)), max(1, round(width / scale))), mode="area")
    return np.asarray(small[0].permute(1, 2, 0).double().cpu().numpy())


def _merged(colours: Pixels, count: int) -> NDArray[np.int64]:
    shape = colours.shape[:2]
    means: list[list[float]] = colours.reshape(-1, 3).tolist()
    sizes, parents, ages = [1] * len(means), list(range(len(means))), [0] * len(means)
    borders = _borders(shape)

    def cost(one: int, other: int) -> tuple[float, int, int, int, int]:
        (a, b, c), (d, e, f) = means[one], means[other]
        n, m = sizes[one], sizes[other]
        apart = ((a - d) ** 2 + (b - e) ** 2 + (c - f) ** 2) * n * m / (n + m)
        return apart / borders[one][other], one, other, ages[one], ages[other]

    heap = [cost(one, other) for one, near in enumerate(borders) for other in near if one < other]
    heapq.heapify(heap)
    left = len(means)
    while left > count and heap:
        _, one, other, age, other_age = heapq.heappop(heap)
        if ages[one] != age or ages[other] != other_age:
            continue
        if len(borders[one]) < len(borders[other]):
            one, other = other, one
        n, m = sizes[one], sizes[other]
        means[one] = [(n * p + m * q) / (n + m) for p, q in zip(means[one], means[other], strict=True)]
        sizes[one], parents[other] = n + m, one
        ages[one], ages[other], left = ages[one] + 1, -1, left - 1
        for third, length in borders[other].items():
            del borders[third][other]
            if third != one:
                borders[one][third] = borders[third][one] = borders[one].get(third, 0) + length
        borders[other] = {}
        for third in borders[one]:
            heapq.heappush(heap, cost(one, third))
    for place in range(len(parents)):
        while parents[place] != parents[parents[place]]:
            parents[place] = parents[parents[place]]
    return np.unique(parents, return_inverse=True)[1].reshape(shape)


def _borders(shape: tuple[int, int]) -> list[dict[int, int]]:
    """For every pixel its neighbours and the length of the border with each."""
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    borders: list[dict[int, int]] = [{} for _ in range(numbers.size)]
    for one, other in ((numbers[:, :-1], numbers[:, 1:]), (numbers[:-1], numbers[1:])):
        for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            borders[a][b] = borders[b][a] = 1
    return borders
