"""Flipped faces: where a surface has folded over itself."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from limn.step import Step
from limn.surface import Surface
from renderers.mesh.normals import corner_sums, face_normals

logger = logging.getLogger("limn")

SHARE = 0.01
"""Of the faces: where more have flipped, it is said."""

EVERY = 10
"""Steps from one look to the next."""


def flipped(vertices: Tensor, faces: Tensor) -> Tensor:
    """Faces that look away from the mean, by area, of the other faces at their corners.

    Args:
        vertices: of S candidates [S, P, 3].
        faces: [F, 3].

    Returns:
        Bool [S, F].
    """
    normals = face_normals(vertices, faces)
    sums = corner_sums(normals, faces, vertices.shape[1])
    others = sums[:, faces.long()].sum(dim=2) - 3.0 * normals
    return (normals * others).sum(dim=2) < 0


class FlipWatch:
    """Says once that faces flip.

    Args:
        rest: vertices at the start [P, 3]; faces that are flipped there do not count.
        faces: [F, 3].
    """

    def __init__(self, rest: Tensor, faces: Tensor) -> None:
        self._at_rest = flipped(rest[None], faces)
        self._said = False

    @torch.no_grad()
    def look(self, surface: Surface, step: Step) -> None:
        """Logs a warning if many faces of a candidate have flipped."""
        if self._said or step.index % EVERY:
            return
        now = flipped(surface.vertices, surface.faces) & ~self._at_rest.to(surface.vertices.device)
        count, total = int(now.sum(dim=1).max()), now.shape[1]
        if count > SHARE * total:
            self._said = True
            logger.warning(
                "%s of %s faces have flipped by step %d: lower the learning rate of what moves the vertices, raise the "
                "smoothing of vertex_offsets, or add the losses normal_consistency or laplacian",
                f"{count:,}",
                f"{total:,}",
                step.index,
            )
