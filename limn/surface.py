"""Surface: the geometry of a mesh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from limn.geometry import Geometry


class Connectivity:
    """The faces of a mesh, and its edges.

    Args:
        faces: corners, counter-clockwise seen from the front, integer [F, 3].
    """

    def __init__(self, faces: Tensor) -> None:
        self.faces = faces

    @cached_property
    def edges(self) -> Tensor:
        """Every edge once, its lower vertex first, int64 [E, 2]."""
        return self._sides[0]

    @cached_property
    def pairs(self) -> Tensor:
        """The two faces at every edge that has exactly two, int64 [K, 2]."""
        _, edge_of_side = self._sides
        order = edge_of_side.argsort(stable=True)
        edge = edge_of_side[order]
        twice = torch.bincount(edge)[edge] == 2
        # Sides are numbered by corner first, so a side's face is its number modulo F.
        return (order[twice] % len(self.faces)).view(-1, 2)

    @cached_property
    def _sides(self) -> tuple[Tensor, Tensor]:
        """The edges, and which of them is side k of face f, at k F + f."""
        faces = self.faces.long()
        sides = torch.cat([faces[:, [k, (k + 1) % 3]] for k in range(3)]).sort(dim=1).values
        edges, edge_of_side = torch.unique(sides, dim=0, return_inverse=True)
        return edges, edge_of_side


@dataclass(frozen=True)
class Surface(Geometry):
    """S candidates of one triangle mesh.

    Args:
        vertices: as they are now [S, P, 3].
        connectivity: of the faces, the same for all candidates.
        rest: the vertices at the start [P, 3].
        colours: sRGB in 0..1 at the vertices [S, P, 3], or [1, P, 3] for all alike, where vertices have colours.
        texture: sRGB in 0..1, top row first [S, Ht, Wt, 3] or [1, Ht, Wt, 3], where there is one; ``colours`` is None
            then.
        corner_colours: sRGB in 0..1 at the faces' corners [S, F, 3, 3] or [1, F, 3, 3]; seen only where there is
            neither a texture nor ``colours``.
        normal_map: unit normals in tangent space, top row first [S, Hn, Wn, 3], where there is one.
        uv: texture coordinates, (0, 0) is the top left corner [T, 2]; given where there is a texture or normal map.
        uv_faces: the corners' rows of ``uv`` [F, 3].
        seen: the face that each pixel of the pictures shows, -1 where none, int32 [S, V, H, W]; None before rendering.
    """

    noun: ClassVar[str] = "a mesh"
    per_candidate: ClassVar[tuple[str, ...]] = (
        "vertices",
        "colours",
        "texture",
        "corner_colours",
        "normal_map",
        "seen",
    )

    vertices: Tensor
    connectivity: Connectivity
    rest: Tensor
    colours: Tensor | None = None
    texture: Tensor | None = None
    corner_colours: Tensor | None = None
    normal_map: Tensor | None = None
    uv: Tensor | None = None
    uv_faces: Tensor | None = None
    seen: Tensor | None = None

    @property
    def faces(self) -> Tensor:
        """Corners, counter-clockwise seen from the front [F, 3]."""
        return self.connectivity.faces

    def to(self, device: torch.device | str) -> Surface:
        """The same on another device."""
        return replace(super().to(device), connectivity=Connectivity(self.faces.to(device)))
