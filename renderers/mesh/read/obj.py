"""Wavefront OBJ: polygons of any number of corners, relative indices, objects, groups, materials, vertex colours."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_beside, read_bytes
from renderers.mesh.read.mtl import Material, read_mtl
from renderers.mesh.read.part import Integers, Part
from renderers.scene.colour import to_linear

Corner = tuple[int, int]


def read_obj(path: Path) -> tuple[list[Part], list[str]]:
    """The parts of an OBJ file, one for each combination of material and groups, and the contents that are lost.

    Raises:
        InputError: not an OBJ file, or a line that makes no sense.
    """
    content = read_bytes(path)
    if b"\0" in content[:4096]:
        raise InputError(f"{path}: binary data, expected the text of an OBJ file")
    reader = _Reader(path)
    reader.read(content.decode("utf-8", "replace").replace("\\\n", " ").replace("\\\r\n", " "))
    return reader.parts(), reader.lost


@dataclass
class _Reader:
    path: Path
    vertices: list[list[float]] = field(default_factory=list)
    colours: dict[int, list[float]] = field(default_factory=dict)
    uv: list[list[float]] = field(default_factory=list)
    faces: dict[tuple[str, ...], array[int]] = field(default_factory=dict)
    count: int = 0
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    number: int = 0
    key: tuple[str, ...] = ("",)

    def read(self, text: str) -> None:
        rules: dict[str, Callable[[list[str]], None]] = {
            "v": self._vertex,
            "vt": lambda words: self.uv.append([float(words[0]), float(words[1]) if len(words) > 1 else 0.0]),
            "f": self._face,
            "g": lambda words: self._enter("group", words),
            "o": lambda words: self._enter("object", [" ".join(words)]),
            "usemtl": lambda words: self._enter("material", [" ".join(words)]),
            "mtllib": lambda words: self._library(" ".join(words)),
            "l": lambda words: self._lose("lines"),
            "p": lambda words: self._lose("points"),
        }
        for number, line in enumerate(text.splitlines(), 1):
            self.number = number
            words = line.partition("#")[0].split()
            if not words or words[0] not in rules:
                continue
            try:
                rules[words[0]](words[1:])
            except InputError:
                raise
            except (ValueError, IndexError) as error:
                raise self._wrong(f"{line.strip()[:60]!r} makes no sense") from error

    def _wrong(self, what: str) -> InputError:
        return InputError(f"{self.path}, line {self.number}: {what}")

    def _lose(self, what: str) -> None:
        if f"{self.path}: {what}" not in self.lost:
            self.lost.append(f"{self.path}: {what}")

    def _vertex(self, words: list[str]) -> None:
        values = [float(word) for word in words]
        if len(values) >= 6:
            self.colours[len(self.vertices)] = values[3:6]
        x, y, z = values[:3]
        self.vertices.append([x, y, z])

    def _enter(self, kind: str, words: list[str]) -> None:
        self.names[kind] = tuple(word for word in words if word)
        material = self.names.get("material") or ("",)
        self.key = (*material, *self.names.get("object", ()), *self.names.get("group", ()))

    def _face(self, words: list[str]) -> None:
        corners = [self._corner(word) for word in words]
        if len(corners) < 3:
            raise self._wrong(f"a face of {len(corners)} corners, expected 3 or more")
        rows = self.faces.setdefault(self.key, array("q"))
        for k in range(1, len(corners) - 1):
            rows.extend((*corners[0], *corners[k], *corners[k + 1]))
        self.count += len(corners) - 2
        check_faces(self.count, str(self.path))

    def _corner(self, word: str) -> Corner:
        first, *others = word.split("/")
        vertex = self._index(int(first), len(self.vertices), "vertex")
        return vertex, self._index(int(others[0]), len(self.uv), "texture coordinate") if others and others[0] else -1

    def _index(self, value: int, count: int, what: str) -> int:
        index = value - 1 if value > 0 else count + value
        if value == 0 or not 0 <= index < count:
            raise self._wrong(f"a face refers to {what} {value}, expected 1 to {count}")
        return index

    def _library(self, name: str) -> None:
        try:
            text = read_beside(self.path, name).decode("utf-8", "replace")
        except InputError as error:
            self._lose(f"materials ({error})")
        else:
            self.materials |= read_mtl(text, self.path.parent / name, self.lost)

    def parts(self) -> list[Part]:
        """One part for each combination of names."""
        vertices = np.array(self.vertices, np.float64).reshape(-1, 3)
        uv = np.array(self.uv, np.float64).reshape(-1, 2) * [1, -1] + [0, 1]
        painted = np.ones_like(vertices)
        if self.colours:
            painted[list(self.colours)] = list(self.colours.values())
            painted = to_linear(torch.from_numpy(painted.clip(0, 1))).numpy()
        parts = []
        for (name, *names), rows in self.faces.items():
            corners, faces = _distinct(np.array(rows, np.int64).reshape(-1, 2))
            material = self.materials.get(name, Material())
            tint = painted[corners[:, 0]] if self.colours else None
            if material.texture is None and material.colour is not None:
                colour = to_linear(torch.tensor(material.colour, dtype=torch.float64)).numpy()
                tint = colour * (np.ones((len(corners), 3)) if tint is None else tint)
            has_uv = len(uv) > 0 and bool((corners[:, 1] >= 0).all())
            parts.append(
                Part(
                    vertices[corners[:, 0]],
                    faces.reshape(-1, 3),
                    tuple(dict.fromkeys(word for word in (name, *names) if word)),
                    tint,
                    uv[corners[:, 1]] if has_uv else None,
                    material.texture if has_uv else None,
                )
            )
        return parts


def _distinct(corners: Integers) -> tuple[Integers, Integers]:
    """Distinct rows of vertex and texture coordinate, and the number of each given one among them."""
    width = int(corners[:, 1].max()) + 2
    key, index = np.unique(corners[:, 0] * width + corners[:, 1] + 1, return_inverse=True)
    return np.stack([key // width, key % width - 1], 1), index
