"""Colours of a mesh of many parts: its only texture, an atlas of its textures, or colours of vertices or corners."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from renderers.mesh.distinct import distinct
from renderers.mesh.mesh import Mesh
from renderers.mesh.read.atlas import Piece, atlas
from renderers.mesh.read.part import Floats, Integers, Part, Texture
from renderers.mesh.texels import sample, vertex_means
from renderers.mesh.unwrap import bake, unwrapped
from renderers.scene.colour import to_linear, to_srgb

MOST_UNWRAPPED = 200_000  # faces; denser meshes hold their detail in vertices
SAME = 1.5 / 255


@dataclass(frozen=True)
class Surfaces:
    """The parts' colours by face.

    Args:
        parts: all of them.
        corners: rows among all parts' vertices [F, 3].
        part: of each face [F].
    """

    parts: list[Part]
    corners: Integers
    part: Integers

    def textures(self) -> list[Texture | None]:
        """The distinct textures of faces that are there."""
        used = [self.parts[index].texture for index in np.unique(self.part)]
        return list({id(texture): texture for texture in used}.values())

    def tints(self) -> Tensor | None:
        """Linear tints of corners [F, 3, 3], None where no part has one."""
        if all(part.tint is None for part in self.parts):
            return None
        rows = [np.ones_like(part.vertices) if part.tint is None else part.tint for part in self.parts]
        return torch.from_numpy(np.nan_to_num(np.concatenate(rows), nan=1.0).clip(0, 1)).float()[self.corners]

    def uv(self) -> Floats | None:
        """Texture coordinates of all vertices [P, 2], None where a part has none."""
        rows = [part.uv for part in self.parts]
        if any(uv is None for uv in rows):
            return None
        return np.concatenate([uv for uv in rows if uv is not None])

    def pieces(self, tints: Tensor | None) -> list[Piece] | None:
        """The faces by texture and tint; None if the tint of textured faces changes within them."""
        starts = np.cumsum([0, *(len(part.vertices) for part in self.parts)])
        ends = np.searchsorted(self.part, np.arange(len(self.parts) + 1))
        light = np.ones((len(self.part), 3, 3), np.float32) if tints is None else tints.numpy()
        if np.ptp(light, axis=1).max(initial=0.0) > SAME:
            return None
        shades = (light[:, 0] * 1023).round().astype(np.int64) @ np.array([1, 1024, 1024**2])
        numbers = {id(texture): number for number, texture in enumerate(self.textures())}
        texture_of = np.array([numbers.get(id(part.texture), -1) for part in self.parts])[self.part]
        _, key = np.unique(texture_of * 1024**3 + shades, return_inverse=True)
        uv = np.zeros((len(self.part), 3, 2))
        for index in np.flatnonzero(np.diff(ends)).tolist():
            part, rows = self.parts[index], slice(ends[index], ends[index + 1])
            if part.uv is not None and part.texture is not None:
                uv[rows] = part.uv[self.corners[rows] - starts[index]]
        order = key.argsort(kind="stable")
        found = []
        for faces in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
            texture = self.parts[self.part[faces[0]]].texture
            found.append(Piece(texture, light[faces[0], 0].astype(np.float64), faces, uv[faces]))
        return found

    def colour(self, tints: Tensor | None, face: Tensor, weights: Tensor) -> Tensor:
        """sRGB at points of faces [n] with the weights of their corners [n, 3]: [n, 3]."""
        light = torch.ones(len(face), 3)
        if tints is not None:
            light = (tints[face] * weights[..., None]).sum(1)
        corners = torch.from_numpy(self.corners)[face]
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
    if uv is not None:
        used, compact = np.unique(surfaces.corners, return_inverse=True)
        mesh = replace(
            mesh,
            uv=torch.from_numpy(uv[used]).float(),
            uv_faces=torch.from_numpy(compact.reshape(-1, 3).astype(np.int32)),
        )
    only = textures[0] if len(textures) == 1 else None
    if only is not None and mesh.uv is not None and _repeats(only, mesh.uv):
        tint = torch.ones(1, 3) if tints is None else tints.reshape(-1, 3)
        if float((tint - tint[:1]).abs().max()) < SAME:
            pixels = _floats(only)
            return replace(mesh, texture=pixels if tints is None else to_srgb(to_linear(pixels) * tint[0]))
    if textures == [None]:
        return mesh if tints is None else _coloured(mesh, to_srgb(tints))
    pieces = surfaces.pieces(tints)
    if pieces is not None:
        picture, places = atlas(pieces, len(mesh.faces))
        table, rows = distinct(np.pad(places.reshape(-1, 2), ((0, 0), (0, 1))))
        return replace(
            mesh,
            uv=torch.from_numpy(table[:, :2].copy()),
            uv_faces=torch.from_numpy(rows.reshape(-1, 3).astype(np.int32)),
            texture=torch.from_numpy(picture),
        )
    mesh = replace(mesh, uv=None, uv_faces=None)
    if len(mesh.faces) > MOST_UNWRAPPED:
        face = torch.arange(len(mesh.faces)).repeat_interleave(3)
        colours = surfaces.colour(tints, face, torch.eye(3).repeat(len(mesh.faces), 1)).reshape(-1, 3, 3)
        line = f"{where}: textures, taken as colours of its {len(mesh.vertices):,} vertices"
        return replace(_coloured(mesh, colours), lost=(*mesh.lost, line))
    result, side = unwrapped(mesh, _side(textures))
    line = f"{where}: textures and colours of vertices, baked into one texture of {side}x{side} pixels"
    texture = bake(result, (side, side), lambda face, weights: surfaces.colour(tints, face, weights))
    return replace(result, texture=texture, lost=(*mesh.lost, line))


def _floats(texture: Texture) -> Tensor:
    return torch.from_numpy(texture.pixels.astype(np.float32)) / 255


def _repeats(texture: Texture, uv: Tensor) -> bool:
    """True if the texture looks the same when it repeats."""
    return texture.wrap == ("repeat", "repeat") or bool(((uv > -1e-3) & (uv < 1 + 1e-3)).all())


def _coloured(mesh: Mesh, corners: Tensor) -> Mesh:
    """The mesh with colours of its corners [F, 3, 3], or of its vertices if their corners agree."""
    index, colours = mesh.faces.long().reshape(-1), corners.reshape(-1, 3)
    mean = vertex_means(colours, index, len(mesh.vertices))
    agree = float((mean[index] - colours).abs().max()) < SAME
    return replace(mesh, colours=mean) if agree else replace(mesh, corner_colours=corners)


def _side(textures: list[Texture | None]) -> int:
    """Side of a square texture that holds the pixels of all, a power of two in 512..4096."""
    pixels = sum(texture.pixels.shape[0] * texture.pixels.shape[1] for texture in textures if texture is not None)
    side: int = 2 ** math.ceil(math.log2(max(pixels, 1)) / 2)
    return min(max(side, 512), 4096)
