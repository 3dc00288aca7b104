"""Makes the models of this folder (CC0) from the world of solids: meshed evenly, coloured by a texture.

Run ``python configs/assets/models/make.py`` from the root of the project.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import Tensor

from renderers.mesh import Mesh, unwrap, write_glb
from renderers.mesh.unwrap import bake
from renderers.solids import solid

TEXTURE = 512  # texels
CELLS = {"vase": 37, "chair": 50, "mug": 32, "mushroom": 32, "rocket": 44, "house": 34, "dog": 44}
"""Across each model."""


def model(name: str, cells: int) -> Mesh:
    """A solid with a texture whose borders between parts are sharp."""
    found = solid(name)
    assert found is not None
    mesh = unwrap(replace(found.mesh(cells), corner_colours=None, name=name), TEXTURE)

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        return found.colour((mesh.vertices[mesh.faces.long()[face]] * weights[..., None]).sum(1))

    return replace(mesh, texture=bake(mesh, (TEXTURE, TEXTURE), colour))


if __name__ == "__main__":
    for name, cells in CELLS.items():
        mesh = model(name, cells)
        (path,) = write_glb(Path(__file__).with_name(f"{name}.glb"), mesh)
        print(f"{path.name}: {len(mesh.faces):,} faces, {path.stat().st_size / 1024:.0f} KB, {', '.join(mesh.groups)}")
