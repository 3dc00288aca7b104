"""Surface: the triangles behind the pictures, as parameterisations make them and as losses on shape read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor


class Topology:
    """Which vertices make which faces, and what follows from it.

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
class Surface:
    """S candidates of one triangle mesh.

    Args:
        vertices: as they are now [S, P, 3].
        topology: of the faces, the same for all candidates.
        rest: the vertices at the start [P, 3].
        colours: sRGB in 0..1 at the vertices [S, P, 3], or [1, P, 3] for all alike, where vertices have colours.
        texture: sRGB in 0..1, top row first [S, Ht, Wt, 3] or [1, Ht, Wt, 3], where there is one; ``colours`` is None
            then.
        normal_map: unit normals in tangent space, top row first [S, Hn, Wn, 3], where there is one.
        uv: texture coordinates, (0, 0) is the top left corner [T, 2]; given where there is a texture or normal map.
        uv_faces: the corners' rows of ``uv`` [F, 3].
        seen: the face that each pixel of the pictures shows, -1 where none, int32 [S, V, H, W]; None before drawing.
    """

    vertices: Tensor
    topology: Topology
    rest: Tensor
    colours: Tensor | None = None
    texture: Tensor | None = None
    normal_map: Tensor | None = None
    uv: Tensor | None = None
    uv_faces: Tensor | None = None
    seen: Tensor | None = None

    @property
    def faces(self) -> Tensor:
        """Corners, counter-clockwise seen from the front [F, 3]."""
        return self.topology.faces

    @property
    def candidates(self) -> int:
        """S, the size of the population."""
        return self.vertices.shape[0]

    def candidate(self, index: int) -> Surface:
        """One of the candidates, as a surface of one."""
        many = ("vertices", "colours", "texture", "normal_map", "seen")
        return self._with(lambda name, t: t[index % len(t)][None] if name in many else t)

    def detach(self) -> Surface:
        """The same without gradient."""
        return self._with(lambda name, t: t.detach())

    def to(self, device: torch.device | str) -> Surface:
        """The same on another device."""
        return replace(self._with(lambda name, t: t.to(device)), topology=Topology(self.faces.to(device)))

    def _with(self, change: Callable[[str, Tensor], Tensor]) -> Surface:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {name: change(name, v) for name, v in found.items() if isinstance(v, Tensor)}
        return replace(self, **changed)
