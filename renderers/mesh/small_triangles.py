"""Triangles that are too small for the pixels of a picture."""

from __future__ import annotations

import logging
import math

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from limn.cameras import Cameras
from limn.surface import Surface
from renderers.mesh.draw import transformed

logger = logging.getLogger("limn")

SMALL = 0.5
"""Pixels; of smaller triangles most fall between the centres of pixels."""

_said = WeakTensorKeyDictionary()
"""Tables of faces of which it was said, by whichever renderer."""


@torch.no_grad()
def median_area(surface: Surface, cameras: Cameras, size: tuple[int, int]) -> float:
    """How many pixels the median triangle covers, of those whose middle the first view shows; infinite for none."""
    clip = transformed(surface.vertices[:1], cameras.shaped(size).world_to_clip[:1])[0]
    corners = clip[surface.faces.long()]
    corners = corners[(corners[..., 3] > 0).all(dim=1)]
    places = corners[..., :2] / corners[..., 3:]
    places = places[(places.mean(dim=1).abs() < 1).all(dim=1)]
    (ax, ay), (bx, by) = ((places[:, k] - places[:, 0]).unbind(dim=1) for k in (1, 2))
    # The picture is 2 x 2 in clip space.
    area = (ax * by - ay * bx).abs() / 2 * (size[0] * size[1] / 4)
    return float(area.median()) if len(area) else math.inf


class SizeWatch:
    """Looks at a renderer's first picture, and says once per mesh that its triangles are small."""

    def __init__(self) -> None:
        self._looked = False

    def look(self, surface: Surface, cameras: Cameras, size: tuple[int, int], supersampling: int, name: str) -> None:
        """Logs a warning if half of the triangles cover less than half a sample.

        Args:
            surface: that is drawn.
            cameras: it is seen from.
            size: height and width in pixels.
            supersampling: samples across a pixel.
            name: of the mesh.
        """
        if self._looked:
            return
        self._looked = True
        area = median_area(surface, cameras, (supersampling * size[0], supersampling * size[1]))
        if area < SMALL and surface.faces not in _said:
            _said[surface.faces] = True
            logger.warning(
                "half of the triangles of %s cover less than %.2g of a %s: thin parts fade; "
                "larger pictures, supersampling or fewer triangles help",
                name,
                area,
                "sample" if supersampling > 1 else "pixel",
            )
