"""Mesh: triangles and their colours."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor

GREY = 0.5


@dataclass(frozen=True)
class Mesh:
    """Triangles, and either a texture, colours of vertices, colours of corners, or none (grey).

    Args:
        vertices: right-handed, y up, float32 [P, 3].
        faces: corners, counter-clockwise seen from the front, int32 [F, 3].
        uv: texture coordinates as in glTF, (0, 0) is the top left corner of the texture, float32 [T, 2].
        uv_faces: the corners' rows of ``uv``, int32 [F, 3]; given where ``uv`` is.
        colours: sRGB in 0..1 at the vertices, float32 [P, 3].
        texture: sRGB in 0..1, top row first, float32 [H, W, 3]; only with ``uv``.
        corner_colours: sRGB in 0..1 at the faces' corners, for faces that differ where they meet, float32 [F, 3, 3].
        groups: faces by the name of their part (material, OBJ group, glTF node), int64 [n] each.
        name: from the file or its maker.
        lost: contents of a file that this type cannot hold, one line each.
    """

    vertices: Tensor
    faces: Tensor
    uv: Tensor | None = None
    uv_faces: Tensor | None = None
    colours: Tensor | None = None
    texture: Tensor | None = None
    corner_colours: Tensor | None = None
    groups: dict[str, Tensor] = field(default_factory=dict)
    name: str = "mesh"
    lost: tuple[str, ...] = ()

    def painted(self) -> tuple[Tensor, Tensor]:
        """Colours where there is no texture: a table [C, 3], grey if there are none, and the corners' rows [F, 3]."""
        if self.colours is not None:
            return self.colours, self.faces.long()
        if self.corner_colours is not None:
            return self.corner_colours.reshape(-1, 3), torch.arange(self.faces.numel()).view(-1, 3)
        return self.vertices.new_full((1, 3), GREY), torch.zeros_like(self.faces).long()

    def to(self, device: torch.device | str) -> Mesh:
        """The same on another device."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        tensors: dict[str, Any] = {name: t.to(device) for name, t in found.items() if isinstance(t, Tensor)}
        return replace(self, **tensors, groups={name: rows.to(device) for name, rows in self.groups.items()})
