"""Solid: a body made of named parts, each a signed distance in a colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from renderers.mesh.mesh import Mesh
from renderers.solids.forms import Distance, joined
from renderers.solids.nets import surface_nets
from renderers.solids.patterns import Pattern

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
        main: names of the parts that take the colour of the whole; the first one unless given.
    """

    def __init__(self, name: str, parts: Sequence[Part], main: Sequence[str] = ()) -> None:
        self.name, self.parts = name, list(parts)
        self.main = tuple(main) or (self.parts[0].name,)
        self._patterns: Sequence[tuple[Pattern, Colour]] = ()
        self._body = _Body([(part.distance, part.blend) for part in self.parts])

    def distance(self, points: Tensor) -> Tensor:
        """Signed distances [N] of points [N, 3], negative inside; true to first order near the surface."""
        centre, radius = self._body.place
        return self._body.distance(points * radius + centre) / radius

    def colour(self, points: Tensor) -> Tensor:
        """The colour at points [N, 3] of the surface, that of the nearest part: sRGB in 0..1 [N, 3]."""
        owner, palette = self._owner(points), torch.tensor([part.rgb for part in self.parts])
        colours = palette[owner]
        on_main = torch.tensor([part.name in self.main for part in self.parts])[owner]
        for drawn, ink in self._patterns:
            colours[on_main & drawn(points)] = torch.tensor(ink)
        return colours

    def mesh(self, resolution: int = 64) -> Mesh:
        """The surface with colours of corners, and a group of faces for each name of a part.

        Args:
            resolution: cells of the grid along the sphere's diameter.
        """
        centre, radius = self._body.place
        vertices, faces = surface_nets(self._body.distance, 2 * radius / resolution, REACH)
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

    def recoloured(
        self, name: str, colours: Mapping[str, str], patterns: Sequence[tuple[Pattern, Colour]] = ()
    ) -> Solid:
        """The same body in other colours.

        Args:
            name: the new caption.
            colours: hexadecimal, by the name of the part.
            patterns: on its main parts, each with its colour in 0..1.
        """
        parts = [replace(part, colour=colours.get(part.name, part.colour)) for part in self.parts]
        made = Solid(name, parts, self.main)
        made._body, made._patterns = self._body, patterns
        return made

    def _owner(self, points: Tensor) -> Tensor:
        centre, radius = self._body.place
        raw = points * radius + centre
        return torch.stack([part.distance(raw) for part in self.parts]).argmin(0)


class _Body:
    """All parts as one, and where they are."""

    def __init__(self, forms: Sequence[tuple[Distance, float]]) -> None:
        self.distance = joined(forms)

    @cached_property
    def place(self) -> tuple[Tensor, float]:
        """The middle and the radius of the body as its parts are given."""
        vertices, _ = surface_nets(self.distance, 2 * REACH / 48, REACH)
        centre = (vertices.amin(0) + vertices.amax(0)) / 2
        return centre, float((vertices - centre).norm(dim=1).max())


def hexadecimal(colour: Colour) -> str:
    """A colour in 0..1 as a part has it."""
    return "".join(f"{math.floor(255 * value + 0.5):02x}" for value in colour)
