"""Solid: a body made of named parts, each a signed distance in a colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from renderers.mesh.mesh import Mesh
from renderers.solids.forms import Distance, joined
from renderers.solids.nets import surface_nets
from renderers.solids.patterns import PATTERNS, Pattern

REACH = 1.3
"""Parts are given within this distance from 0 on each axis."""

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """A part of a solid.

    Args:
        name: what it is called.
        colour: sRGB, hexadecimal.
        distance: its form.
        blend: how softly it joins the parts before it.
    """

    name: str
    colour: str
    distance: Distance
    blend: float = 0.0

    @property
    def rgb(self) -> Colour:
        """Its colour in 0..1."""
        red, green, blue = (int(self.colour[k : k + 2], 16) / 255 for k in (0, 2, 4))
        return red, green, blue


class Solid:
    """A body in the unit sphere: the middle of its box at 0, its farthest point at radius 1, y up, front on +z.

    Args:
        name: its caption.
        parts: within `REACH`, of any size, anywhere; parts of one name belong together.
        main: names of the parts that take the colour of the whole.
    """

    def __init__(self, name: str, parts: Sequence[Part], main: Sequence[str] = ()) -> None:
        self.name, self.parts = name, list(parts)
        self.main = tuple(main) or (self.parts[0].name,)
        self._pattern: tuple[Pattern, Colour] | None = None
        self._raw = joined([(part.distance, part.blend) for part in self.parts])

    def distance(self, points: Tensor) -> Tensor:
        """Signed distances [N] of points [N, 3], negative inside; true to first order near the surface."""
        centre, radius = self._place
        return self._raw(points * radius + centre) / radius

    def colour(self, points: Tensor) -> Tensor:
        """The colour at points [N, 3] of the surface, that of the nearest part: sRGB in 0..1 [N, 3]."""
        owner, palette = self._owner(points), torch.tensor([part.rgb for part in self.parts])
        colours = palette[owner]
        if self._pattern is not None:
            drawn, ink = self._pattern
            on_main = torch.tensor([part.name in self.main for part in self.parts])[owner]
            colours[on_main & drawn(points)] = torch.tensor(ink)
        return colours

    def mesh(self, resolution: int = 64) -> Mesh:
        """The surface with colours of corners, and a group of faces for each name of a part.

        Args:
            resolution: cells of the grid along the sphere's diameter.
        """
        centre, radius = self._place
        vertices, faces = surface_nets(self._raw, 2 * radius / resolution, REACH)
        vertices = (vertices - centre) / radius
        corners = vertices[faces.long()]
        middles = corners.mean(1, keepdim=True)
        # Each face looks at its own side of a border between parts.
        colours = self.colour((0.5 * (corners + middles)).view(-1, 3)).view(-1, 3, 3)
        owner = self._owner(middles[:, 0])
        names = [part.name for part in self.parts]
        groups = {
            name: torch.isin(owner, torch.tensor([k for k, other in enumerate(names) if other == name])).nonzero()[:, 0]
            for name in dict.fromkeys(names)
        }
        return Mesh(vertices, faces, corner_colours=colours, groups=groups, name=self.name)

    def recoloured(self, colours: dict[str, str], name: str) -> Solid:
        """The same body with some parts in other colours.

        Args:
            colours: hexadecimal, by the name of the part.
            name: the new caption.
        """
        parts = [replace(part, colour=colours.get(part.name, part.colour)) for part in self.parts]
        made = Solid(name, parts, self.main)
        made.__dict__.update({key: value for key, value in vars(self).items() if key == "_place"})
        made._pattern = self._pattern
        return made

    def patterned(self, pattern: str, colour: Colour, name: str) -> Solid:
        """The same body with a pattern on its main parts.

        Args:
            pattern: one of `PATTERNS`.
            colour: of the pattern, sRGB in 0..1.
            name: the new caption.
        """
        made = self.recoloured({}, name)
        made._pattern = PATTERNS[pattern], colour
        return made

    def _owner(self, points: Tensor) -> Tensor:
        centre, radius = self._place
        raw = points * radius + centre
        return torch.stack([part.distance(raw) for part in self.parts]).argmin(0)

    @cached_property
    def _place(self) -> tuple[Tensor, float]:
        """Middle and radius of the body as its parts are given."""
        vertices, _ = surface_nets(self._raw, 2 * REACH / 48, REACH)
        centre = (vertices.amin(0) + vertices.amax(0)) / 2
        return centre, float((vertices - centre).norm(dim=1).max())


def hexadecimal(colour: Colour) -> str:
    """A colour in 0..1 as a part has it."""
    return "".join(f"{math.floor(255 * value + 0.5):02x}" for value in colour)
