"""Parts: the pieces of a surface that hang together, and which of them are worth keeping."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from renderers.mesh.normals import least_in_component

logger = logging.getLogger("limn")

SMALL = 0.01
"""Of all faces: a part with fewer floats about."""


def without_floaters(vertices: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
    """A surface without parts of less than 1 % of its faces, and without the walls of hollows, which nobody sees.

    Args:
        vertices: [P, 3].
        faces: of closed parts, counter-clockwise seen from outside, int32 [F, 3].

    Returns:
        The vertices and faces that are left.
    """
    corners = faces.long()
    label = least_in_component(len(vertices), corners[:, :2].flatten(), corners[:, 1:].flatten())
    _, part = torch.unique(label[corners[:, 0]], return_inverse=True)
    size = torch.bincount(part)
    a, b, c = vertices.double()[corners].unbind(dim=1)
    volume = size.new_zeros(len(size), dtype=torch.float64)
    volume.index_add_(0, part, (a * torch.linalg.cross(b, c)).sum(dim=1))
    small, hollow = size < SMALL * len(faces), volume < 0
    for dropped, what in ((small, "small"), (hollow & ~small, "hollow")):
        count = int(dropped.sum())
        if count:
            logger.info(
                "left out of the surface: %d %s part%s, %s of %s faces",
                count,
                what,
                "s" if count > 1 else "",
                f"{int(size[dropped].sum()):,}",
                f"{len(faces):,}",
            )
    kept = corners[~(small | hollow)[part]]
    used, compact = torch.unique(kept, return_inverse=True)
    return vertices[used], compact.int()
