"""PLY: polygons and triangle strips, colours of vertices or faces, texture coordinates of vertices or corners."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_bytes, read_texture
from renderers.mesh.read.linked import read_linked
from renderers.mesh.read.part import Floats, Integers, Part, Texture
from renderers.mesh.read.ply_header import Body, Column, Header, read_header
from renderers.mesh.read.polygons import triangulate
from renderers.scene.colour import to_linear

PLACES = (("u", "v"), ("s", "t"), ("texture_u", "texture_v"), ("texture_s", "texture_t"))
COLOURS = (("red", "green", "blue"), ("r", "g", "b"), ("diffuse_red", "diffuse_green", "diffuse_blue"))


def read_ply(path: Path) -> tuple[list[Part], list[str]]:
    """The parts of a PLY file, one for each texture.

    Raises:
        InputError: not a PLY file, cut off, or without faces.
    """
    content = read_bytes(path)
    header = read_header(content, path)
    counts = {element.name: element.count for element in header.elements}
    strips = "tristrips" in counts and not counts.get("face")
    if not counts.get("face") and not strips:
        raise InputError(f"{path}: no faces, expected a mesh; point clouds are not read")
    check_faces(counts.get("face", 0), str(path))
    if sum(max(count, 0) for count in counts.values()) > len(content):
        raise InputError(f"{path}: {sum(counts.values()):,} elements in {len(content):,} bytes; the file is cut off")
    tables = read_tables(content, header, path)
    return _Ply(path, tables, [line.split(None, 1)[1] for line in header.comments if _names_texture(line)]).read(strips)


def read_tables(content: bytes, header: Header, path: Path) -> dict[str, dict[str, Column]]:
    """The tables below a header: element -> property -> column.

    Raises:
        InputError: rows that are cut off or make no sense.
    """
    body = Body(content, header, header.size)
    tables: dict[str, dict[str, Column]] = {}
    for element in header.elements:
        try:
            tables[element.name], here = body.table(element)
        except (ValueError, IndexError, OverflowError) as error:
            raise InputError(f"{path}: the rows of {element.name!r} make no sense ({error})") from error
        if here < element.count:
            what = {"face": "faces", "vertex": "vertices"}.get(element.name, f"rows of {element.name}")
            raise InputError(f"{path}: {here:,} of {element.count:,} {what}; the file is cut off")
    return tables


def _names_texture(comment: str) -> bool:
    return comment.lower().startswith("texturefile ") and len(comment.split()) > 1


class _Ply:
    def __init__(self, path: Path, tables: dict[str, dict[str, Column]], pictures: list[str]) -> None:
        self.path, self.tables, self.pictures = path, tables, pictures
        self.lost: list[str] = []

    def read(self, strips: bool) -> tuple[list[Part], list[str]]:
        table = self.tables.get("vertex", {})
        if not {"x", "y", "z"} <= table.keys():
            raise InputError(f"{self.path}: vertices without x, y and z")
        points = np.stack([table[axis][0].astype(np.float64) for axis in "xyz"], 1)
        if strips:
            faces, owner, corner = _strips(*_first_list(self.tables["tristrips"], self.path)), None, None
        else:
            corners, sizes = _first_list(self.tables["face"], self.path)
            whole = np.repeat(sizes >= 3, sizes)
            self._check(corners[whole], len(points))
            kept = np.flatnonzero(sizes >= 3)
            triangles, owner = triangulate(points, corners[whole], sizes[kept])
            faces, owner, corner = corners[whole][triangles], kept[owner], np.flatnonzero(whole)[triangles]
        check_faces(len(faces), str(self.path))
        self._check(faces, len(points))
        tint, of_corners = self._tint(table, owner), False
        uv = _stacked(table, PLACES)
        face_table = self.tables.get("face", {})
        if uv is None and corner is not None and "texcoord" in face_table:
            values, lengths = face_table["texcoord"]
            if (lengths == 2 * _first_list(face_table, self.path)[1]).all():
                uv, of_corners = values.reshape(-1, 2).astype(np.float64)[corner].reshape(-1, 2), True
            elif lengths.any():
                self.lost.append(f"{self.path}: texture coordinates of faces, which some faces lack")
        if of_corners or (tint is not None and len(tint) != len(points)):
            tint = tint[faces.reshape(-1)] if tint is not None and len(tint) == len(points) else tint
            uv = uv if of_corners or uv is None else uv[faces.reshape(-1)]
            points, faces = points[faces.reshape(-1)], np.arange(faces.size).reshape(-1, 3)
        uv = None if uv is None else uv * [1, -1] + [0, 1]
        return self._by_texture(points, faces, tint, uv, owner), self.lost

    def _by_texture(
        self, points: Floats, faces: Integers, tint: Floats | None, uv: Floats | None, owner: Integers | None
    ) -> list[Part]:
        if self.pictures and uv is None:
            self.lost.append(f"{self.path}: its texture, without texture coordinates")
        textures = [self._texture(name) for name in self.pictures] if uv is not None else []
        number = self.tables.get("face", {}).get("texnumber")
        if len(textures) < 2 or number is None or owner is None:
            return [Part(points, faces, {}, tint, uv, textures[0] if textures else None)]
        which = number[0][owner].astype(np.int64)
        chosen = [
            (textures[index] if 0 <= index < len(textures) else None, which == index) for index in np.unique(which)
        ]
        return [Part(points, faces[mine], {}, tint, uv, texture) for texture, mine in chosen]

    def _texture(self, name: str) -> Texture | None:
        try:
            content = read_linked(self.path, name)
        except InputError as error:
            self.lost.append(f"{error}; the texture is left out")
            return None
        return read_texture(content, f"{self.path}: {name}", ("repeat", "repeat"), self.lost)

    def _tint(self, table: dict[str, Column], owner: Integers | None) -> Floats | None:
        """Linear light of vertices [P, 3], or of the corners of faces [3 F, 3]."""
        if (colours := light_of(table)) is not None:
            return colours
        colours = light_of(self.tables.get("face", {}))
        return None if colours is None or owner is None else np.repeat(colours[owner], 3, axis=0)

    def _check(self, rows: Integers, count: int) -> None:
        if rows.size and not 0 <= rows.min() <= rows.max() < count:
            raise InputError(f"{self.path}: a face refers to a vertex that is not there, expected 0 to {count - 1}")


def _first_list(table: dict[str, Column], path: Path) -> tuple[Integers, Integers]:
    """Rows of vertices, and how many each face has."""
    for name in ("vertex_indices", "vertex_index", "vertex_indexes"):
        if name in table:
            values, lengths = table[name]
            return values.astype(np.int64), lengths
    raise InputError(f"{path}: faces without vertex_indices")


def _strips(order: Integers, lengths: Integers) -> Integers:
    """Triangles of strips [F, 3]; -1 ends a strip, and every other triangle of one is turned around."""
    restart = np.zeros(len(order) + 1, bool)
    restart[lengths.cumsum()] = True
    starts = np.flatnonzero(restart[:-1] | np.concatenate([[True], order[:-1] < 0]))
    place = np.arange(len(order)) - starts[np.searchsorted(starts, np.arange(len(order)), "right") - 1]
    last = np.flatnonzero((place >= 2) & (order >= 0))
    faces = np.stack([order[last - 2], order[last - 1], order[last]], 1)
    odd = place[last] % 2 == 1
    faces[odd] = faces[odd][:, [1, 0, 2]]
    return faces[(faces >= 0).all(1)]


def _stacked(table: dict[str, Column], choices: tuple[tuple[str, ...], ...]) -> Floats | None:
    for names in choices:
        if set(names) <= table.keys():
            return np.stack([table[name][0].astype(np.float64) for name in names], 1)
    return None


def light_of(table: dict[str, Column]) -> Floats | None:
    """Colours of the rows of a table in linear light [n, 3]; None where it has none."""
    values = _stacked(table, COLOURS)
    if values is None:
        return None
    kind = next(table[names[0]][0].dtype for names in COLOURS if names[0] in table)
    whole = kind.kind in "iu" or values.max(initial=0.0) > 1.001
    colours = values / (np.iinfo(kind).max if kind.kind in "iu" and kind.itemsize > 1 else 255 if whole else 1)
    light: Floats = to_linear(torch.from_numpy(colours.clip(0, 1))).numpy()
    return light
