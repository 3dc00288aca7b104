"""Colours of a mesh of many parts: the file's only texture, colours of vertices, or one baked texture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from renderers.mesh.mesh import Mesh
from renderers.mesh.read.part import Integers, Part, Texture
from renderers.mesh.texels import sample, vertex_means
from renderers.mesh.unwrap import bake, unwrap
from renderers.scene.colour import to_linear, to_srgb

MOST_UNWRAPPED = 200_000  # faces; denser meshes hold their detail in vertices
SAME = 1.5 / 255


@dataclass(frozen=True)
class Surfaces:
    """The parts' colours by face: corners [F, 3] among all parts' vertices, and the part of each face [F]."""

    parts: list[Part]
    corners: Integers
    part: Integers

    def textures(self) -> list[Texture | None]:
        """The distinct textures of faces that are there."""
        used = [self.parts[index].texture for index in np.unique(self.part)]
        return list({id(texture): texture for texture in used}.values())

    def tints(self) -> Tensor | None:
        """Linear tints of all vertices [P, 3], None where no part has one."""
        if all(part.tint is None for part in self.parts):
            return None
        rows = [np.ones_like(part.vertices) if part.tint is None else part.tint for part in self.parts]
        return torch.from_numpy(np.concatenate(rows).clip(0, 1)).float()

    def uv(self) -> Tensor | None:
        """Texture coordinates of all vertices [P, 2], None where a part has none."""
        rows = [part.uv for part in self.parts]
        if any(uv is None for uv in rows):
            return None
        return torch.from_numpy(np.concatenate([uv for uv in rows if uv is not None])).float()

    def colour(self, face: Tensor, weights: Tensor) -> Tensor:
        """sRGB at points of faces [n] with the weights of their corners [n, 3]: [n, 3]."""
        light = torch.ones(len(face), 3)
        corners = torch.from_numpy(self.corners)[face]
        tints = self.tints()
        if tints is not None:
            light = (tints[corners] * weights[..., None]).sum(1)
        starts = np.cumsum([0, *(len(part.vertices) for part in self.parts)])
        owner = torch.from_numpy(self.part)[face]
        for index in owner.unique().tolist():  # type: ignore[no-untyped-call]
            texture, uv = self.parts[index].texture, self.parts[index].uv
            if texture is None or uv is None:
                continue
            mine = owner == index
            points = (torch.from_numpy(uv).float()[corners[mine] - starts[index]] * weights[mine][..., None]).sum(1)
            light[mine] *= to_linear(sample(_floats(texture), points, texture.wrap))
        return to_srgb(light)


def clothe(mesh: Mesh, surfaces: Surfaces, where: str) -> Mesh:
    """Gives a mesh the colours of its parts; contents that are lost are appended to ``lost``."""
    textures, tints, uv = surfaces.textures(), surfaces.tints(), surfaces.uv()
    corners = torch.from_numpy(surfaces.corners)
    if uv is not None:
        used, compact = np.unique(surfaces.corners, return_inverse=True)
        mesh = replace(mesh, uv=uv[used], uv_faces=torch.from_numpy(compact.reshape(-1, 3).astype(np.int32)))
    only = textures[0] if len(textures) == 1 else None
    if only is not None and mesh.uv is not None and _repeats(only, mesh.uv):
        tint = torch.ones(1, 3) if tints is None else tints[corners].reshape(-1, 3)
        if float((tint - tint[:1]).abs().max()) < SAME:
            pixels = _floats(only)
            return replace(mesh, texture=pixels if tints is None else to_srgb(to_linear(pixels) * tint[0]))
    if textures == [None]:
        if tints is None:
            return mesh
        colours, spread = _of_vertices(mesh, to_srgb(tints[corners]))
        if spread < SAME:
            return replace(mesh, colours=colours)
    if len(mesh.faces) > MOST_UNWRAPPED:
        face = torch.arange(len(mesh.faces)).repeat_interleave(3)
        colours, _ = _of_vertices(
            mesh, surfaces.colour(face, torch.eye(3).repeat(len(mesh.faces), 1)).reshape(-1, 3, 3)
        )
        line = f"{where}: textures and materials, taken as colours of its {len(mesh.vertices):,} vertices"
        return replace(mesh, colours=colours, lost=(*mesh.lost, line))
    side = _side(textures)
    result = unwrap(replace(mesh, uv=None, uv_faces=None), side)
    count = len(np.unique(surfaces.part))
    line = (
        f"{where}: {count} material{'s' * (count > 1)} and their layout, baked into one texture of {side}x{side} pixels"
    )
    return replace(result, texture=bake(result, (side, side), surfaces.colour), lost=(*mesh.lost, line))


def _floats(texture: Texture) -> Tensor:
    return torch.from_numpy(texture.pixels.astype(np.float32)) / 255


def _repeats(texture: Texture, uv: Tensor) -> bool:
    """True if the texture looks the same when it repeats."""
    return texture.wrap == ("repeat", "repeat") or bool(((uv > -1e-3) & (uv < 1 + 1e-3)).all())


def _of_vertices(mesh: Mesh, corners: Tensor) -> tuple[Tensor, float]:
    """Mean colours of vertices [P, 3] of colours of corners [F, 3, 3], and how much the corners differ from it."""
    index, colours = mesh.faces.long().reshape(-1), corners.reshape(-1, 3)
    mean = vertex_means(colours, index, len(mesh.vertices))
    return mean, float((mean[index] - colours).abs().max())


def _side(textures: list[Texture | None]) -> int:
    """Side of a square texture that holds the pixels of all, a power of two in 512..4096."""
    pixels = sum(texture.pixels.shape[0] * texture.pixels.shape[1] for texture in textures if texture is not None)
    side: int = 2 ** math.ceil(math.log2(max(pixels, 1)) / 2)
    return min(max(side, 512), 4096)
