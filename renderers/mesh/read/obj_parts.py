"""Faces of an OBJ file become parts: one for each texture, and one for all faces without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from renderers.mesh.read.mtl import Material
from renderers.mesh.read.part import Floats, Integers, Part
from renderers.mesh.read.polygons import triangulate
from renderers.scene.colour import to_linear


@dataclass(frozen=True)
class Faces:
    """Triangles.

    Args:
        corners: rows of vertices and of texture coordinates, which are -1 where there are none [F, 3, 2].
        label: of each face [F].
        names: of each label: its material, which may be empty, object and groups.
    """

    corners: Integers
    label: Integers
    names: list[tuple[str, ...]]

    @classmethod
    def of_polygons(
        cls, vertices: Floats, corners: Integers, sizes: Integers, labels: Integers, names: list[tuple[str, ...]]
    ) -> Faces:
        """Cuts polygons of ``sizes`` corners [N], whose corners [C, 2] follow each other."""
        triangles, owner = triangulate(vertices, corners[:, 0], sizes)
        return cls(corners[triangles], labels[owner], names)

    def groups(self, chosen: Integers) -> dict[str, Integers]:
        """Places in ``chosen`` faces by name."""
        label = self.label[chosen]
        order = label.argsort(kind="stable")
        ends = np.searchsorted(label[order], np.arange(len(self.names) + 1))
        found: dict[str, list[Integers]] = defaultdict(list)
        for number in label[np.sort(np.unique(label, return_index=True)[1])].tolist():
            for name in dict.fromkeys(filter(None, self.names[number])):
                found[name].append(order[ends[number] : ends[number + 1]])
        return {name: rows[0] if len(rows) == 1 else np.sort(np.concatenate(rows)) for name, rows in found.items()}


def parts_of(
    faces: Faces,
    vertices: Floats,
    uv: Floats,
    painted: Floats | None,
    materials: list[Material],
    lose: Callable[[str], None],
) -> list[Part]:
    """The parts of an OBJ file.

    Args:
        faces: of the file.
        vertices: [P, 3].
        uv: v upwards, as in the file [T, 2].
        painted: sRGB of vertices [P, 3], where they have colours.
        materials: of each label.
        lose: takes what is left out.
    """
    layouts = [(id(m.texture), m.scale, m.offset) if m.texture is not None else None for m in materials]
    numbers = {layout: number for number, layout in enumerate(dict.fromkeys([None, *layouts]))}
    where = np.array([numbers[layout] for layout in layouts])[faces.label]
    bare = (where > 0) & (faces.corners[..., 1] < 0).any(1)
    if bare.any():
        lose(f"the texture of {int(bare.sum()):,} faces without texture coordinates")
        where[bare] = 0
    light = _linear(np.array([(np.nan,) * 3 if m.colour is None else m.colour for m in materials], np.float64))
    paint = None if painted is None else _linear(np.nan_to_num(painted, nan=1.0).clip(0, 1))
    parts = []
    for number in np.unique(where).tolist():
        chosen = np.flatnonzero(where == number)
        label = faces.label[chosen]
        material = materials[label[0]] if number else Material()
        plain = np.repeat(label if number == 0 else np.zeros_like(label), 3)
        rows = np.concatenate([faces.corners[chosen].reshape(-1, 2), plain[:, None]], 1)
        rows, index = _distinct(rows)
        tint = None if paint is None else paint[rows[:, 0]]
        if number == 0 and np.isfinite(light[rows[:, 2]]).any():
            colour = np.nan_to_num(light[rows[:, 2]], nan=1.0)
            tint = colour if tint is None else tint * colour
        has_uv = len(uv) > 0 and bool((rows[:, 1] >= 0).all())
        placed = uv[rows[:, 1]] * material.scale + material.offset if has_uv else None
        parts.append(
            Part(
                vertices[rows[:, 0]],
                index.reshape(-1, 3),
                faces.groups(chosen),
                tint,
                placed * [1, -1] + [0, 1] if placed is not None else None,
                material.texture if has_uv else None,
            )
        )
    return parts


def _linear(colours: Floats) -> Floats:
    light: Floats = to_linear(torch.from_numpy(colours)).numpy()
    return light


def _distinct(rows: Integers) -> tuple[Integers, Integers]:
    """Distinct rows of three numbers from -1, and the number of each given one among them."""
    sizes = rows.max(0) + 2
    key = ((rows[:, 0] + 1) * sizes[1] + rows[:, 1] + 1) * sizes[2] + rows[:, 2] + 1
    key, index = np.unique(key, return_inverse=True)
    return np.stack([key // sizes[2] // sizes[1], key // sizes[2] % sizes[1], key % sizes[2]], 1) - 1, index
