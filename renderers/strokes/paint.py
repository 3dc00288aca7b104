"""Paint: the solid colour or the linear gradient that is nearest to the pixels of a region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float, float]
Place = tuple[float, float]
Pixels = NDArray[np.float64]


@dataclass(frozen=True)
class Paint:
    """A colour, or a gradient between two.

    Args:
        colour: straight sRGB and opacity, where the gradient begins.
        end_colour: where it ends.
        ends: where that is, in pixels; the same place twice for one colour.
    """

    colour: Colour
    end_colour: Colour
    ends: tuple[Place, Place]

    @property
    def graded(self) -> bool:
        """Whether it is a gradient."""
        return self.ends[0] != self.ends[1]

    def at(self, places: Pixels) -> Pixels:
        """Its colours [n, 3] at places [n, 2]."""
        (start, end), first, last = np.array(self.ends), np.array(self.colour[:3]), np.array(self.end_colour[:3])
        along = end - start
        share = ((places - start) @ along / max(float(along @ along), 1e-12)).clip(0, 1)
        return np.asarray(first + share[:, None] * (last - first))


def solid(places: Pixels, colours: Pixels) -> Paint:
    """The mean colour of pixels.

    Args:
        places: of their middles [n, 2].
        colours: sRGB [n, 3].
    """
    x, y = places.mean(axis=0)
    colour = _opaque(colours.mean(axis=0))
    return Paint(colour, colour, ((x, y), (x, y)))


def gradient(places: Pixels, colours: Pixels) -> Paint:
    """The linear gradient of least squared error: a plane for each channel, all of them slanting along one direction.

    Args:
        places: of the middles of pixels [n, 2].
        colours: sRGB [n, 3].
    """
    middle, mean = places.mean(axis=0), colours.mean(axis=0)
    offsets = places - middle
    spread = np.linalg.cholesky(offsets.T @ offsets / len(offsets) + np.eye(2))
    slopes = np.linalg.solve(spread @ spread.T, offsets.T @ (colours - mean) / len(offsets))
    left, strengths, right = np.linalg.svd(spread.T @ slopes)
    slant = np.linalg.solve(spread.T, left[:, 0] * strengths[0])
    steep = max(float(np.linalg.norm(slant)), 1e-9)
    direction = slant / steep if steep > 1e-9 else np.array([1.0, 0.0])
    along = offsets @ direction
    low, high = float(along.min()) - 1, float(along.max()) + 1
    first, last = (_opaque(mean + reach * steep * right[0]) for reach in (low, high))
    (x0, y0), (x1, y1) = middle + low * direction, middle + high * direction
    return Paint(first, last, ((x0, y0), (x1, y1)))


def _opaque(colour: Pixels) -> Colour:
    red, green, blue = colour.clip(0, 1).tolist()
    return red, green, blue, 1.0
