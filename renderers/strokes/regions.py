"""Regions: a picture divided into connected parts of about one colour, as few as wanted."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import inf

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from renderers.strokes.paint import Pixels

SIDE = 128
"""Pixels of the longer side in which regions are found; the optimisation sharpens their borders."""


BESIDE = (
    ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
)
"""Pixels of a picture, and their neighbours at the right, and below."""


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
    flat = _flat(colours)
    borders = _borders(flat)
    sizes = np.bincount(flat.ravel()).tolist()
    means = [colours.reshape(-1, 3)[first].tolist() for first in np.unique(flat, return_index=True)[1]]
    parents, ages = np.arange(len(sizes)), [0] * len(sizes)

    def push_best(one: int) -> None:
        """The neighbour with which a region merges best; of those that have not changed since, others tell."""
        (a, b, c), n, ours = means[one], sizes[one], borders[one]
        best, cost = -1, inf
        for other, length in ours.items():
            d, e, f = means[other]
            m = sizes[other]
            apart = ((a - d) ** 2 + (b - e) ** 2 + (c - f) ** 2) * n * m / ((n + m) * length)
            if apart < cost or (apart == cost and other < best):
                best, cost = other, apart
        if best >= 0:
            heapq.heappush(heap, (cost, one, best, ages[one], ages[best]))

    heap: list[tuple[float, int, int, int, int]] = []
    for one in range(len(sizes)):
        push_best(one)
    left = len(sizes)
    while left > count and heap:
        _, one, other, age, other_age = heapq.heappop(heap)
        if ages[one] != age:
            continue
        if ages[other] != other_age:
            push_best(one)
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
        push_best(one)
    while (parents != parents[parents]).any():
        parents = parents[parents]
    return np.asarray(np.unique(parents[flat], return_inverse=True)[1]).reshape(flat.shape)


def _flat(colours: Pixels) -> NDArray[np.int64]:
    """Connected parts of one colour [h, w], numbered by their first pixels; merging them costs nothing."""
    numbers = np.arange(colours.shape[0] * colours.shape[1]).reshape(colours.shape[:2])
    alike = [(one, other, (colours[one] == colours[other]).all(axis=-1)) for one, other in BESIDE]
    before = None
    while before is None or (numbers != before).any():
        before = numbers.copy()
        for one, other, same in alike:
            for here, there in ((one, other), (other, one)):
                np.minimum(numbers[here], numbers[there], out=numbers[here], where=same)
        numbers = numbers.ravel()[numbers]  # whom a pixel follows has gone farther
    return np.asarray(np.unique(numbers, return_inverse=True)[1]).reshape(numbers.shape)


def _borders(labels: NDArray[np.int64]) -> list[dict[int, int]]:
    """For every region its neighbours and the length of the border with each."""
    borders: list[dict[int, int]] = [{} for _ in range(int(labels.max()) + 1)]
    for one, other in BESIDE:
        for a, b in zip(labels[one].ravel().tolist(), labels[other].ravel().tolist(), strict=True):
            if a != b:
                borders[a][b] = borders[b][a] = borders[a].get(b, 0) + 1
    return borders
